using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Systems;

namespace Lab.Tests.Unit.Experiments;

/// <summary>The shipped experiment <c>echo</c>, planned for machines that allow more and less.</summary>
public class EchoExperimentTests
{
    private static readonly IReadOnlyDictionary<string, string> NothingMissing = new Dictionary<string, string>();

    private static Plan On(long maxConnections, string preset, IReadOnlyDictionary<string, string>? missingEngines = null)
    {
        var folder = ExperimentFolder.Load(ExperimentSamples.Folder, new MachineAbilities(maxConnections, missingEngines ?? NothingMissing), SystemModules.Default);
        return new Planner(folder.Catalog).Plan(folder.Experiments, ["echo"], preset);
    }

    [Theory]
    [InlineData("full", "published-table", 54)]
    [InlineData("full", "beyond", 12)]
    [InlineData("full", "several-processes", 1)]
    [InlineData("full", "memory", 6)]
    [InlineData("quick", "published-table", 14)]
    [InlineData("quick", "memory", 6)]
    public void The_echo_has_these_cells(string preset, string group, int cells)
    {
        var plan = On(19_900, preset);

        Assert.Equal(cells, plan.Cells.Count(cell => cell.Group == group));
        Assert.Empty(plan.LeftOut);
    }

    [Fact]
    public void The_word_max_stands_for_what_one_process_may_open()
    {
        var cells = On(19_900, "full").Cells;

        Assert.Equal([10_000, 19_900], cells.Where(cell => cell.Group == "beyond").Select(cell => cell.Number("connections")).Distinct());
        Assert.Equal(39_800, cells.Single(cell => cell.Group == "several-processes").Number("connections"));
    }

    [Theory]
    [InlineData(100, 2)]
    [InlineData(1000, 2)]
    [InlineData(4000, 1)]
    public void Cells_with_many_operations_are_repeated_less_often(int connections, int iterations) =>
        Assert.All(
            On(19_900, "quick").Cells.Where(cell => cell.Group == "published-table" && cell.Number("connections") == connections),
            cell => Assert.Equal((iterations, 100), (cell.Iterations, cell.OperationsPerClient)));

    [Fact]
    public void Two_cells_that_come_out_alike_run_once()
    {
        var (inOneGroup, inTwoGroups) = (On(10_000, "full"), On(4000, "full"));

        Assert.Equal(6, inOneGroup.Cells.Count(cell => cell.Group == "beyond"));
        Assert.Empty(inOneGroup.LeftOut);
        Assert.DoesNotContain(inTwoGroups.Cells, cell => cell.Group == "beyond");
        Assert.Equal(6, inTwoGroups.Cells.Count(cell => cell.Number("connections") == 4000));
    }

    [Fact]
    public void More_connections_than_a_process_may_open_are_left_out_with_the_reason()
    {
        var plan = On(900, "full");

        Assert.All(plan.Cells.Where(cell => cell.Word("port", "own") == "own"), cell => Assert.InRange(cell.Number("connections"), 1, 900));
        Assert.Contains(
            "6 cells with 4,000 connections: a server may open 900 here", plan.LeftOut.Select(left => left.ToString()));
        Assert.Contains(plan.Cells, cell => cell.Number("connections") == 1800);
    }

    [Fact]
    public void Engines_that_do_not_run_here_are_left_out_with_the_reason()
    {
        var missing = new Dictionary<string, string> { ["uring"] = "the kernel does not grant io_uring." };
        var plan = On(19_900, "quick", missing);

        Assert.Equal([new LeftOutCells("echo", 3, "engine uring", "the kernel does not grant io_uring")], plan.LeftOut);
        Assert.DoesNotContain(plan.Cells, cell => cell.Word("engine", "") == "uring");
        Assert.Contains("the kernel does not grant io_uring", plan.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_epoll_servers_share_a_port()
    {
        var refused = ExperimentSamples.Catalog.Find("echo")!.Obstacle(
            new Dictionary<string, object> { ["connections"] = 10L, ["port"] = "shared", ["engine"] = "async" });

        Assert.Equal("port shared and engine async", refused?.Setting);
    }

    [Theory]
    [InlineData("max", 500L)]
    [InlineData("3*max", 1500L)]
    [InlineData("400", 400L)]
    [InlineData("1*max", null)]
    [InlineData("max*2", null)]
    [InlineData("2*400", null)]
    [InlineData("*max", null)]
    [InlineData("0", null)]
    [InlineData("1001", null)]
    [InlineData("", null)]
    public void A_number_or_a_multiple_of_the_limit_is_understood(string value, long? expected)
    {
        var factors = new Dictionary<string, object>();

        Assert.Equal(expected is not null, new LimitedNumberFactor("connections", 1, 1000, 500).TryResolve(value, factors));
        Assert.Equal(expected, factors.GetValueOrDefault("connections"));
    }

    [Fact]
    public void Published_figures_of_connections_are_read()
    {
        var cell = On(19_900, "full").Cells.First(cell => cell.Number("connections") == 3000);
        var failed = On(19_900, "full").Cells.First(cell => cell.Number("connections") == 4000);

        Assert.Equal(406_414.569, cell.Published!.LatencyUs!.Value, tolerance: 0.001);
        Assert.Equal(
            new Dictionary<string, double> { ["duration_s"] = 42.67918426, ["latency_growth"] = 25.03, ["duration_growth"] = 11.99, ["connections_log_lines"] = 3000 },
            cell.Published.Metrics);
        Assert.Equal(520_000, failed.Published!.LatencyUs!.Value);
        Assert.Equal(new Dictionary<string, double> { ["duration_s"] = 55, ["connections_log_lines"] = 3996 }, failed.Published.Metrics);
        Assert.Null(cell.Published.ThroughputOps);
    }
}
