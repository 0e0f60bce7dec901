using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData(110, 0.02, Difference.Higher)]
    [InlineData(90, 0.02, Difference.Lower)]
    [InlineData(103, 0.02, Difference.NotShown)]
    [InlineData(110, 0.10, Difference.NotShown)]
    public void Intervals_that_overlap_show_no_difference(double throughput, double relativeCi, Difference expected) =>
        Assert.Equal(expected, Comparison.OfThroughput(
            TestCells.At(1, throughput, 1, relativeCi: relativeCi), TestCells.At(1, 100, 1, relativeCi: relativeCi)));

    [Fact]
    public void A_single_iteration_decides_nothing() =>
        Assert.Equal(Difference.Undecided, Comparison.OfLatency(TestCells.At(1, 1, 900, relativeCi: 0, iterations: 1), TestCells.At(1, 1, 100)));

    [Fact]
    public void Cells_without_figures_and_cells_whose_verdict_is_not_true_are_not_compared()
    {
        var good = TestCells.At(1, 100, 1);
        Assert.True(Comparison.IsComparable(good));
        Assert.False(Comparison.IsComparable(good with { Verdict = Verdict.Unknown }));
        Assert.False(Comparison.IsComparable(good with { Verdict = Verdict.False }));
        Assert.False(Comparison.IsComparable(good.WithoutFigures()));
        Assert.False(Comparison.IsComparable(good with { Throughput = new Estimate(0, 0) }));
    }

    [Fact]
    public void The_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle()
    {
        Assert.Equal(2.5, Comparison.Median([4, 1, 2, 3]));
        Assert.Equal(3, Comparison.Median([9, 1, 3]));
    }

    [Fact]
    public void A_pair_differs_in_one_column_only_and_prefers_a_partner_of_its_own_group()
    {
        CellResult[] cells =
        [
            TestCells.At(1, 100, 1, group: "other", factors: [("engine", "threads")]),
            TestCells.At(1, 200, 1, factors: [("engine", "threads")]),
            TestCells.At(1, 300, 1, factors: [("engine", "async")]),
            TestCells.At(10, 999, 1, factors: [("engine", "async")]),
        ];
        var engine = FactorColumn.Of(cells).Single(column => column.Label == "engine");

        var pair = Assert.Single(CellPair.Of(cells, engine, "threads", "async"));

        Assert.Equal(1.5, pair.ThroughputRatio);
    }

    [Fact]
    public void A_pair_crosses_groups_where_its_own_has_no_partner()
    {
        CellResult[] cells =
        [
            TestCells.At(1, 100, 1, group: "clients", factors: [("deployment", "local")]),
            TestCells.At(1, 10, 1, group: "deployment", factors: [("deployment", "gcp")]),
        ];
        var deployment = FactorColumn.Of(cells).Single(column => column.Label == "deployment");

        Assert.Equal(0.1, Assert.Single(CellPair.Of(cells, deployment, "local", "gcp")).ThroughputRatio, 6);
    }
}
