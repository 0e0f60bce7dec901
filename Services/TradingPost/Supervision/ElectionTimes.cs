using Lab.TradingPost.Peers;

namespace Lab.TradingPost.Supervision;

/// <summary>
/// When what happened in a change of traders, in microseconds of the clock that all processes of a machine share. Command line
/// and experiments read it from the same events in the same way.
/// </summary>
/// <param name="Trader">Who trades now.</param>
/// <param name="Term">Its term.</param>
/// <param name="BeganUs">The trader before was killed, stopped or ended; where none was lost, it resigned, or the new one stood for election.</param>
/// <param name="NoticedUs">The first other peer acted on the loss; null when none was lost.</param>
/// <param name="TradesUs">The new trader had the accounts and traded.</param>
/// <param name="SoldUs">Its first sale was durable; null before that.</param>
public sealed record ElectionTimes(int Trader, long Term, long BeganUs, long? NoticedUs, long TradesUs, long? SoldUs)
{
    /// <summary>From the loss until the first peer noticed; null when no trader was lost.</summary>
    public long? DetectionUs => NoticedUs - BeganUs;

    /// <summary>From there, or from the beginning, until the new trader traded.</summary>
    public long AgreementUs => TradesUs - (NoticedUs ?? BeganUs);

    /// <summary>From there until its first sale.</summary>
    public long? FirstSaleUs => SoldUs - TradesUs;

    /// <summary>How a loss was made good: up to the first sale of whoever sells first in a later term.</summary>
    /// <param name="events">Of the market, in any order.</param>
    /// <param name="trader">Who was lost.</param>
    /// <param name="done">What was done to it last: one of <see cref="ProcessEvents"/>.</param>
    /// <param name="term">Its term, as far as the caller knows.</param>
    /// <returns>Null: nobody else has sold yet.</returns>
    public static ElectionTimes? AfterLoss(IReadOnlyList<MarketEvent> events, int trader, string done, long term)
    {
        if (events.LastOrDefault(happened => happened.Peer == trader && happened.Done == done) is not { } lost)
        {
            return null;
        }

        // Terms that began before it was lost do not answer its loss, even if the caller has not heard of them.
        var lostTerm = events.Where(happened => Is(happened, PeerEventKind.Trades) && happened.AtUs <= lost.AtUs)
            .Select(happened => happened.What!.Term).Append(term).Max();

        // A new trader may be lost in turn before it sells: the one that sold first ends the change.
        var sold = First(events, happened => Is(happened, PeerEventKind.FirstSale) && happened.AtUs >= lost.AtUs && happened.What!.Term > lostTerm);
        var trades = First(events, happened => Is(happened, PeerEventKind.Trades) && happened.What!.Term == sold?.What!.Term);
        return sold is null || trades is null ? null : Of(events, lost, trades);
    }

    /// <summary>How the last trader came to trade; null when there is none, or when the beginning of that is not among the events.</summary>
    /// <param name="events">Of the market, in any order.</param>
    public static ElectionTimes? Last(IReadOnlyList<MarketEvent> events)
    {
        var terms = events.Where(happened => Is(happened, PeerEventKind.Trades)).OrderByDescending(happened => happened.AtUs).Take(2).ToList();
        if (terms is not [var trades, ..])
        {
            return null;
        }

        var former = terms.ElementAtOrDefault(1);
        var between = events.Where(happened => happened.AtUs < trades.AtUs && happened.AtUs > (former?.AtUs ?? long.MinValue))
            .OrderBy(happened => happened.AtUs).ToList();

        // Who noticed the loss before that one late tells of an earlier term.
        var told = between.Find(happened => Is(happened, PeerEventKind.TraderLost) && happened.What!.Term >= (former?.What!.Term ?? 0));
        var loser = former?.Peer ?? told?.What!.Other;
        if (loser is not null && between.FindLast(happened => IsLoss(happened, loser) && happened.AtUs <= (told ?? trades).AtUs) is { } lost)
        {
            return Of(events, lost, trades);
        }

        // At the start, after a restart or a resignation no trader is lost to anything that its supervisor knows of.
        var begun = told
            ?? between.Find(happened => Is(happened, PeerEventKind.Resigned))
            ?? between.FindLast(happened => happened.Peer == trades.Peer && Is(happened, PeerEventKind.ElectionBegun))
            ?? between.FindLast(happened => happened.Peer == trades.Peer && Is(happened, PeerEventKind.Claiming));
        return begun is null ? null : new ElectionTimes(trades.Peer ?? -1, trades.What!.Term, begun.AtUs, NoticedUs: null, trades.AtUs, SoldIn(events, trades));
    }

    private static ElectionTimes Of(IReadOnlyList<MarketEvent> events, MarketEvent lost, MarketEvent trades)
    {
        var noticed = First(events, happened => happened.Peer != lost.Peer && happened.AtUs >= lost.AtUs && happened.AtUs <= trades.AtUs
            && happened.What?.Kind is PeerEventKind.TraderLost or PeerEventKind.ElectionBegun or PeerEventKind.Claiming) ?? trades;
        return new ElectionTimes(trades.Peer ?? -1, trades.What!.Term, lost.AtUs, noticed.AtUs, trades.AtUs, SoldIn(events, trades));
    }

    private static long? SoldIn(IReadOnlyList<MarketEvent> events, MarketEvent trades) =>
        First(events, happened => Is(happened, PeerEventKind.FirstSale) && happened.What!.Term == trades.What!.Term)?.AtUs;

    private static bool Is(MarketEvent happened, PeerEventKind kind) => happened.What?.Kind == kind;

    private static bool IsLoss(MarketEvent happened, int? trader) =>
        happened.Peer == trader && happened.Done is ProcessEvents.Killed or ProcessEvents.Paused or ProcessEvents.Ended;

    private static MarketEvent? First(IEnumerable<MarketEvent> events, Func<MarketEvent, bool> wanted) =>
        events.Where(wanted).MinBy(happened => happened.AtUs);
}
