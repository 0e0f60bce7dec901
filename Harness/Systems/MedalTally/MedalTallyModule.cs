using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Systems.Calibration;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>What the harness knows of the medal tally.</summary>
public static class MedalTallyModule
{
    /// <summary>As published: half of the requests add a medal, half ask for a score.</summary>
    public const string Mixed = "half_increment_half_get_score";

    public const string Increment = "increment_medal_tally";
    public const string GetScore = "get_score";

    /// <summary>The published mixture goes on while the front-end with the most clients is killed once in each iteration.</summary>
    public const string FailOver = "through_front_end_loss";

    /// <summary>The group puts messages of its members into one order.</summary>
    public const string OrderMessages = "order_messages";

    /// <summary>A group whose clocks are wrong by seconds synchronises them.</summary>
    public const string SynchroniseClocks = "synchronise_clocks";

    /// <summary>Clocks that drift are synchronised again and again; one look a second.</summary>
    public const string HoldClocks = "hold_clocks";

    public const string Clients = "clients";

    /// <summary>How many members a group has: the database server, and front-ends.</summary>
    public const string Members = "members";

    /// <summary>By which algorithm a group orders messages.</summary>
    public const string Order = "order";
    public const string Symmetric = "symmetric";
    public const string Sequencer = "sequencer";
    private const string Unordered = "none";

    public const string Tier = "tier";
    public const string SingleTier = "single";
    public const string TwoTier = "two-tier";
    public const string FrontEnds = "front_ends";
    public const string Store = "store";

    /// <summary>Whether a client keeps its connection.</summary>
    public const string Connections = "connections";
    public const string Kept = "kept";
    public const string PerRequest = "per-request";

    private const string Journal = "journal";
    private const string MySql = "mysql";
    private const long MostClients = 5000;

    /// <summary>Event of a loss.</summary>
    public const string Killed = "front-end killed";

    /// <inheritdoc cref="Killed"/>
    public const string FirstServed = "first client served again";

    /// <inheritdoc cref="Killed"/>
    public const string AllServed = "all clients served again";

    /// <summary>What a request costs the process that makes it.</summary>
    public static MetricInfo ClientCost { get; } = new()
    {
        Name = "client_cpu_us",
        Kind = MetricKind.Gauge,
        Unit = MetricUnit.Microseconds,
        Better = Better.Lower,
        Reduction = MetricReduction.Mean,
        Heading = "cost of the load",
        Label = "client, per request",
        Explanation = "processor time of the load per request: the HTTP client, its JSON, and the clock",
        ShownIn = ShownIn.Table,
    };

    /// <summary>How long clients of a front-end that was killed were without one.</summary>
    public static MetricInfo Interruption { get; } = new()
    {
        Name = "interruption_us",
        Kind = MetricKind.Histogram,
        Unit = MetricUnit.Microseconds,
        Better = Better.Lower,
        Reduction = MetricReduction.Sum,
        Heading = "interruption",
        Label = "Until a client is served again",
        Explanation = "of clients whose front-end was killed: from the kill to their next answer, by another one",
    };

    /// <summary>What clients see around the loss of a front-end.</summary>
    public static MetricInfo LossCourse { get; } = new()
    {
        Name = "course",
        Kind = MetricKind.Series,
        Unit = MetricUnit.Microseconds,
        Better = Better.Lower,
        Reduction = MetricReduction.Median,
        Heading = "loss",
        Label = "The loss",
        Explanation = "from the kill on, median over the iterations",
        Parts = [FirstServed, AllServed],
    };

    /// <summary>What members of a group say to each other.</summary>
    public static MetricInfo Messages { get; } = new()
    {
        Name = "messages",
        Kind = MetricKind.Trace,
        Unit = MetricUnit.Microseconds,
        Heading = "messages",
        Label = "What members say to each other",
        Explanation = "a message of the order delivered at its place, or a clock stepped by so many seconds",
    };

    public static MetricInfo SkewBefore { get; } = Skew("skew_before_us", "before", "between the two clocks that were furthest apart, before the first round");

    public static MetricInfo SkewAfter { get; } = Skew(
        "skew_after_us", "after", "between the two clocks that were furthest apart after a round, by the clock that all processes of the machine share");

