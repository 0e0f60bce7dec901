using System.Net;
using Lab.ServiceDefaults;
using Lab.TradingPost.Market;
using Lab.TradingPost.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.TradingPost.Supervision;

/// <summary>What the supervisor is told: <c>TradingPost:</c> of its configuration, and <c>ConnectionStrings:mysql</c>.</summary>
internal sealed record SupervisorOptions
{
    private const string Section = "TradingPost";
    private const int FewestPeers = 2;
    private const int MostPeers = 12;
    private const int MostStock = 1_000_000;
    private const int LongestPauseMs = 3_600_000;

    /// <summary>ADDRESS:PORT of each peer by id, where it listens.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];

    /// <summary>HOST:PORT of the link to each peer; empty where there are none.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    /// <summary>A market is open from the start: for whoever wants to look on, not for whoever measures.</summary>
    public bool OpenAtStart { get; init; }

    /// <summary>Connection string of the database for accounts in MySQL; null: there is none. A secret.</summary>
    public string? Database { get; set; }

    public static void Add(IServiceCollection services) => services.AddOptions<SupervisorOptions>()
        .BindConfiguration(Section)
        .Configure<IConfiguration>((options, configuration) => options.Database = configuration.GetConnectionString("mysql"))
        .Validate(
            options => options.Peers.Count is >= FewestPeers and <= MostPeers && options.Peers.All(IsEndpoint),
            $"{Section}:Peers:0 and so on are the ADDRESS:PORT of {FewestPeers} to {MostPeers} peers")
        .Validate(
            options => options.Links.All(link => link.Contains(':', StringComparison.Ordinal)),
            $"{Section}:Links:0 and so on are the HOST:PORT of the links to the peers")
        .Validate(
            options => !options.OpenAtStart || options.WhyNot(MarketSettings.ForWatching) is null,
            $"{Section}:OpenAtStart is true, but {Section}:Peers are fewer than the {MarketSettings.ForWatching.Peers} that such a market has")
        .Check(_ => [SettingChecks.OpenFiles($"a peer of {Section}", PeerHost.MaxConnections)]);

    /// <summary>Null when a market can be opened with these settings; else why not, in words.</summary>
    public string? WhyNot(MarketSettings settings) => settings switch
    {
        { Peers: var peers } when peers < FewestPeers || peers > Peers.Count => $"peers is {FewestPeers} to {Peers.Count}, not {peers}",
        { Sellers: var sellers } when sellers < 0 || sellers > settings.Peers => $"sellers is 0 to {settings.Peers}, the number of peers, not {sellers}",
        { Stock: < 1 or > MostStock } => $"stock is 1 to {MostStock}, not {settings.Stock}",
        { BuyEveryMs: < 1 or > LongestPauseMs } => $"buyEvery_ms is 1 to {LongestPauseMs}, or null, not {settings.BuyEveryMs}",
        { Accounts: AccountsKind.MySql } when Database is null => "accounts cannot be mysql: this supervisor knows no database (ConnectionStrings:mysql)",
        { ThroughLinks: true } when Links.Count < settings.Peers => "throughLinks cannot be true: this supervisor knows no links to its peers",
        _ => null,
    };

    /// <summary>A record would print its secret.</summary>
    public override string ToString() => $"{Peers.Count} peers";

    private static bool IsEndpoint(string address) => address.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(address, out _);
}
