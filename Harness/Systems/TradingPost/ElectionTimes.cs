using Lab.Harness.Load;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>When what happened in a change of traders, in microseconds of the clock that all processes of a machine share.</summary>
/// <param name="LostUs">The trader was killed or stopped.</param>
/// <param name="NoticedUs">The first peer knew.</param>
/// <param name="TradesUs">Another one had the accounts and traded.</param>
/// <param name="SoldUs">Its first sale was durable.</param>
/// <param name="Term">Of the new trader.</param>
internal sealed record ElectionTimes(long LostUs, long NoticedUs, long TradesUs, long SoldUs, long Term)
{
    /// <summary>From the loss to the first sale, in microseconds.</summary>
    public long DurationUs => SoldUs - LostUs;

    /// <summary>The parts; together they are the duration.</summary>
    public IReadOnlyList<PhaseTime> Phases =>
    [
        new(TradingPostModule.Detection, NoticedUs - LostUs),
        new(TradingPostModule.Agreement, TradesUs - NoticedUs),
        new(TradingPostModule.FirstSale, SoldUs - TradesUs),
    ];

    /// <summary>The moments, from the loss on.</summary>
    public IReadOnlyList<TimedEvent> Events =>
    [
        new(TradingPostModule.Killed, 0),
        new(TradingPostModule.Noticed, NoticedUs - LostUs),
        new(TradingPostModule.Trades, TradesUs - LostUs),
        new(TradingPostModule.FirstSale, SoldUs - LostUs),
    ];

    /// <param name="events">Of the market, in any order.</param>
    /// <param name="trader">Who was lost.</param>
    /// <param name="done">What was done to it: <see cref="MarketDeeds.Killed"/> or <see cref="MarketDeeds.Paused"/>.</param>
    /// <param name="term">Its term, as far as the caller knows.</param>
    /// <returns>Null: nobody else has sold yet.</returns>
    public static ElectionTimes? Of(IReadOnlyList<MarketEvent> events, int trader, string done, long term)
    {
        if (events.LastOrDefault(happened => happened.Peer == trader && happened.Done == done)?.AtUs is not { } lostUs)
        {
            return null;
        }

        // Terms that began before it was lost do not answer its loss, even if the caller has not heard of them.
        var lostTerm = events.Where(happened => happened.What?.Kind == PeerEventKind.Trades && happened.AtUs <= lostUs)
            .Select(happened => happened.What!.Term).Append(term).Max();

        // A new trader may be lost in turn before it sells: the one that sold first ends the change.
        var sold = First(events, happened => happened.AtUs >= lostUs && happened.What is { Kind: PeerEventKind.FirstSale } what && what.Term > lostTerm);
        var trades = First(events, happened => happened.What is { Kind: PeerEventKind.Trades } what && what.Term == sold?.What!.Term);
        if (sold is null || trades is null)
        {
            return null;
        }

        var noticed = First(events, happened => happened.Peer != trader && happened.AtUs >= lostUs && happened.AtUs <= trades.AtUs
            && happened.What?.Kind is PeerEventKind.TraderLost or PeerEventKind.ElectionBegun or PeerEventKind.Claiming) ?? trades;
        return new ElectionTimes(lostUs, noticed.AtUs, trades.AtUs, sold.AtUs, sold.What!.Term);
    }

    private static MarketEvent? First(IEnumerable<MarketEvent> events, Func<MarketEvent, bool> wanted) => events.Where(wanted).MinBy(happened => happened.AtUs);
}
