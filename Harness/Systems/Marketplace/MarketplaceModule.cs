using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Systems.Calibration;
using Lab.Marketplace.Cli;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>What the harness knows of the marketplace.</summary>
public static class MarketplaceModule
{
    public const string Rating = "get_seller_rating";
    public const string Search = "search_items";
    public const string Display = "display_items_for_sale";
    public const string Register = "register_item_for_sale";

    public const string Sellers = "sellers";
    public const string Buyers = "buyers";
    public const string ItemsPerSeller = "items_per_seller";

    /// <summary>Those of the lab's engines that serve frames.</summary>
    private static readonly IReadOnlyList<string> Engines = ["threads", "select", "epoll", "async", "uring"];

    private static readonly IReadOnlyList<string> Read = [CalibrationModule.RoundTrip, CalibrationModule.Select];
    private static readonly IReadOnlyList<string> Write = [CalibrationModule.RoundTrip, CalibrationModule.Insert];

    public static SystemModule Create() => new()
    {
        Name = MarketplaceTopology.Name,
        Describe = Describe,
        Scenario = context => new MarketplaceScenario(context.Lab, context.Seed, context.Tracing),
        Claims = new ReportClaims("marketplace report", MarketplaceClaims.Count, MarketplaceClaims.Check),
        Program = MarketplaceCli.RunAsync,
    };

    public static SystemDescription Describe(Deployments deployments, MachineAbilities machine) => new(
        MarketplaceTopology.Name,
        [
            new OperationInfo(Rating, OperationAccess.Reads) { BoundedBy = Read },
            new OperationInfo(Search, OperationAccess.Reads) { BoundedBy = Read },
            new OperationInfo(Display, OperationAccess.Reads) { BoundedBy = Read },
            new OperationInfo(Register, OperationAccess.Writes) { BoundedBy = Write },
        ],
        new ClientsFactor("clients", Sellers, Buyers, 1, 10_000),
        [
            CommonFactors.EngineOf(Engines),
            CommonFactors.CacheOf("redis"),
            CommonFactors.TracingFactor,
            CommonFactors.DeploymentOf(deployments),
            new NumberFactor(ItemsPerSeller, 0, 100_000),
            .. ContainerFactors.All,
        ])
    {
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine) ?? machine.EngineObstacle(factors),
    };
}
