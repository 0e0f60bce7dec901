using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Systems;
using Lab.Harness.Systems.TradingPost;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class TradingPostAnalyserTests
{
    private const string Kill = TradingPostModule.ElectAfterKill;
    private const string Stop = TradingPostModule.ElectAfterStop;

    [Fact]
    public void The_improved_election_is_held_against_the_published_design()
    {
        var texts = Texts(new ElectionAnalyser(),
        [
            TradingPostCells.Election(Kill, 6, TradingPostCells.AsPublished, 90_000, 9_000, 1_000),
            TradingPostCells.Election(Kill, 6, TradingPostCells.Improved, 5_000, 14_000, 1_000),
        ]);

        Assert.Equal(
            [
                "After kill -9, the improved election against the one as published, until the first sale (p50): 6 peers 20.0 ms against 100 ms (5.00× as fast).",
                "The report's election among 6 peers took 2.83 s, without the time until somebody noticed and without the first sale. Here all of it together "
                + "takes 20.0 ms (improved; 142× as fast as published), 100 ms (as published; 28.3× as fast as published).",
                "After kill -9, the time with 6 peers goes to: detection 90.0 %, agreement 9.00 %, first sale 1.00 % (as published; mean 100 ms, p99 200 ms); "
                + "detection 25.0 %, agreement 70.0 %, first sale 5.00 % (improved; mean 20.0 ms, p99 40.0 ms).",
                ElectionAnalyser.ForScale,
            ],
            texts);
    }

    [Fact]
    public void A_slower_improvement_is_called_so()
    {
        var text = Texts(new ElectionAnalyser(),
        [
            TradingPostCells.Election(Stop, 3, TradingPostCells.AsPublished, 100_000, 10_000, 1_000),
            TradingPostCells.Election(Stop, 3, TradingPostCells.Improved, 200_000, 20_000, 2_000),
        ])[0];

        Assert.Contains("3 peers 222 ms against 111 ms (2.00× as long)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_iteration_is_said()
    {
        var text = Texts(new ElectionAnalyser(),
        [
            TradingPostCells.Election(Stop, 3, TradingPostCells.AsPublished, 100_000, 10_000, 1_000, iterations: 1),
            TradingPostCells.Election(Stop, 3, TradingPostCells.Improved, 20_000, 2_000, 200, iterations: 1),
        ])[0];

        Assert.Contains("(5.00× as fast, a single iteration)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_election_with_a_broken_verdict_is_compared_with_nothing()
    {
        var wrong = TradingPostCells.Election(Kill, 6, TradingPostCells.Improved, 1, 1, 1) with { Verdict = Verdict.False };

        Assert.Empty(Texts(new ElectionAnalyser(), [wrong]));
    }

    [Fact]
    public void Rates_of_elections_are_not_spoken_of()
    {
        var conclusions = Analysers.Run(
        [
            TradingPostCells.Election(Kill, 3, TradingPostCells.Improved, 5_000, 5_000, 1_000),
            TradingPostCells.Election(Kill, 6, TradingPostCells.Improved, 5_000, 9_000, 1_000),
            TradingPostCells.Change(TradingPostCells.Improved, 2_000, 15_000, 20_000),
        ], SystemModules.Default);

        Assert.All(conclusions, conclusion => Assert.Contains(conclusion.Topic, new[] { "Election", "The change" }));
    }

    [Fact]
    public void What_buyers_saw_of_a_change_is_told()
    {
        var cell = TradingPostCells.Change(TradingPostCells.Improved, 2_000, 15_000, 20_000);

        var text = Assert.Single(Texts(new ChangeAnalyser(), [cell]));

        Assert.StartsWith(
            "noticed after 2.00 ms, new trader after 15.0 ms, first sale after 20.0 ms (medians of 3 changes; first sale at the latest after 23.0 ms). Before: ",
            text,
            StringComparison.Ordinal);
        Assert.EndsWith("The longest purchase took 23.0 ms; none failed.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_before_ends_at_the_kill_and_the_time_after_begins_when_all_is_over()
    {
        var timeline = new Timeline
        {
            BucketUs = 10,
            Buckets = [new(-20, 100, 1, 2), new(-10, 300, 3, 4), new(0, 7, 9, 9), new(10, 8, null, null), new(20, 400, 5, 6), new(30, 600, 7, 8)],
            Markers = [new("killed", 0, 0), new("sold", 11, 19)],
        };

        Assert.Equal(new ChangeAnalyser.Course(200, 2), ChangeAnalyser.Before(timeline));
        Assert.Equal(new ChangeAnalyser.Course(500, 6), ChangeAnalyser.After(timeline));
    }

    [Fact]
    public void The_response_grows_beside_the_published_one()
    {
        var text = Assert.Single(Texts(new PurchaseAnalyser(),
        [
            TradingPostCells.Buy("published-table", 1, TradingPostCells.Improved, 500),
            TradingPostCells.Buy("published-table", 3, TradingPostCells.Improved, 1000),
            TradingPostCells.Buy("published-table", 32, TradingPostCells.Improved, 5000),
        ]));

        Assert.Equal(
            "A purchase takes 500 µs with 1 buyer (422× as fast as published), 1.00 ms with 3 buyers (722× as fast as published). "
            + "From 1 to 3 buyers the response grows 2.00×, in the report 3.42×.",
            text);
    }

    [Theory]
    [InlineData(100, "every purchase here was faster.")]
    [InlineData(230_000, " of 450 purchases here lie in it.")]
    public void A_published_histogram_is_compared_by_its_range(double latencyUs, string end)
    {
        var text = Assert.Single(Texts(new PurchaseAnalyser(),
            [TradingPostCells.Buy("histogram", 1, TradingPostCells.Improved, latencyUs, peers: 2, operations: 450)]));

        Assert.StartsWith("Half of 450 purchases took at most ", text, StringComparison.Ordinal);
        Assert.EndsWith(end, text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_writing_together_and_a_database_do_is_said_like_any_other_setting()
    {
        var texts = Analysers.Run(TradingPostCells.Full().Cells, SystemModules.Default).Select(conclusion => $"{conclusion.Topic}: {conclusion.Text}").ToList();

        Assert.Contains(texts, text => text.StartsWith("Writes: improved against as-published at 32 buyers: 2.54× the throughput", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("Accounts: mysql against file at 32 buyers: 0.651× the throughput", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("Deployment: Deployment gcp adds 84.7 ms to the mean round trip of buy at 1 buyer ", StringComparison.Ordinal));
    }

    private static List<string> Texts(IAnalyser analyser, IReadOnlyList<CellResult> cells) => [.. analyser.Analyse(cells).Select(conclusion => conclusion.Text)];
}
