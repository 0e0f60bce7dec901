using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Tests.Unit.Experiments;

public sealed class TradingPostExperimentTests
{
    private static readonly Planner Planner = new(ExperimentSamples.Catalog);

    private static Experiment TradingPost => ExperimentSamples.Shipped.Experiments.Single(experiment => experiment.Name == "trading-post");

    [Theory]
    [InlineData("full", "published-table", 10, 10)]
    [InlineData("full", "histogram", 2, 10)]
    [InlineData("full", "election", 12, 5)]
    [InlineData("full", "through-a-change", 2, 10)]
    [InlineData("full", "accounts", 4, 10)]
    [InlineData("full", "cloud", 2, 10)]
    [InlineData("quick", "published-table", 7, 3)]
    [InlineData("quick", "histogram", 2, 3)]
    [InlineData("quick", "election", 4, 2)]
    [InlineData("quick", "through-a-change", 1, 3)]
    [InlineData("quick", "accounts", 2, 2)]
    [InlineData("quick", "cloud", 2, 2)]
    public void The_trading_post_has_these_cells(string preset, string group, int cells, int iterations)
    {
        var planned = Planner.Cells(TradingPost, preset).Where(cell => cell.Group == group).ToList();

        Assert.Equal(cells, planned.Count);
        Assert.All(planned, cell => Assert.Equal((iterations, "trading-post"), (cell.Iterations, cell.System)));
    }

    [Theory]
    [InlineData("full", 32)]
    [InlineData("quick", 18)]
    public void No_group_was_forgotten_above(string preset, int cells) => Assert.Equal(cells, Planner.Cells(TradingPost, preset).Count);

    [Fact]
    public void Every_election_is_measured_twenty_times() => Assert.All(
        Planner.Cells(TradingPost, "full").Where(cell => cell.Group == "election"),
        cell => Assert.Equal(20, cell.Iterations * cell.OperationsPerClient));

    [Theory]
    [InlineData("full")]
    [InlineData("quick")]
    public void The_histogram_has_the_450_requests_of_the_report(string preset) => Assert.All(
        Planner.Cells(TradingPost, preset).Where(cell => cell.Group == "histogram"),
        cell => Assert.Equal(450, cell.Iterations * cell.OperationsPerClient));

    [Theory]
    [InlineData("published-table", "buy", 1, 211_000.0)]
    [InlineData("published-table", "buy", 2, 385_000.0)]
    [InlineData("published-table", "buy", 3, 722_000.0)]
    [InlineData("published-table", "buy", 4, null)]
    [InlineData("published-table", "buy", 32, null)]
    [InlineData("cloud", "buy", 1, null)]
    [InlineData("through-a-change", "buy_through_change", 4, null)]
    [InlineData("election", "elect_after_stop", 1, null)]
    public void A_published_figure_stands_beside_its_cells(string group, string operation, int buyers, double? latencyUs) => Assert.All(
        Cells(group, operation, buyers), cell => Assert.Equal(latencyUs, cell.Published?.LatencyUs));

    [Fact]
    public void The_published_election_stands_beside_six_killed_ones_only() => Assert.All(
        Cells("election", "elect_after_kill", 1),
        cell => Assert.Equal(cell.Number("peers") == 6 ? 2_830_000.0 : null, cell.Published?.LatencyUs));

    [Fact]
    public void The_published_accounts_were_a_file() => Assert.All(
        Cells("accounts", "buy", 1), cell => Assert.Equal(cell.Word("accounts", "") == "file", cell.Published is not null));

    [Fact]
    public void The_published_histogram_is_a_range_and_no_mean() => Assert.All(
        Cells("histogram", "buy", 1),
        cell => Assert.Equal((null, 200_000, 300_000), (cell.Published!.LatencyUs, cell.Published.LatencyLowUs!.Value, cell.Published.LatencyHighUs!.Value)));

    [Fact]
    public void Every_published_figure_is_reproduced_by_some_cell()
    {
        var rows = File.ReadAllLines(Path.Combine(ExperimentSamples.Folder, "published", "trading-post.csv")).Length - 1;

        Assert.Equal(rows, Planner.Cells(TradingPost, "full").Select(cell => cell.Published).OfType<PublishedFigure>().Distinct().Count());
    }

    [Theory]
    [InlineData("peers", "1")]
    [InlineData("peers", "13")]
    [InlineData("buyers", "0")]
    [InlineData("buyers", "257")]
    [InlineData("accounts", "redis")]
    [InlineData("election", "published")]
    [InlineData("writes", "group-commit")]
    [InlineData("deployment", "moon")]
    public void What_the_trading_post_cannot_do_is_refused(string factor, string value) => Assert.False(
        ExperimentSamples.Catalog.Find("trading-post")!.Find(factor)!.TryResolve(value, new Dictionary<string, object>()));

    private static IReadOnlyList<Cell> Cells(string group, string operation, int buyers)
    {
        var cells = Planner.Cells(TradingPost, "full")
            .Where(cell => cell.Group == group && cell.Operation == operation && cell.Number("buyers") == buyers).ToList();
        Assert.NotEmpty(cells);
        return cells;
    }
}
