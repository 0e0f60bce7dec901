using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>
/// What the parts of a peer (<see cref="TraderElection"/>, <see cref="Trader"/>, <see cref="Participant"/>) share: the way to
/// the world outside, the vector clock, who trades, and the accounts, which do one thing at a time.
/// </summary>
/// <param name="host">The world outside: sockets and disks, or a simulator.</param>
/// <param name="market">The peer's.</param>
/// <param name="deliver">Takes what this peer says to itself.</param>
internal sealed class PeerContext(IPeerHost host, MarketSettings market, Action<PeerMessage> deliver)
{
    private bool _isAppending;
    private bool _claimWaits;

    public IPeerHost Host => host;

    public MarketSettings Market => market;

    public int Id => host.Id;

    public PeerClock Clock { get; } = new(host.Id, market.Peers);

    /// <summary>Whom this peer follows, itself when it trades; null: nobody. Kept by the <see cref="TraderElection"/>.</summary>
    public int? Trader { get; private set; }

    /// <summary>That trader's term, or the highest heard of.</summary>
    public long Term { get; private set; }

    /// <summary>All peers but this one.</summary>
    public IEnumerable<int> Others => Enumerable.Range(0, market.Peers).Where(peer => peer != Id);

    public void Follow(int? trader, long term) => (Trader, Term) = (trader, term);

    /// <summary>Says something about trade: it carries the vector clock.</summary>
    public void Tell(int participant, PeerMessage message)
    {
        if (participant == Id)
        {
            deliver(message);
        }
        else
        {
            host.Send(participant, message with { Clock = Clock.Sending() });
        }
    }

    public void Report(PeerEventKind kind, int? other = null, string? detail = null) =>
        host.Report(new PeerEvent(kind, Term, other, detail));

    /// <summary>Claims the next term, as soon as what an earlier term of this peer was writing is written.</summary>
    public void Claim()
    {
        _claimWaits = _isAppending;
        if (!_isAppending)
        {
            host.Claim();
        }
    }

    /// <summary>Writes records under a term; what becomes of it is told in a later event.</summary>
    public void Append(long term, IReadOnlyList<AccountRecord> records)
    {
        _isAppending = true;
        host.Append(term, records);
    }

    /// <summary>What was being written is written, or never will be. A claim may have waited for it.</summary>
    public void AppendEnded()
    {
        _isAppending = false;
        if (_claimWaits)
        {
            _claimWaits = false;
            host.Claim();
        }
    }
}
