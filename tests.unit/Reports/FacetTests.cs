using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports;
using Lab.Harness.Reports.Plots;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

public sealed class FacetTests
{
    [Fact]
    public void Where_only_the_operation_varies_operations_are_compared_in_one_plot()
    {
        var facet = Assert.Single(Facets([TestCells.At(1, 1, 1), TestCells.At(10, 1, 1), TestCells.At(1, 1, 1, "get_item")]));

        Assert.Equal("", facet.Title);
        Assert.Equal(["search_items", "get_item"], facet.Series.Select(series => series.Label));
        Assert.False(facet.HasOneOperation);
    }

    [Fact]
    public void Where_settings_vary_they_are_compared_within_an_operation()
    {
        var facets = Facets(
        [
            TestCells.At(1, 1, 1, "a", factors: [("engine", "threads")]), TestCells.At(1, 1, 1, "a", factors: [("engine", "async")]),
            TestCells.At(1, 1, 1, "b", factors: [("engine", "async")]),
        ]);

        Assert.Equal(["a", "b"], facets.Select(facet => facet.Title));
        Assert.Equal(["threads", "async"], facets[0].Series.Select(series => series.Label));
        Assert.True(facets[0].HasOneOperation);
        Assert.Equal(facets[0].Series[1].Style, Assert.Single(facets[1].Series).Style);
    }

    [Fact]
    public void A_single_operation_heads_its_plot_and_is_not_repeated_at_every_line()
    {
        var facet = Assert.Single(Facets(
        [
            TestCells.At(1, 1, 1, "echo", factors: [("engine", "epoll")]), TestCells.At(1, 1, 1, "echo", factors: [("engine", "async")]),
        ]));

        Assert.Equal("echo", facet.Title);
        Assert.Equal(["epoll", "async"], facet.Series.Select(series => series.Label));
    }

    [Fact]
    public void A_plot_never_has_more_lines_than_there_are_styles()
    {
        var cells = (
            from engine in Enumerable.Range(0, 5)
            from cache in Enumerable.Range(0, 3)
            from operation in Enumerable.Range(0, 4)
            select TestCells.At(1, 1, 1, $"op{operation}", factors: [("engine", $"e{engine}"), ("cache", $"c{cache}")])).ToList();

        var facets = Facets(cells);

        Assert.All(facets, facet => Assert.InRange(facet.Series.Count, 1, Svg.Styles));
        Assert.Equal(cells.Count, facets.Sum(facet => facet.Series.Sum(series => series.Cells.Count)));
    }

    [Fact]
    public void A_published_line_that_several_lines_share_is_drawn_once()
    {
        CellResult[] cells =
        [
            TestCells.At(1, 1, 1, factors: [("engine", "threads")]).WithPublished(600, null),
            TestCells.At(10, 1, 1, factors: [("engine", "threads")]).WithPublished(1600, null),
            TestCells.At(1, 1, 1, factors: [("engine", "async")]).WithPublished(600, null),
            TestCells.At(100, 1, 1, factors: [("engine", "async")]).WithPublished(1400, null),
        ];

        var line = Assert.Single(Published(cells));

        Assert.Equal([2, 20, 200], line.Points.Select(point => point.X));
        Assert.Equal([600, 1600, 1400], line.Points.Select(point => point.Y));
        Assert.Equal(("published", -1), (line.Label, line.Style));
    }

    [Fact]
    public void Published_lines_that_differ_have_the_colours_of_their_measured_lines()
    {
        var lines = Published(
        [
            TestCells.At(1, 1, 1, "a").WithPublished(600, null), TestCells.At(10, 1, 1, "a").WithPublished(1600, null),
            TestCells.At(1, 1, 1, "b").WithPublished(900, null), TestCells.At(10, 1, 1, "b").WithPublished(2400, null),
            TestCells.At(1, 1, 1, "c"), TestCells.At(10, 1, 1, "c"),
        ]);

        Assert.Equal([0, 1], lines.Select(line => line.Style));
        Assert.All(lines, line => Assert.Equal("", line.Label));
    }

    private static IReadOnlyList<Facet> Facets(IReadOnlyList<CellResult> cells) => Facet.Of(FactorLayout.Of(cells), cells);

    private static IReadOnlyList<PlotSeries> Published(IReadOnlyList<CellResult> cells)
    {
        var x = FactorLayout.Of(cells).X!;
        return ReferenceLines.Of(
            Assert.Single(Facets(cells)).Series,
            cell => x.Number(cell)!.Value,
            cell => cell.Published?.ThroughputOps is { } ops ? new Reference(ops, "tip") : null,
            LineKind.Published,
            "published");
    }
}
