using System.Text.RegularExpressions;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Reports;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.Tests.Samples;
using Lab.Tests.Unit.Examples.Counter;
using Lab.Topology;

namespace Lab.Tests.Unit.Examples;

/// <summary>The system that <c>docs/adding-a-system.md</c> adds: it is planned, run, checked and reported like those of the lab.</summary>
public sealed partial class CounterTests
{
    private static readonly SystemModules Systems = new([.. SystemModules.Default.All, CounterModule.Create()]);

    private static string Folder { get; } = Path.Combine(SampleResults.Root(), "tests.unit", "Examples", "Counter");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_system_of_four_places_is_planned_run_checked_and_reported()
    {
        var results = await RunAsync(forgets: 0);

        Assert.Equal(4, results.Cells.Count);
        Assert.All(results.Cells, cell =>
        {
            Assert.True(cell.Verdict == Verdict.True, cell.VerdictReason);
            Assert.Equal(cell.Operations, cell.Operation == CounterModule.Get || cell.Operation == CounterModule.Add ? 2 * 50 * (long)cell.Factors["clients"] : 0);
            Assert.NotNull(cell.Metric<HistogramFigure>(CounterModule.Wait.Name));
        });

        var model = ReportModel.Of(results, Systems);
        var group = Assert.Single(Assert.Single(model.Experiments).Groups);
        var columns = CellTable.Of(group).Columns.Select(column => $"{column.Part} {column.Label}").ToList();
        Assert.Subset(columns.ToHashSet(), new HashSet<string> { "factors clients", "latency measured", "throughput measured", "wait mean", "wait p99" });
        Assert.Equal(ClaimOutcome.Confirmed, Assert.Single(Assert.Single(model.Experiments[0].Claims).Claims).Outcome);
        Assert.Contains(group.Conclusions, conclusion => conclusion.Topic == "Reads and writes");
        Assert.Contains("A number that clients count up", await HtmlReport.RenderAsync(model, Token), StringComparison.Ordinal);
        Assert.Contains("wait_us_p99", CsvReport.Render(results).Split('\n')[0].Split(','));
        Assert.Equal(
            results.Cells.SelectMany(cell => cell.Metrics.Select(metric => metric.Name)),
            ResultsJson.Deserialize(ResultsJson.Serialize(results)).Cells.SelectMany(cell => cell.Metrics.Select(metric => metric.Name)));
    }

    [Fact]
    public async Task Its_invariant_finds_what_was_acknowledged_and_lost()
    {
        var results = await RunAsync(forgets: 3);

        Assert.Contains(results.Cells, cell => cell.Verdict == Verdict.False);
    }

    /// <summary>Whoever follows the page must not copy what no longer compiles.</summary>
    [Fact]
    public void The_page_shows_the_code_that_runs_here()
    {
        var page = File.ReadAllText(Path.Combine(SampleResults.Root(), "docs", "adding-a-system.md"));
        var code = string.Concat(Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(File.ReadAllText));
        var blocks = Block().Matches(page).Select(match => match.Groups["code"].Value).ToList();

        Assert.True(blocks.Count >= 4);
        Assert.All(blocks, block => Assert.Contains(block.Trim(), code, StringComparison.Ordinal));
    }

    private static async Task<RunResults> RunAsync(int forgets)
    {
        var topology = LabTopology.Of(CounterTopology.Entry());
        await using var server = new CounterServer { Forgets = forgets };
        server.Start();
        var catalog = FactorCatalog.Of(Systems, SampleSystems.Deployments, SampleSystems.Machine);
        var experiment = new ExperimentLoader(catalog).LoadFile(Path.Combine(Folder, "experiments", "counter.yaml"));
        var plan = new Planner(catalog).Plan([experiment], [], "quick");
        using var control = new LabControl(topology, Endpoints(server), SampleSystems.Deployments);
        var context = new ScenarioContext(control, () => new Dictionary<string, int>(), Seed: 1, Tracing: "none", ReportFolder: null);
        var runner = new ExperimentRunner([CounterModule.Create().Scenario(context)], context.ProcessIds, _ => { });
        await runner.RunAsync(plan, Token);

        var results = SampleResults.Results("20260131-154500-counter", "quick", runner.Results, TimeSpan.FromSeconds(1));
        return results with
        {
            Run = results.Run with
            {
                Systems = [CounterModule.Describe(SampleSystems.Machine).Info],
                Experiments = [new ExperimentInfo(experiment.Name, experiment.Title, experiment.Summary, [new GroupInfo("clients", "More clients", "?")])],
            },
        };
    }

    private static LabEndpoints Endpoints(CounterServer server) => new()
    {
        AdminToken = "token",
        Services = new Dictionary<string, ServiceEndpoints>
        {
            [CounterTopology.Server] = new(new Uri("http://127.0.0.1:1"), new Dictionary<string, string> { [CounterTopology.ClientEndpoint] = server.Address }),
        },
        Links = new Dictionary<string, string>(),
        FaultProxyApi = new Uri("http://127.0.0.1:1"),
        Databases = new Dictionary<string, string>(),
    };

    [GeneratedRegex(@"```(csharp|yaml)\n(?<code>.*?)```", RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Block();
}
