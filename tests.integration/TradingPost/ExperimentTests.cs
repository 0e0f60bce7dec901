using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.TradingPost;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.TradingPost;

/// <summary>Tiny runs of the shipped experiment, through the whole harness.</summary>
[Collection(TradingPostTests.Name)]
public sealed class ExperimentTests(TradingPostLab lab)
{
    private static readonly ExperimentFolder Folder = ExperimentFolder.Load(LabFolders.Experiments);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IReadOnlyList<Cell> Shipped { get; } = new Planner(Folder.Catalog).Plan(Folder.Experiments, [TradingPostTopology.Name], "full").Cells;

    [Fact]
    public async Task Purchases_are_measured_at_every_kind_of_market_and_nothing_is_lost()
    {
        // One buyer and one with company, as published and improved, in a file and in a database, near and far.
        var cells = Shipped.Where(cell => cell.Operation == "buy" && cell.Number("buyers") is 1 or 3).DistinctBy(cell => cell.Identity)
            .Select(cell => cell with { Iterations = 2, OperationsPerClient = 4 }).ToList();

        var results = await RunAsync(cells);

        Assert.Equal(2L * 4 * cells.Sum(cell => cell.Number("buyers")), results.Sum(result => result.Operations));
        Assert.All(results, result => Assert.Contains("once", result.VerdictReason, StringComparison.Ordinal));
        Assert.All(results, result => Assert.Equal(
            result.Factors["peers"], result.Processes.LongCount(process => process.Name.StartsWith("peer-", StringComparison.Ordinal) && process.PeakRssBytes > 0)));
        var far = results.Where(result => result.Factors["deployment"] is "gcp").ToList();
        Assert.NotEmpty(far);
        Assert.All(far, result => Assert.True(result.Latency!.P50 > 80_000, "the link to the trader was not crossed"));
    }

    [Fact]
    public async Task Changes_of_traders_are_told_apart_into_their_parts()
    {
        var cells = Shipped.Where(cell => cell.Group == "election" && cell.Number("peers") == 3)
            .Select(cell => cell with { Iterations = 2, OperationsPerClient = 1 }).ToList();

        var results = await RunAsync(cells);

        Assert.Equal(4, results.Count);
        Assert.All(results, result =>
        {
            var phases = ElectionAnalyser.Phases(result);
            Assert.Equal(TradingPostModule.ChangePhases.Parts, phases.Select(phase => phase.Name));
            Assert.Equal(2, result.Operations);
            // A histogram keeps three digits of each.
            Assert.Equal(1, phases.Sum(phase => phase.MeanUs) / result.Latency!.Mean, tolerance: 0.01);
        });
    }

    [Fact]
    public async Task Buyers_go_on_through_a_change()
    {
        var cell = Shipped.Single(cell => cell.Operation == "buy_through_change" && cell.Word("election", "") == "improved");

        var result = Assert.Single(await RunAsync([cell with { Iterations = 2, OperationsPerClient = 300 }]));

        Assert.Equal(2 * 4 * 300, result.Operations);
        var timeline = result.Metric<SeriesFigure>(TradingPostModule.ChangeCourse.Name)!.Timeline;
        Assert.Equal(
            [TradingPostModule.Killed, TradingPostModule.Noticed, TradingPostModule.Trades, TradingPostModule.FirstSale], timeline.Markers.Select(marker => marker.Name));
        Assert.Equal(0, timeline.Markers[0].AtUs);
        Assert.Contains(timeline.Buckets, bucket => bucket.FromUs < 0 && bucket.RateOps > 0);
        Assert.Contains(timeline.Buckets, bucket => bucket.FromUs > timeline.Markers[^1].AtUs && bucket.RateOps > 0);
    }

    [Fact]
    public async Task Nobody_trades_beside_what_is_measured_next()
    {
        await RunAsync([Shipped[0] with { Iterations = 1, OperationsPerClient = 1 }]);

        Assert.Equal(System.Net.HttpStatusCode.NotFound, await lab.GetAsync("/admin/market"));
    }

    private async Task<IReadOnlyList<CellResult>> RunAsync(IReadOnlyList<Cell> cells)
    {
        using var control = new LabControl(LabTopology.For([TradingPostTopology.Name]), lab.Lab.Endpoints, Folder.Deployments);
        var runner = new ExperimentRunner([new TradingPostScenario(control, seed: 1)], lab.Lab.ProcessIds, _ => { });
        await runner.RunAsync(new Plan("full", cells), Token);

        Assert.Equal(cells.Count, runner.Results.Count);
        Assert.All(runner.Results, result => Assert.True(
            result is { Verdict: Verdict.True, Errors.Total: 0 },
            $"{result.Operation} {string.Join(' ', result.Factors)}: {result.VerdictReason}; {string.Join(", ", result.Errors.ByKind)}"));
        return runner.Results;
    }
}
