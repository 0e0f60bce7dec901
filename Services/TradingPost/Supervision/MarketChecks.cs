using Lab.TradingPost.Market;

namespace Lab.TradingPost.Supervision;

/// <summary>What a market can be opened with.</summary>
internal static class MarketChecks
{
    public const int FewestPeers = 2;
    private const int MostStock = 1_000_000;
    private const int LongestPauseMs = 3_600_000;

    /// <summary>Null when it can be opened; else why not, in words.</summary>
    public static string? WhyNot(MarketSettings settings, SupervisorOptions options)
    {
        var most = options.Addresses.Count;
        return settings switch
        {
            { Peers: var peers } when peers < FewestPeers || peers > most => $"peers is {FewestPeers} to {most}, not {peers}",
            { Sellers: var sellers } when sellers < 0 || sellers > settings.Peers => $"sellers is 0 to {settings.Peers}, the number of peers, not {sellers}",
            { Stock: < 1 or > MostStock } => $"stock is 1 to {MostStock}, not {settings.Stock}",
            { BuyEveryMs: < 1 or > LongestPauseMs } => $"buyEvery_ms is 1 to {LongestPauseMs}, or null, not {settings.BuyEveryMs}",
            { Accounts: AccountsKind.MySql } when options.Database is null => "accounts cannot be mysql: this supervisor knows no database (ConnectionStrings:mysql)",
            { ThroughLinks: true } when options.Links.Count < settings.Peers => "throughLinks cannot be true: this supervisor knows no links to its peers",
            _ => null,
        };
    }
}
