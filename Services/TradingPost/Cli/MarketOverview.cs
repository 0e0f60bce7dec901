using System.Text.Json.Serialization;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>Everything that is known of a market at one time.</summary>
internal sealed record MarketOverview
{
    /// <summary>Null: no market is open.</summary>
    public MarketState? State { get; init; }

    /// <summary>Why none is, as the supervisor says.</summary>
    public string? WhyClosed { get; init; }

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

    /// <summary>Accounts of participants that are no peers.</summary>
    public IReadOnlyList<AccountSummary> Clients =>
        [.. (Accounts ?? []).Where(account => account.Participant >= MarketSettings.FirstClient)];

    /// <summary>What buyers paid is what sellers and traders got; null while nobody tells the accounts.</summary>
    public bool? IsBalanced => Accounts is null ? null : Sum(Accounts) is var sums && sums.Spent == sums.Earned + sums.Commission;

    /// <summary>Sums of the accounts of several participants.</summary>
    public static AccountSums Sum(IEnumerable<AccountSummary> accounts) => accounts.Aggregate(
        default(AccountSums),
        (sums, account) => new AccountSums(
            sums.Spent + account.Spent,
            sums.Earned + account.Earned,
            sums.Commission + account.Commission,
            sums.Bought + account.Goods.Values.Sum(),
            sums.Stock + account.Stock.Values.Sum()));

    private PeerRow RowOf(MarketState market, PeerState peer)
    {
        var status = Statuses.GetValueOrDefault(peer.Id);
        var trades = market.Trader == peer.Id && peer.Process == PeerProcessState.Running;
        var role = trades ? PeerRole.Trader : peer.Id < market.Settings.Sellers ? PeerRole.Seller : PeerRole.Buyer;
        return new PeerRow(
            peer.Id, role, peer.Process, peer.Pid, status?.Trader, status?.Term, trades ? null : status?.Selling, trades ? null : status?.Buying,
            Accounts?.FirstOrDefault(account => account.Participant == peer.Id));
    }
}

/// <summary>A peer, as a row of the table and in <c>status --json</c>. What it does not say is null.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Role">What it does in the market.</param>
/// <param name="Process">What its process does.</param>
/// <param name="Pid">The process; 0 when there is none.</param>
/// <param name="Follows">The trader, as it believes.</param>
/// <param name="Term">Of that trader.</param>
/// <param name="Selling">The good it sells.</param>
/// <param name="Buying">The good it wants.</param>
/// <param name="Account">What the trader keeps of it.</param>
internal sealed record PeerRow(
    int Id, PeerRole Role, PeerProcessState Process, int Pid, int? Follows, long? Term, Good? Selling, Good? Buying, AccountSummary? Account);

[JsonConverter(typeof(StrictEnum<PeerRole>))]
internal enum PeerRole
{
    Trader,
    Seller,
    Buyer,
}

/// <summary>Money in coins, goods in pieces.</summary>
internal readonly record struct AccountSums(long Spent, long Earned, long Commission, long Bought, long Stock);
