namespace Lab.TradingPost.Cli;

/// <summary>Where the supervisor of a market is steered.</summary>
/// <param name="Admin">URL of its admin endpoint.</param>
/// <param name="AdminToken">Opens it; never printed.</param>
public sealed record MarketAddress(Uri Admin, string AdminToken)
{
    /// <summary>A record would print its secret.</summary>
    public override string ToString() => Admin.ToString();
}
