using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Systems;

namespace Lab.Tests.Unit.Examples.Counter;

/// <summary>What the harness knows of the counter.</summary>
public static class CounterModule
{
    public const string Add = "add";
    public const string Get = "get";
    public const string Clients = "clients";

    /// <summary>How long requests wait for the number, as the server tells it with each answer.</summary>
    public static MetricInfo Wait { get; } = new()
    {
        Name = "wait_us",
        Kind = MetricKind.Histogram,
        Unit = MetricUnit.Microseconds,
        Better = Better.Lower,
        Reduction = MetricReduction.Sum,
        Heading = "wait",
        Label = "wait for the number",
        Explanation = "how long a request waited until the number was its own",
    };

    public static SystemModule Create() => new()
    {
        Name = CounterTopology.Name,
        Describe = (_, machine) => Describe(machine),
        Scenario = context => new CounterScenario(context.Lab),
        Claims = new ReportClaims("counter report", 1, Check),
        Terms = [("wait", Wait.Explanation)],
    };

    public static SystemDescription Describe(MachineAbilities machine) => new(
        CounterTopology.Name,
        [new OperationInfo(Add, OperationAccess.Writes), new OperationInfo(Get, OperationAccess.Reads)],
        new NumberFactor(Clients, 1, 100),
        ContainerFactors.All)
    {
        Metrics = [Wait],
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine),
    };

    private static IReadOnlyList<Claim> Check(IReadOnlyList<CellResult> cells)
    {
        var tally = new Tally();
        var read = cells.Where(cell => cell.System == CounterTopology.Name && cell.Operation == Get && cell.Published?.LatencyUs is not null).ToList();
        read.ForEach(cell => tally.Add(cell.Latency?.Mean < cell.Published!.LatencyUs, opposite: cell.Latency?.Mean > cell.Published.LatencyUs));
        return read.Count == 0 ? [] : [new Claim(1, "A number is read in less than a second.", tally.Outcome, $"It is {tally.Words("cell")}.", read)];
    }
}