    public static MetricInfo SkewBound { get; } = Skew("skew_bound_us", "bound", "what rounds promised: no two clocks are further apart");

    public static SystemModule Create() => new()
    {
        Name = MedalTallyTopology.Name,
        Describe = Describe,
        Scenario = context => new MedalTallyScenario(context.Lab, context.Seed),
        Claims = new ReportClaims("medal tally report", MedalTallyClaims.Count, MedalTallyClaims.Check),
        Commands = [MedalTallyCommand.Create],
        Terms =
        [
            ("tier", "one: the server that speaks HTTP has the board; two: front-ends without data ask a database server"),
            ("front-ends", "processes that speak HTTP to clients and pass what they ask on to the database server"),
        ],
    };

    public static SystemDescription Describe(Deployments deployments, MachineAbilities machine) => new(
        MedalTallyTopology.Name,
        [
            new OperationInfo(Mixed) { Unit = "request", Title = "Half of the requests add a medal, half ask for a score", BoundedBy = [CalibrationModule.HttpGet] },
            new OperationInfo(Increment, OperationAccess.Writes) { Unit = "request", BoundedBy = [CalibrationModule.HttpGet] },
            new OperationInfo(GetScore, OperationAccess.Reads) { Unit = "request", BoundedBy = [CalibrationModule.HttpGet] },
            new OperationInfo(OrderMessages) { Unit = "message", Title = "Messages of 64 bytes in one order at all members" },
            new OperationInfo(SynchroniseClocks) { Unit = "synchronisation", Title = "Clocks that are wrong by seconds", Figures = CommonFigures.Latency },
            new OperationInfo(HoldClocks) { Unit = "look", Title = "Clocks that drift", Figures = CommonFigures.None },
            new OperationInfo(FailOver) { Unit = "request", Title = "Through the loss of a front-end", Figures = CommonFigures.Latency | CommonFigures.Throughput },
        ],
        new NumberFactor(Clients, 1, MostClients),
        [
            new WordFactor(Tier, [SingleTier, TwoTier]),
            new NumberFactor(FrontEnds, 1, MedalTallyTopology.MostFrontEnds) { SwitchCost = 6, Title = "front-ends" },
            new WordFactor(Store, [Journal, MySql]) { SwitchCost = 1 },
            new WordFactor(Connections, [Kept, PerRequest]) { NamesItsValues = true },
            new NumberFactor(Members, 2, MedalTallyTopology.MostFrontEnds + 1),
            new WordFactor(Order, [Unordered, Symmetric, Sequencer]) { NamesItsValues = true },
            CommonFactors.DeploymentOf(deployments),
            .. ContainerFactors.All,
        ])
    {
        Metrics = [ClientCost, Interruption, LossCourse, SkewBefore, SkewAfter, SkewBound, Messages],
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine) ?? Obstacle(factors),
    };

    /// <summary>No client takes part: the members are among themselves.</summary>
    public static bool IsAmongMembers(Cell cell) => cell.Operation is OrderMessages or SynchroniseClocks or HoldClocks;

    private static MetricInfo Skew(string name, string label, string explanation) => new()
    {
        Name = name,
        Kind = MetricKind.Gauge,
        Unit = MetricUnit.Microseconds,
        Better = Better.Lower,
        Reduction = MetricReduction.Max,
        Heading = "clock skew",
        Label = label,
        Explanation = explanation,
        ShownIn = ShownIn.Table,
    };

    public static bool IsTwoTier(Cell cell) => cell.Word(Tier, SingleTier) == TwoTier;

    private static Obstacle? Obstacle(IReadOnlyDictionary<string, object> factors)
    {
        var isSingle = (string)factors.GetValueOrDefault(Tier, SingleTier) == SingleTier;
        return isSingle && factors.TryGetValue(FrontEnds, out var count) && (long)count > 1
            ? new Obstacle($"tier single and {count} front-ends", "one tier has no front-ends")
            : (string)factors.GetValueOrDefault(Store, Journal) == MySql && (string)factors.GetValueOrDefault(CommonFactors.Deployment, CommonFactors.Local) != CommonFactors.Local
                ? new Obstacle($"store {MySql} far away", "there is no link between the board and MySQL")
                : null;
    }
}
