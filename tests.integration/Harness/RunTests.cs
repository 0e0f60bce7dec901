using System.Diagnostics;
using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.Calibration;
using Lab.Harness.Systems.Echo;
using Lab.Harness.Systems.Marketplace;
using Lab.LocalHost;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Harness;

/// <summary>Tiny runs through the whole harness, on a lab of their own.</summary>
public sealed class RunTests : IAsyncLifetime
{
    private const int Operations = 4;
    private const long FewConnections = 200;

    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private LocalLab _lab = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _lab = await LocalLab.StartAsync(
        LabTopology.Complete(), new LocalLabOptions { StateFolder = _state, ExternalMySql = null, ExternalRedis = null }, _ => { }, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        Directory.Delete(_state, recursive: true);
    }

    [Fact]
    public async Task Every_kind_of_cell_of_the_shipped_experiments_runs_and_keeps_its_invariants()
    {
        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var full = new Planner(folder.Catalog).Plan(folder.Experiments, [], "full");

        // Every combination of factors with few clients, each with a few operations. The trading post, whose markets take seconds to
        // open, and the medal tally, with its groups, have tests of their own.
        var cells = full.Cells.Where(cell => cell.System is not (TradingPostTopology.Name or MedalTallyTopology.Name))
            .Where(cell => cell.Factors.Where(factor => factor.Key is "sellers" or "buyers" or "clients").All(factor => (long)factor.Value <= 10))
            .Where(cell => cell.Word("deployment", "local") == "local" || cell.Number("sellers") == 1)
            .Select(cell => cell with { Factors = WithFewConnections(cell), Iterations = 2, OperationsPerClient = Operations })
            .DistinctBy(cell => (cell.Group, cell.ToString())).ToList();
        using var control = new LabControl(LabTopology.Complete(), _lab.Endpoints, folder.Deployments);
        var runner = new ExperimentRunner(
            [new CalibrationScenario(control, 1), new MarketplaceScenario(control, 1), new EchoScenario(control, _lab.ProcessIds, reportFolder: null)],
            _lab.ProcessIds,
            _ => { });
        await runner.RunAsync(new Plan("full", cells), Token);

        Assert.Equal(cells.Count, runner.Results.Count);
        Assert.All(runner.Results, result =>
        {
            Assert.True(result.Verdict == Verdict.True, $"{result.Operation}: {result.VerdictReason}");
            Assert.Equal(0, result.Errors.Total);
            Assert.Equal(2, result.PerIteration.Count);
            Assert.True(result.Latency!.P50 <= result.Latency.P99 && result.Latency.P99 <= result.Latency.Max);
            Assert.Contains(result.Processes, process => process.Name == "harness" && process.PeakRssBytes > 0);
        });
        var cloud = runner.Results.Where(result => result.Factors.GetValueOrDefault("deployment") is "gcp").ToList();
        Assert.NotEmpty(cloud);
        Assert.All(cloud, result => Assert.True(result.Latency!.P50 > 80_000, "two links of 42 ms were crossed"));
        Assert.All(cloud, result => Assert.Null(result.Limit));
        var local = runner.Results.Where(result => result.System == "marketplace" && result.Factors["deployment"] is "local");
        Assert.All(local, result => Assert.NotNull(result.Limit));
        Assert.All(runner.Results.Where(result => result.Operation == "register_item_for_sale"), result =>
            Assert.Contains("acknowledged registrations are in the database exactly once", result.VerdictReason, StringComparison.Ordinal));
    }

    private static Dictionary<string, object> WithFewConnections(Cell cell)
    {
        var factors = new Dictionary<string, object>(cell.Factors, StringComparer.Ordinal);
        if (factors.ContainsKey(EchoModule.Connections))
        {
            factors[EchoModule.Connections] = FewConnections;
        }

        return factors;
    }

    [Fact]
    public async Task A_cell_whose_answers_are_wrong_has_the_verdict_false()
    {
        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var cell = new Planner(folder.Catalog).Plan(folder.Experiments, [], "full").Cells
            .First(cell => cell.Operation == "get_seller_rating" && cell.Number("buyers") == 1) with
        { Iterations = 1, OperationsPerClient = Operations };
        using var control = new LabControl(LabTopology.Complete(), _lab.Endpoints, folder.Deployments);
        var runner = new ExperimentRunner([new MarketplaceScenario(control, 1)], _lab.ProcessIds, progress =>
        {
            if (progress.Step == "warming up")
            {
                // Behind everybody's back: from now on the servers answer what no seller has earned.
                using var connection = Lab.Storage.MySql.MySqlDriver.Open(_lab.Endpoints.Databases["mysql"]);
                Dapper.SqlMapper.Execute(connection, "UPDATE lab_customer.seller SET thumbs_down = 4711");
            }
        });
        await runner.RunAsync(new Plan("full", [cell]), Token);
        var result = Assert.Single(runner.Results);
        Assert.Equal((Verdict.False, (long)Operations), (result.Verdict, result.Errors.ByKind["wrong_answer"]));
    }

    [Fact]
    public async Task A_cell_that_cannot_be_set_up_fails_with_its_reason_and_the_others_go_on()
    {
        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var plan = new Planner(folder.Catalog).Plan(folder.Experiments, [], "full");
        var good = plan.Cells.First(cell => cell.Operation == "tcp_round_trip") with { Iterations = 1, OperationsPerClient = Operations };
        var bad = good with { Operation = "no_such_operation" };
        using var control = new LabControl(LabTopology.Complete(), _lab.Endpoints, folder.Deployments);
        var runner = new ExperimentRunner([new CalibrationScenario(control, 1)], _lab.ProcessIds, _ => { });
        await runner.RunAsync(new Plan("full", [bad, good]), Token);
        Assert.Equal([Verdict.Unknown, Verdict.True], runner.Results.Select(result => result.Verdict));
        Assert.Contains("no_such_operation", runner.Results[0].VerdictReason, StringComparison.Ordinal);
        Assert.Null(runner.Results[0].Latency);
    }

    [Fact]
    public void The_harness_measures_its_own_processes() =>
        Assert.All(_lab.ProcessIds(), process => Assert.False(Process.GetProcessById(process.Value).HasExited));
}
