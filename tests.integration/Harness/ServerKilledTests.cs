using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.Harness.Systems.Calibration;
using Lab.Harness.Systems.Echo;
using Lab.Harness.Systems.Marketplace;
using Lab.Harness.Systems.TradingPost;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Samples;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Harness;

/// <summary>In every system: who dies in the third of five iterations makes no figure of the others', and no cell true.</summary>
public sealed class ServerKilledTests : TestLab
{
    private const int Iterations = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected override LabTopology Topology() => LabTopology.Complete();

    [Theory]
    [InlineData(MarketplaceTopology.Name, MarketplaceModule.Rating, MarketplaceTopology.BuyerServer, 20_000)]
    [InlineData(EchoTopology.Name, EchoModule.Echo, "echo-epoll", 100_000)]
    [InlineData(CalibrationTopology.Name, CalibrationModule.RoundTrip, CalibrationTopology.EchoServer, 60_000)]
    [InlineData(CalibrationTopology.Name, CalibrationModule.Select, CalibrationTopology.Database, 20_000)]
    [InlineData(TradingPostTopology.Name, TradingPostModule.Buy, TradingPostTopology.Supervisor, 5_000)]
    public async Task The_cell_is_not_true_its_mean_is_that_of_its_iterations_and_later_ones_measure_again(
        string system, string operation, string process, int operations)
    {
        using var control = new LabControl(Topology(), Lab.Endpoints, SampleSystems.Deployments);
        var context = new ScenarioContext(control, Lab.ProcessIds, Seed: 1, Tracing: "none", ReportFolder: null);
        var cell = Cell(system, operation, operations);
        var isKilled = 0;
        var runner = new ExperimentRunner([SystemModules.Default.Find(system)!.Scenario(context)], Lab.ProcessIds, progress =>
        {
            if (progress.Step == $"iteration 2 of {Iterations}" && Interlocked.Exchange(ref isKilled, 1) == 0)
            {
                _ = KillSoonAsync(process);
            }
        });
        var plan = new Plan("test", [cell]);
        await runner.RunAsync(plan, Token);

        var result = Assert.Single(runner.Results);
        Assert.NotEqual(Verdict.True, result.Verdict);
        Assert.False(RunOutcome.IsSuccess(SampleResults.Results("test", "quick", runner.Results, TimeSpan.Zero), plan));
        Assert.StartsWith("iteration 3: ", result.FailedIterations[0], StringComparison.Ordinal);
        Assert.Contains(result.FailedIterations[0], result.VerdictReason, StringComparison.Ordinal);
        Assert.Equal(Iterations, result.Iterations + result.FailedIterations.Count);
        Assert.Equal((result.Iterations, result.Operations), (result.PerIteration.Count, result.PerIteration.Sum(iteration => iteration.Operations)));
        Assert.Equal(result.PerIteration.Average(iteration => iteration.ThroughputOps), result.Throughput!.Mean, 6);
        Assert.Equal(result.PerIteration.Average(iteration => iteration.LatencyUs), result.Latency!.Mean, 6);
        Assert.True(result.Iterations >= 3, $"nothing was measured after the restart: {result.VerdictReason}");
    }

    /// <summary>One of the shipped ones, with two clients and iterations that take a second or two.</summary>
    private static Cell Cell(string system, string operation, int operations)
    {
        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var cell = new Planner(folder.Catalog).Plan(folder.Experiments, [], "full").Cells.First(cell =>
            cell.System == system && cell.Operation == operation && cell.Deployment == "local" && cell.Word("engine", "epoll") == "epoll");
        var factors = new OrderedDictionary<string, object>(cell.Factors, StringComparer.Ordinal);
        foreach (var clients in new[] { "sellers", "buyers", "clients", "connections" }.Where(factors.ContainsKey))
        {
            factors[clients] = 2L;
        }

        return cell with { Factors = factors, Iterations = Iterations, OperationsPerClient = operations };
    }
}
