using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>Everything that is known of a market at one time.</summary>
internal sealed record MarketPicture
{
    /// <summary>Null: no market is open.</summary>
    public MarketState? State { get; init; }

    /// <summary>What peers told last, by id; those that do not answer are missing.</summary>
    public IReadOnlyDictionary<int, Status> Statuses { get; init; } = new Dictionary<int, Status>();

    /// <summary>As the trader told them last; null before the first time.</summary>
    public IReadOnlyList<AccountSummary>? Accounts { get; init; }

    /// <summary>Pieces sold per second, over the last seconds; null while that is not known.</summary>
    public double? SoldPerSecond { get; init; }

    /// <summary>The latest events, in their order.</summary>
    public IReadOnlyList<MarketEvent> Events { get; init; } = [];

    public ElectionTimes? LastElection { get; init; }

    /// <summary>Why what is shown may be old; null when it is not.</summary>
    public string? Problem { get; init; }

    /// <summary>CLOCK_MONOTONIC when all this was so.</summary>
    public long NowUs { get; init; }

    /// <summary>A row per peer.</summary>
    public IReadOnlyList<PeerRow> Peers => State is null ? [] : [.. State.Peers.Select(peer => RowOf(State, peer))];

    private PeerRow RowOf(MarketState market, PeerState peer)
    {
        var status = Statuses.GetValueOrDefault(peer.Id);
        var trades = market.Trader == peer.Id && peer.Process == PeerProcessState.Running;
        return new PeerRow(peer.Id, RoleOf(market, peer, trades), peer.Process, peer.Pid)
        {
            Trader = status?.Trader,
            Term = status?.Term,
            Selling = trades ? null : status?.Selling,
            Buying = trades ? null : status?.Buying,
            Account = Accounts?.FirstOrDefault(account => account.Participant == peer.Id),
        };
    }

    private static PeerRole RoleOf(MarketState market, PeerState peer, bool trades) =>
        trades ? PeerRole.Trader : peer.Id < market.Settings.Sellers ? PeerRole.Seller : PeerRole.Buyer;

    /// <summary>Sums of the accounts of several participants.</summary>
    public static MoneySums Sum(IEnumerable<AccountSummary> accounts) => accounts.Aggregate(
        default(MoneySums),
        (sums, account) => new MoneySums(
            sums.Spent + account.Spent,
            sums.Earned + account.Earned,
            sums.Commission + account.Commission,
            sums.Bought + account.Goods.Values.Sum(),
            sums.Stock + account.Stock.Values.Sum()));

    /// <summary>Those of participants that are no peers.</summary>
    public IReadOnlyList<AccountSummary> Clients =>
        [.. (Accounts ?? []).Where(account => account.Participant >= MarketSettings.FirstClient)];
}

/// <summary>A peer, as a row of the table.</summary>
internal sealed record PeerRow(int Id, PeerRole Role, PeerProcessState Process, int Pid)
{
    /// <summary>Whom it follows; null when it does not say.</summary>
    public int? Trader { get; init; }

    public long? Term { get; init; }

    public Market.Good? Selling { get; init; }

    public Market.Good? Buying { get; init; }

    public AccountSummary? Account { get; init; }
}

internal enum PeerRole
{
    Trader,
    Seller,
    Buyer,
}

/// <summary>Money in coins, goods in pieces.</summary>
internal readonly record struct MoneySums(long Spent, long Earned, long Commission, long Bought, long Stock)
{
    /// <summary>What buyers paid is what sellers and traders got.</summary>
    public bool AreBalanced => Spent == Earned + Commission;
}
