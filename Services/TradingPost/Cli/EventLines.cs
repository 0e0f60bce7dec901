using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>Events as people read them.</summary>
internal static class EventLines
{
    /// <summary>Peers tell the same of one election within so much time.</summary>
    private const long ElectionWindowUs = 2_000_000;

    /// <summary>Restocking goes on all the time: one line says that it does.</summary>
    private const long TradingWindowUs = 60_000_000;

    /// <summary>The events with those of the same kind in one line, in the order in which they began.</summary>
    /// <param name="events">By rising time.</param>
    public static IReadOnlyList<EventLine> Fold(IEnumerable<MarketEvent> events)
    {
        var lines = new List<EventLine>();
        foreach (var happened in events)
        {
            var window = IsTrading(happened) ? TradingWindowUs : ElectionWindowUs;
            var index = lines.FindLastIndex(line => AreAlike(line.Latest, happened) && happened.AtUs - line.Latest.AtUs <= window);
            if (index < 0)
            {
                lines.Add(new EventLine(happened, happened, [.. PeersOf(happened)], 1));
                continue;
            }

            var line = lines[index];
            lines[index] = line with { Latest = happened, Peers = [.. line.Peers.Union(PeersOf(happened)).Order()], Count = line.Count + 1 };
        }

        return [.. lines.OrderBy(line => line.AtUs)];
    }

    /// <summary>Trade as it always is, as opposed to elections.</summary>
    public static bool IsTrading(MarketEvent happened) =>
        happened.What?.Kind is PeerEventKind.GoodChanged or PeerEventKind.Restocked;

    /// <summary>One event, without its time.</summary>
    public static string Describe(MarketEvent happened) => Describe(new EventLine(happened, happened, [.. PeersOf(happened)], 1));

    /// <summary>Events of the same kind, without their time.</summary>
    public static string Describe(EventLine line)
    {
        if (line.Latest.What is not { } what)
        {
            return $"{Who(line)} {line.Latest.Done}";
        }

        var many = line.Peers.Count > 1;
        var text = what.Kind switch
        {
            PeerEventKind.Started => $"{Who(line)} started",
            PeerEventKind.TraderLost => $"{Who(line)} lost trader {what.Other}",
            PeerEventKind.ElectionBegun => $"{Who(line)} {(many ? "begin" : "begins")} an election",
            PeerEventKind.Claiming => $"{Who(line)} won, and asks for the next term",
            PeerEventKind.Trades => $"{Who(line)} trades in term {what.Term}",
            PeerEventKind.FirstSale => $"{Who(line)} made the first sale of term {what.Term}",
            PeerEventKind.Fenced => $"{Who(line)} is fenced: a higher term than {what.Term} has begun",
            PeerEventKind.AccountsFailed => $"{Who(line)} cannot use the accounts",
            PeerEventKind.Resigned => $"{Who(line)} resigned in term {what.Term}",
            PeerEventKind.Follows => $"{Who(line)} {(many ? "follow" : "follows")} {what.Other} in term {what.Term}",
            PeerEventKind.GoodChanged => $"{Who(line)} changed to another good",
            PeerEventKind.Restocked => $"{Who(line)} deposited goods again",
            _ => $"{Who(line)}: {what.Kind}",
        };
        var count = IsTrading(line.Latest) && line.Count > 1 ? $", {line.Count} times" : "";
        return text + count + (what.Detail is { Length: > 0 } detail && (!many || IsTrading(line.Latest)) ? $" ({Printable(detail)})" : "");
    }

    /// <summary>How long ago: <c>now</c>, <c>12 s</c>, <c>3 min</c>.</summary>
    public static string Age(long us) => us switch
    {
        < 1_000_000 => "now",
        < 120_000_000 => FormattableString.Invariant($"{us / 1_000_000} s"),
        _ => FormattableString.Invariant($"{us / 60_000_000} min"),
    };

    /// <summary>In a terminal a control character could do anything.</summary>
    private static string Printable(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));

    private static string Who(EventLine line) => line.Peers switch
    {
        [] => "the supervisor",
        [var one] => $"peer {one}",
        _ => $"peers {string.Join(", ", line.Peers)}",
    };

    private static bool AreAlike(MarketEvent one, MarketEvent other) => (one.What, other.What) switch
    {
        ({ } what, { } like) when what.Kind == like.Kind => IsTrading(one)
            || (what.Kind != PeerEventKind.Trades && what.Term == like.Term && what.Other == like.Other),
        (null, null) => one.Done == other.Done && one.Done is not null,
        _ => false,
    };

    private static IEnumerable<int> PeersOf(MarketEvent happened) => happened.Peer is { } peer ? [peer] : [];
}

/// <summary>Events of the same kind.</summary>
/// <param name="First">Of them.</param>
/// <param name="Latest">Of them.</param>
/// <param name="Peers">Who told, or to whom it happened; by rising id.</param>
/// <param name="Count">How many they are.</param>
internal sealed record EventLine(MarketEvent First, MarketEvent Latest, IReadOnlyList<int> Peers, int Count)
{
    /// <summary>When it happened: an election's step with its first peer, trade that goes on with its last.</summary>
    public long AtUs => EventLines.IsTrading(First) ? Latest.AtUs : First.AtUs;
}
