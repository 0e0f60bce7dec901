using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.MedalTally;
using Lab.Tests.Samples;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>Tiny runs of the shipped experiment, through the whole harness.</summary>
[Collection(MedalTallyTests.Name)]
public sealed class ExperimentTests(MedalTallyLab lab)
{
    private static readonly ExperimentFolder Folder = ExperimentFolder.Load(LabFolders.Experiments);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IReadOnlyList<Cell> Shipped { get; } = [.. new Planner(Folder.Catalog).Plan(Folder.Experiments, [MedalTallyTopology.Name], "full").Cells
        .Where(cell => cell.System == MedalTallyTopology.Name)];

    [Fact]
    public async Task Every_kind_of_cell_is_measured_and_true()
    {
        // One of each operation, tier and order; and one whose board is in MySQL.
        var near = Shipped.Where(cell => cell.Deployment == "local" && cell.Operation != MedalTallyModule.HoldClocks && cell.Number("clients") <= 20).ToList();
        var cells = near.DistinctBy(cell => (cell.Operation, cell.Word("tier", ""), cell.Word("order", "")))
            .Append(near.First(cell => cell.Word("store", "") == "mysql" && cell.Word("tier", "") == "two-tier" && cell.Operation == MedalTallyModule.Increment))
            .Select(cell => cell with { Iterations = 1, OperationsPerClient = cell.Operation switch { MedalTallyModule.FailOver => 500, MedalTallyModule.SynchroniseClocks => 1, _ => 4 } }).ToList();

        var results = await RunAsync(cells);

        Assert.All(results, result => Assert.True(
            result.Verdict == Verdict.True && (result.Errors.Total == 0 || result.Operation == MedalTallyModule.FailOver),
            $"{result.Operation} {string.Join(' ', result.Factors)}: {result.VerdictReason}; {string.Join(", ", result.Errors.ByKind)}"));
        Assert.Superset(
            new HashSet<string>([MedalTallyModule.Mixed, MedalTallyModule.Increment, MedalTallyModule.GetScore, MedalTallyModule.FailOver, MedalTallyModule.OrderMessages, MedalTallyModule.SynchroniseClocks], StringComparer.Ordinal),
            results.Select(result => result.Operation).ToHashSet(StringComparer.Ordinal));
        var loss = results.Single(result => result.Operation == MedalTallyModule.FailOver);

        // Whether its clients had anything left to ask for is a matter of luck in so short an iteration.
        Assert.Equal(MedalTallyModule.Killed, loss.Metric<SeriesFigure>(MedalTallyModule.LossCourse.Name)!.Timeline.Markers[0].Name);
        Assert.All(results.Where(result => result.Operation == MedalTallyModule.OrderMessages), result => Assert.Equal(4 * (long)result.Factors["clients"] * (long)result.Factors["members"], result.Operations));
    }

    [Fact]
    public async Task A_database_server_that_dies_in_a_cell_is_told()
    {
        const int Iterations = 4;
        var cell = Shipped.First(cell => cell.Operation == MedalTallyModule.Mixed && cell.Deployment == "local" && MedalTallyModule.IsTwoTier(cell) && cell.Word("connections", "") == "kept");
        var isKilled = 0;
        var plan = new Plan("test", [cell with { Iterations = Iterations, OperationsPerClient = 800 }]);
        var runner = await RunAsync(plan, progress =>
        {
            if (progress.Step == $"iteration 2 of {Iterations}" && Interlocked.Exchange(ref isKilled, 1) == 0)
            {
                _ = KillSoonAsync();
            }
        });

        var result = Assert.Single(runner.Results);
        Assert.NotEqual(Verdict.True, result.Verdict);
        Assert.False(RunOutcome.IsSuccess(SampleResults.Results("test", "quick", runner.Results, TimeSpan.Zero), plan));
        Assert.Contains(result.FailedIterations[0], result.VerdictReason, StringComparison.Ordinal);
        Assert.Equal(Iterations, result.Iterations + result.FailedIterations.Count);
        Assert.True(result.Iterations >= 2, $"nothing was measured after the restart: {result.VerdictReason}");
    }

    private async Task KillSoonAsync()
    {
        await Task.Delay(200, Token);
        await lab.Lab.KillAsync(MedalTallyTopology.DatabaseServer, Token);
    }

    private async Task<IReadOnlyList<CellResult>> RunAsync(IReadOnlyList<Cell> cells)
    {
        var runner = await RunAsync(new Plan("full", cells), _ => { });
        Assert.Equal(cells.Count, runner.Results.Count);
        return runner.Results;
    }

    private async Task<ExperimentRunner> RunAsync(Plan plan, Action<RunProgress> progress)
    {
        using var control = new LabControl(LabTopology.For([MedalTallyTopology.Name]), lab.Lab.Endpoints, Folder.Deployments);
        var runner = new ExperimentRunner([new MedalTallyScenario(control, seed: 1)], lab.Lab.ProcessIds, progress);
        await runner.RunAsync(plan, Token);
        return runner;
    }
}
