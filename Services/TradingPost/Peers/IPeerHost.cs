using Lab.Coordination;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>What a peer needs beyond messages and timers: the accounts, and somebody who listens to what it tells.</summary>
public interface IPeerHost : INodeHost<PeerMessage>
{
    /// <summary>
    /// Takes the next term of the accounts; answered by <see cref="TradingPeer.Claimed"/> or <see cref="TradingPeer.ClaimFailed"/>.
    /// </summary>
    void Claim();

    /// <summary>
    /// Asks the accounts whether they have given a term; answered by <see cref="TradingPeer.Confirmed"/>, with no when they cannot
    /// be asked. There is at most one such question under way.
    /// </summary>
    /// <param name="term">Any number.</param>
    /// <param name="trader">To whom; null: to anybody.</param>
    void Confirm(long term, int? trader);

    /// <summary>
    /// Writes records to the accounts under a term. Answered in the order of the calls by <see cref="TradingPeer.Appended"/>,
    /// <see cref="TradingPeer.Fenced"/> or <see cref="TradingPeer.AppendFailed"/>. There is at most one call under way.
    /// </summary>
    void Append(long term, IReadOnlyList<AccountRecord> records);

    /// <summary>Something happened that whoever watches the market wants to know.</summary>
    void Report(PeerEvent happened);

    /// <summary>A line for the peer's own ledger: what it was told.</summary>
    void Note(LedgerLine line);
}
