using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Systems;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class RunSummaryTests
{
    [Fact]
    public void A_run_passes_only_when_every_cell_has_figures_and_a_true_verdict()
    {
        var cell = TestCells.At(1, 1000, 900);
        Assert.True(RunSummary.Of(TestCells.Results(cell), SystemModules.Default).Passed);
        Assert.False(RunSummary.Of(TestCells.Results(cell, cell with { Verdict = Verdict.False }), SystemModules.Default).Passed);
        Assert.False(RunSummary.Of(TestCells.Results(cell, cell with { Verdict = Verdict.Unknown }), SystemModules.Default).Passed);
        Assert.False(RunSummary.Of(TestCells.Results(cell, cell.WithoutFigures()), SystemModules.Default).Passed);
        Assert.False(RunSummary.Of(TestCells.Results(), SystemModules.Default).Passed);
        var complete = TestCells.Results(cell);
        Assert.False(RunSummary.Of(complete with { Run = complete.Run with { Aborted = "Ctrl-C" } }, SystemModules.Default).Passed);
    }

    [Fact]
    public void The_summary_counts_verdicts_and_what_needs_care()
    {
        var summary = string.Join(' ', RunSummary.Of(SampleResults.Full(), SystemModules.Default).Sentences);

        Assert.Contains("measured 56 cells and 9 calibration cells in 47 min", summary, StringComparison.Ordinal);
        Assert.Contains("true in 62 of 65 cells, false in 1 (an invariant was broken), unknown in 2", summary, StringComparison.Ordinal);
        Assert.Contains("1 cell has no figures; 2 cells had failed requests; 2 cells were measured on a noisy machine", summary, StringComparison.Ordinal);
    }

    [Fact]
    public void The_headline_compares_with_the_published_figures()
    {
        var summary = string.Join(' ', RunSummary.Of(TestCells.Results(
            TestCells.At(1, 600, 1700).WithPublished(1200, 900),
            TestCells.At(100, 9000, 11000).WithPublished(3000, 33000)), SystemModules.Default).Sentences);

        Assert.Contains(
            "above the published figure in 1 of 2 cells for which the report has one: median 1.75×, from 0.500× to 3.00×",
            summary,
            StringComparison.Ordinal);
        Assert.Contains("At 100+100 clients the throughput is 9.00 k/s (search_items; published: 3.00 k/s).", summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_published_figures_none_are_mentioned() =>
        Assert.DoesNotContain(
            RunSummary.Of(TestCells.Results(TestCells.At(1, 1, 1), TestCells.At(10, 9, 9)), SystemModules.Default).Sentences,
            sentence => sentence.Contains("published", StringComparison.Ordinal));

    [Fact]
    public void Wrong_answers_have_no_ratio()
    {
        var cell = TestCells.At(1, 600, 1700).WithPublished(1200, 900);
        Assert.Equal(0.5, RunSummary.ThroughputRatio(cell));
        Assert.Null(RunSummary.ThroughputRatio(cell with { Verdict = Verdict.False }));
        Assert.Null(RunSummary.LatencyRatio(cell.WithPublished(1200, null)));
        Assert.Null(RunSummary.LatencyRatio(cell.WithoutFigures()));
    }

    [Fact]
    public void A_run_without_cells_says_so()
    {
        var summary = RunSummary.Of(SampleResults.Empty(), SystemModules.Default);

        Assert.Contains("No cell was measured.", summary.Sentences);
        Assert.Contains(summary.Sentences, sentence => sentence.Contains("ended early: the database did not start", StringComparison.Ordinal));
        Assert.Empty(summary.Highlights);
    }
}
