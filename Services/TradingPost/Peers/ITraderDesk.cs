using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>What a <see cref="Trader"/> needs of the peer that trades.</summary>
internal interface ITraderDesk
{
    /// <summary>Writes records under the trader's term; <see cref="Trader.Appended"/> when they are durable, in a later event.</summary>
    void Append(IReadOnlyList<AccountRecord> records);

    /// <summary>Answers, or tells of a sale. The clock is the desk's to set.</summary>
    void Tell(int participant, PeerMessage message);
}
