using Lab.TradingPost.Cli;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.Tests.Unit.TradingPost.Cli;

/// <summary>Markets as a supervisor and peers would tell of them.</summary>
internal static class Markets
{
    private static readonly Dictionary<Good, long> Nothing = [];

    /// <summary>All run, the highest trades in term 1.</summary>
    public static MarketState State(MarketSettings settings) => new(
        1,
        settings,
        [.. Enumerable.Range(0, settings.Peers).Select(id => new PeerState(id, "127.0.0.1:1", PeerProcessState.Running, 4000 + id))],
        settings.Peers - 1,
        1,
        2);

    /// <summary>Of peers 0 (sells) to the trader.</summary>
    public static Dictionary<int, Status> Statuses(int trader, long term) => Enumerable.Range(0, trader + 1).ToDictionary(
        id => id,
        id => new Status(0, trader, term, id == 0 ? Good.Fish : null, id is > 1 and < 5 ? Good.Salt : null, id == trader ? Accounts : null));

    public static IReadOnlyList<AccountSummary> Accounts { get; } =
    [
        new AccountSummary(0, 0, 80, 0, Nothing, new Dictionary<Good, long> { [Good.Fish] = 17 }),
        new AccountSummary(3, 90, 0, 0, new Dictionary<Good, long> { [Good.Fish] = 9 }, Nothing),
        new AccountSummary(5, 0, 0, 20, Nothing, Nothing),
        new AccountSummary(100, 5, 0, 0, new Dictionary<Good, long> { [Good.Fish] = 1 }, Nothing),
        new AccountSummary(101, 5, 0, 0, new Dictionary<Good, long> { [Good.Fish] = 1 }, Nothing),
        new AccountSummary(MarketClient.Participant, 0, 0, 0, Nothing, new Dictionary<Good, long> { [Good.Boar] = 3 }),
    ];

    /// <summary>Peer 5 traded and was killed; peer 4 took over 31 ms later. Peers 0 and 1 tell the same.</summary>
    public static IReadOnlyList<MarketEvent> Takeover { get; } =
    [
        new(1, 1_000_000, 5, new PeerEvent(PeerEventKind.Trades, 1)),
        new(2, 5_000_000, 5, null, ProcessEvents.Killed),
        new(3, 5_029_000, 1, new PeerEvent(PeerEventKind.TraderLost, 1, 5)),
        new(4, 5_029_100, 1, new PeerEvent(PeerEventKind.ElectionBegun, 1)),
        new(5, 5_029_200, 0, new PeerEvent(PeerEventKind.TraderLost, 1, 5)),
        new(6, 5_030_000, 4, new PeerEvent(PeerEventKind.Claiming, 1)),
        new(7, 5_031_000, 4, new PeerEvent(PeerEventKind.Trades, 2)),
        new(8, 5_031_500, 0, new PeerEvent(PeerEventKind.Follows, 2, 4)),
        new(9, 5_035_000, 4, new PeerEvent(PeerEventKind.FirstSale, 2)),
    ];

    public static MarketOverview Overview(int peers = 6) => new()
    {
        State = State(MarketSettings.ForWatching with { Peers = peers }) with { Trader = 5 },
        Statuses = Statuses(5, 1),
        Accounts = Accounts,
        SoldPerSecond = 8.04,
        Events = Takeover,
        LastElection = ElectionTimes.Last(Takeover),
        NowUs = 17_100_000,
    };
}
