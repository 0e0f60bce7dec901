using Lab.Harness.Analysis;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class FactorLayoutTests
{
    [Fact]
    public void Sellers_and_buyers_that_vary_together_form_one_axis_of_clients()
    {
        var cells = new[] { TestCells.At(100, 1, 1), TestCells.At(1, 1, 1), TestCells.At(10, 1, 1) };
        var layout = FactorLayout.Of(cells);

        Assert.Equal("clients (sellers + buyers)", layout.X!.AxisLabel);
        Assert.Equal(["1+1", "10+10", "100+100"], layout.X.Levels);
        Assert.Equal(200, layout.X.Number(cells[0]));
        Assert.Equal("100+100 clients", layout.XPhrase(cells[0]));
        Assert.Empty(layout.Series);
    }

    [Fact]
    public void Sellers_and_buyers_that_vary_alone_stay_apart()
    {
        var layout = FactorLayout.Of(
        [
            TestCells.Cell("search_items", 1, 1, factors: [("sellers", 1), ("buyers", 10)]),
            TestCells.Cell("search_items", 1, 1, factors: [("sellers", 10), ("buyers", 10)]),
        ]);

        Assert.Equal("sellers", layout.X!.Label);
        Assert.Equal("buyers", Assert.Single(layout.Constant).Label);
    }

    [Fact]
    public void The_number_that_varies_most_is_the_axis_and_the_rest_are_lines()
    {
        int[] connectionCounts = [100, 1000, 4000];
        int[] workerCounts = [1, 4];
        string[] engines = ["epoll", "select"];
        var cells = (
            from connections in connectionCounts
            from workers in workerCounts
            from engine in engines
            select TestCells.Cell("echo", 1, 1, factors: [("workers", workers), ("connections", connections), ("engine", engine)])).ToList();
        var layout = FactorLayout.Of(cells);

        Assert.Equal("connections", layout.X!.AxisLabel);
        Assert.Equal(["workers", "engine"], layout.Series.Select(column => column.Label));
        Assert.Equal("1 worker, epoll", layout.SeriesName(cells[0]));
    }

    [Fact]
    public void A_number_that_follows_the_axis_is_not_a_line_of_its_own()
    {
        var layout = FactorLayout.Of(
        [
            TestCells.Cell("echo", 1, 1, factors: [("connections", 10), ("backlog", 20)]),
            TestCells.Cell("echo", 1, 1, factors: [("connections", 100), ("backlog", 200)]),
        ]);

        Assert.Equal("connections", layout.X!.Label);
        Assert.Empty(layout.Series);
    }

    [Fact]
    public void Values_that_say_nothing_alone_bear_the_name_of_their_factor()
    {
        var cells = new[]
        {
            TestCells.Cell("echo", 1, 1, factors: [("cache", "off"), ("engine", "async"), ("front_ends", 7000)]),
            TestCells.Cell("echo", 1, 1, factors: [("cache", "redis"), ("engine", "threads"), ("front_ends", 16)]),
        };
        var layout = FactorLayout.Of(cells);

        Assert.Equal("echo, cache off, async, 7,000 front ends", layout.CellName(cells[0]));
        Assert.Equal("echo, cache redis, threads", layout.CellName(cells[1], layout.X));
    }

    [Fact]
    public void Cells_without_factors_or_without_any_cell_have_no_axis()
    {
        Assert.Null(FactorLayout.Of([]).X);
        var cell = TestCells.Cell("echo", 1, 1);
        Assert.Null(FactorLayout.Of([cell]).X);
        Assert.Equal("echo", FactorLayout.Of([cell]).CellName(cell));
    }

    [Fact]
    public void A_factor_that_some_cells_lack_is_a_word_and_reads_as_nothing()
    {
        var cells = new[] { TestCells.Cell("a", 1, 1, factors: [("items", 10)]), TestCells.Cell("b", 1, 1) };
        var layout = FactorLayout.Of(cells);

        Assert.Null(layout.X);
        Assert.Equal("b", layout.CellName(cells[1]));
    }
}
