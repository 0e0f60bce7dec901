using System.Text.Json.Serialization;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>How long an election took.</summary>
/// <param name="Trader">Who won.</param>
/// <param name="Term">Its term.</param>
/// <param name="DetectionUs">From the loss of the trader before until the first peer noticed; null when none was lost.</param>
/// <param name="AgreementUs">From there, or from its own beginning, until the winner traded.</param>
/// <param name="FirstSaleUs">From there until the first sale was durable; null before that.</param>
internal sealed record ElectionTimes(
    int Trader,
    long Term,
    [property: JsonPropertyName("detection_us")] long? DetectionUs,
    [property: JsonPropertyName("agreement_us")] long AgreementUs,
    [property: JsonPropertyName("first_sale_us")] long? FirstSaleUs)
{
    [JsonIgnore]
    public long TotalUs => (DetectionUs ?? 0) + AgreementUs;

    /// <summary>The last election among some events; null when there is none, or its beginning is not among them.</summary>
    /// <param name="events">By rising time.</param>
    public static ElectionTimes? LastOf(IReadOnlyList<MarketEvent> events)
    {
        var trades = LastIndex(events, events.Count, PeerEventKind.Trades);
        if (trades < 0)
        {
            return null;
        }

        var before = LastIndex(events, trades, PeerEventKind.Trades);
        var election = events.Skip(before + 1).Take(trades - before - 1).ToList();
        var won = events[trades];
        var former = before < 0 ? null : events[before];
        if (BeginOf(election, won, former) is not { } begin)
        {
            return null;
        }

        var lost = begin.What!.Kind == PeerEventKind.TraderLost
            ? election.FindLast(happened => happened.AtUs <= begin.AtUs && IsLoss(happened, begin.What.Other ?? former?.Peer))
            : null;
        var sale = events.Skip(trades + 1).FirstOrDefault(
            happened => happened.Peer == won.Peer && happened.What?.Kind == PeerEventKind.FirstSale);
        return new ElectionTimes(
            won.Peer ?? -1,
            won.What!.Term,
            lost is null ? null : begin.AtUs - lost.AtUs,
            won.AtUs - begin.AtUs,
            sale is null ? null : sale.AtUs - won.AtUs);
    }

    /// <summary>
    /// Somebody lost the trader of the term before; who noticed late lost the one before that. Without a trader to lose, an
    /// election begins with a resignation, or where the winner stands: at the start, or after a restart.
    /// </summary>
    private static MarketEvent? BeginOf(List<MarketEvent> election, MarketEvent won, MarketEvent? former) =>
        election.Find(happened => happened.What is { Kind: PeerEventKind.TraderLost } what && what.Term >= (former?.What!.Term ?? 0))
        ?? election.Find(happened => happened.What?.Kind == PeerEventKind.Resigned)
        ?? election.FindLast(happened => happened.Peer == won.Peer && happened.What?.Kind == PeerEventKind.ElectionBegun)
        ?? election.FindLast(happened => happened.Peer == won.Peer && happened.What?.Kind == PeerEventKind.Claiming);

    private static bool IsLoss(MarketEvent happened, int? trader) =>
        happened.Done is MarketDeeds.Killed or MarketDeeds.Paused or MarketDeeds.Ended && (trader is null || happened.Peer == trader);

    private static int LastIndex(IReadOnlyList<MarketEvent> events, int below, PeerEventKind kind)
    {
        var index = below - 1;
        while (index >= 0 && events[index].What?.Kind != kind)
        {
            index--;
        }

        return index;
    }
}
