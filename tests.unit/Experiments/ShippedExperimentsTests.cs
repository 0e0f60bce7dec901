using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Tests.Unit.Experiments;

public class ShippedExperimentsTests
{
    private static readonly Planner Planner = new(ExperimentSamples.Catalog);

    private static Experiment Marketplace => ExperimentSamples.Shipped.Experiments.Single(experiment => experiment.Name == "marketplace");

    [Fact]
    public void None_is_broken() => Assert.Empty(ExperimentSamples.Shipped.Broken);

    [Theory]
    [InlineData("full", "clients", 60, 10, 1000)]
    [InlineData("full", "cache", 18, 10, 1000)]
    [InlineData("full", "many-items", 2, 10, 100)]
    [InlineData("full", "cloud", 4, 10, 1000)]
    [InlineData("full", "tracing", 12, 20, 1000)]
    [InlineData("full", "containers", 8, 10, 1000)]
    [InlineData("full", "small-machine", 4, 10, 1000)]
    [InlineData("full", "calibration", 9, 10, 1000)]
    [InlineData("quick", "clients", 18, 3, 150, 2000)]
    [InlineData("quick", "cache", 2, 3, 150)]
    [InlineData("quick", "many-items", 1, 3, 5)]
    [InlineData("quick", "cloud", 4, 2, 10)]
    [InlineData("quick", "tracing", 4, 3, 150)]
    [InlineData("quick", "containers", 4, 5, 150, 2000)]
    [InlineData("quick", "small-machine", 4, 3, 500)]
    [InlineData("quick", "calibration", 9, 3, 150, 5000)]
    public void The_marketplace_has_these_cells(string preset, string group, int cells, int iterations, int operationsPerClient, int operationsAtLeast = 0)
    {
        var planned = Planner.Cells(Marketplace, preset).Where(cell => cell.Group == group).ToList();

        Assert.Equal(cells, planned.Count);
        Assert.All(planned, cell => Assert.Equal(
            (iterations, Math.Max(operationsPerClient, operationsAtLeast / cell.Number(group == "calibration" ? "clients" : "buyers"))),
            (cell.Iterations, cell.OperationsPerClient)));
        Assert.All(planned, cell => Assert.Equal(group == "calibration" ? "calibration" : "marketplace", cell.System));
    }

    [Theory]
    [InlineData("full", 117)]
    [InlineData("quick", 46)]
    public void No_group_was_forgotten_above(string preset, int cells) =>
        Assert.Equal(cells, Planner.Plan(ExperimentSamples.Shipped.Experiments, ["marketplace"], preset).Cells.Count);

    [Fact]
    public void The_quick_preset_runs_threads_only_with_the_most_clients() =>
        Assert.All(
            Planner.Cells(Marketplace, "quick").Where(cell => cell.Word("engine", "async") == "threads"),
            cell => Assert.Equal(100, cell.Number("sellers")));

    [Theory]
    [InlineData("clients", "search_items", 10, "async", 4170.0, 2455.822)]
    [InlineData("clients", "search_items", 10, "threads", 4170.0, 2455.822)]
    [InlineData("clients", "register_item_for_sale", 100, "async", 74815.0, 1351.54)]
    [InlineData("cache", "display_items_for_sale", 1, "threads", 1722.0, 600.095)]
    [InlineData("many-items", "display_items_for_sale", 10, "async", 244320.0, null)]
    [InlineData("cloud", "display_items_for_sale", 1, "async", 89261.0, 11.209)]
    [InlineData("cloud", "register_item_for_sale", 10, "async", 159926.0, 65.012)]
    public void A_published_figure_stands_beside_its_cells(
        string group, string operation, int clients, string engine, double latencyUs, double? throughputOps)
    {
        var cells = Planner.Cells(Marketplace, "full").Where(cell =>
            cell.Group == group && cell.Operation == operation && cell.Number("sellers") == clients
            && cell.Word("engine", "") == engine).ToList();

        Assert.NotEmpty(cells);
        Assert.All(cells, cell => Assert.Equal(latencyUs, cell.Published!.LatencyUs!.Value, tolerance: 0.001));
        Assert.All(cells, cell => Assert.Equal(throughputOps, cell.Published!.ThroughputOps));
    }

    [Fact]
    public void Every_published_figure_is_reproduced_by_some_cell()
    {
        var rows = File.ReadAllLines(Path.Combine(ExperimentSamples.Folder, "published", "marketplace.csv")).Length - 1;

        var attached = Planner.Cells(Marketplace, "full").Select(cell => cell.Published).OfType<PublishedFigure>().Distinct();

        Assert.Equal(rows, attached.Count());
    }

    [Fact]
    public void Calibration_has_no_published_figure() =>
        Assert.All(
            Planner.Cells(Marketplace, "full").Where(cell => cell.System == "calibration"), cell => Assert.Null(cell.Published));

    [Fact]
    public void Every_group_asks_a_question()
    {
        Assert.All(ExperimentSamples.Shipped.Experiments, experiment => Assert.DoesNotContain('\n', experiment.Summary));
        Assert.All(Marketplace.Groups, group => Assert.Contains('?', group.Question));
    }

    [Fact]
    public void Every_file_names_its_schema_for_editors()
    {
        foreach (var path in Directory.EnumerateFiles(ExperimentSamples.Folder, "*.yaml"))
        {
            var first = File.ReadLines(path).First();
            var prefix = "# yaml-language-server: $schema=";

            Assert.StartsWith(prefix, first, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(ExperimentSamples.Folder, first[prefix.Length..])), $"{path} names {first[prefix.Length..]}");
        }
    }
}
