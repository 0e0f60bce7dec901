using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>What the harness knows of the trading post.</summary>
public static class TradingPostModule
{
    /// <summary>A buyer names a good and gets it.</summary>
    public const string Buy = "buy";

    /// <summary>The trader's process is killed (SIGKILL); measured is the time until another one sells.</summary>
    public const string ElectAfterKill = "elect_after_kill";

    /// <summary>The trader's process is stopped (SIGSTOP), so that its connections live on; measured is the time until another one sells.</summary>
    public const string ElectAfterStop = "elect_after_stop";

    /// <summary>Buyers go on while the trader is killed once in each iteration.</summary>
    public const string BuyThroughChange = "buy_through_change";

    public const string Buyers = "buyers";
    public const string Peers = "peers";
    public const string Accounts = "accounts";
    public const string Election = "election";
    public const string Writes = "writes";

    /// <summary>A weakness that the report names, left as it is.</summary>
    public const string AsPublished = "as-published";

    /// <summary>What the report proposes instead.</summary>
    public const string Improved = "improved";

    /// <summary>Accounts that live in MySQL.</summary>
    public const string MySql = "mysql";

    private const long MostBuyers = 256;

    /// <summary>The parts of a change of traders, in order; together they are its duration.</summary>
    public static MetricInfo ChangePhases { get; } = new()
    {
        Name = "change",
        Kind = MetricKind.Phases,
        Unit = MetricUnit.Microseconds,
        Better = Better.Lower,
        Reduction = MetricReduction.Sum,
        Heading = "phases",
        Label = "Where the time of a change goes",
        Explanation = "mean time of this part of the change",
        Note = "The parts add up to the time until the first sale; a published figure is the election alone.",
        Parts = [Detection, Agreement, FirstSale],
    };

    /// <summary>What buyers see around a change of traders.</summary>
    public static MetricInfo ChangeCourse { get; } = new()
    {
        Name = "course",
        Kind = MetricKind.Series,
        Unit = MetricUnit.Microseconds,
        Better = Better.Lower,
        Reduction = MetricReduction.Median,
        Heading = "change",
        Label = "The change",
        Explanation = "from the kill on, median over the iterations",
        Parts = [Noticed, Trades, FirstSale],
    };

    /// <summary>Part of a change: until the first peer knows that its trader is lost.</summary>
    public const string Detection = "detection";

    /// <summary>Part of a change: from there until another one has the accounts and trades.</summary>
    public const string Agreement = "agreement";

    /// <summary>Part of a change: from there until its first sale is durable. Also the event.</summary>
    public const string FirstSale = "first sale";

    /// <summary>Event of a change.</summary>
    public const string Killed = "trader killed";

    /// <inheritdoc cref="Killed"/>
    public const string Noticed = "noticed";

    /// <inheritdoc cref="Killed"/>
    public const string Trades = "new trader";

    public static SystemModule Create() => new()
    {
        Name = TradingPostTopology.Name,
        Describe = Describe,
        Scenario = context => new TradingPostScenario(context.Lab, context.Seed),
        Analysers = [new PurchaseAnalyser(), new ElectionAnalyser()],
        // Whoever looks around shall find a market; runs open those that they measure.
        SettingsWhenUp = new Dictionary<string, string>(StringComparer.Ordinal) { [TradingPostTopology.OpenAtStart] = "true" },
        Commands = [TradingPostCommand.Create],
    };

    public static SystemDescription Describe(Deployments deployments, MachineAbilities machine) => new(
        TradingPostTopology.Name,
        [
            new OperationInfo(Buy, OperationAccess.Writes) { Unit = "purchase" },
            new OperationInfo(ElectAfterKill) { Unit = "change", Title = "After kill -9", Figures = CommonFigures.Latency },
            new OperationInfo(ElectAfterStop) { Unit = "change", Title = "After SIGSTOP, with all connections open", Figures = CommonFigures.Latency },
            new OperationInfo(BuyThroughChange) { Unit = "purchase", Figures = CommonFigures.Latency | CommonFigures.Throughput },
        ],
        new NumberFactor(Buyers, 1, MostBuyers),
        [
            new NumberFactor(Peers, 2, TradingPostTopology.MostPeers),
            new WordFactor(Accounts, ["file", MySql]) { NamesItsValues = true },
            new WordFactor(Election, [AsPublished, Improved]) { NamesItsValues = true },
            new WordFactor(Writes, [AsPublished, Improved]) { NamesItsValues = true },
            CommonFactors.DeploymentOf(deployments),
            .. ContainerFactors.All,
        ])
    {
        Metrics = [ChangePhases, ChangeCourse],
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine),
    };
}
