using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Systems;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class AnalyserTests
{
    private static readonly (string, object) Async = ("engine", "async");
    private static readonly (string, object) Threads = ("engine", "threads");

    [Fact]
    public void Every_analyser_is_silent_without_cells() => Assert.Empty(Analysers.Run([], SystemModules.Default));

    [Fact]
    public void One_sound_cell_gives_no_comparison_and_no_warning()
    {
        var conclusions = Analysers.Run([TestCells.At(1, 1000, 900)], SystemModules.Default);

        Assert.Equal(["Tail latency"], conclusions.Select(conclusion => conclusion.Topic));
        Assert.All(conclusions, conclusion => Assert.Equal(Severity.Hint, conclusion.Severity));
    }

    [Fact]
    public void Every_conclusion_names_its_cells_and_the_gravest_come_first()
    {
        var conclusions = Analysers.Run([.. SampleResults.Full().Cells.Where(cell => !RunSummary.IsCalibration(cell))], SystemModules.Default);

        Assert.All(conclusions, conclusion => Assert.NotEmpty(conclusion.Cells));
        Assert.Equal(conclusions.OrderByDescending(conclusion => conclusion.Severity), conclusions);
        Assert.Contains(conclusions, conclusion => conclusion.Severity == Severity.Error);
    }

    [Fact]
    public void Scaling_says_where_throughput_still_rises_beside_where_the_report_levels_off()
    {
        var text = Only(new ScalingAnalyser(),
            TestCells.At(1, 2000, 500).WithPublished(629, 1699),
            TestCells.At(10, 9000, 1100).WithPublished(1601, 6506),
            TestCells.At(100, 18000, 5500).WithPublished(1468, 68929));

        Assert.Equal(
            "search_items: 2.00 k/s at 1+1, 9.00 k/s at 10+10, 18.0 k/s at 100+100 clients; throughput still rises from 10+10 to "
            + "100+100 (2.00×). Published: 629/s at 1+1, 1.60 k/s at 10+10, 1.47 k/s at 100+100; 8.31 % lower at 100+100 than at 10+10.",
            text);
    }

    [Fact]
    public void Scaling_tells_a_peak_from_a_plateau()
    {
        Assert.Contains("peaks at 10+10 and is 20.0 % lower at 100+100", Only(new ScalingAnalyser(),
            TestCells.At(10, 10000, 1000), TestCells.At(100, 8000, 12500)), StringComparison.Ordinal);
        Assert.Contains("no further rise shown from 10+10 to 100+100 (1.01×)", Only(new ScalingAnalyser(),
            TestCells.At(10, 10000, 1000), TestCells.At(100, 10100, 9900)), StringComparison.Ordinal);
        Assert.Contains("the highest is at 10+10, with no difference shown at 100+100", Only(new ScalingAnalyser(),
            TestCells.At(10, 10000, 1000), TestCells.At(100, 9900, 10100)), StringComparison.Ordinal);
        Assert.Contains("in a single iteration", Only(new ScalingAnalyser(),
            TestCells.At(10, 10000, 1000, iterations: 1), TestCells.At(100, 20000, 5000, iterations: 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Scaling_speaks_of_the_fastest_setting_at_the_highest_load() =>
        Assert.StartsWith("search_items (async): ", Only(new ScalingAnalyser(),
            TestCells.At(1, 3000, 1, factors: [Threads]), TestCells.At(100, 8000, 1, factors: [Threads]),
            TestCells.At(1, 2000, 1, factors: [Async]), TestCells.At(100, 9000, 1, factors: [Async])), StringComparison.Ordinal);

    [Fact]
    public void A_long_series_is_told_by_its_first_highest_and_last_value_and_its_lowest_and_highest_load()
    {
        var cells = Enumerable.Range(1, 8)
            .SelectMany(load => new[]
            {
                TestCells.At(load, 1000 * (load == 5 ? 9 : load), 1, factors: [Threads]),
                TestCells.At(load, 500 * load, 1, factors: [Async]),
            })
            .ToArray();

        Assert.StartsWith(
            "search_items (threads): 1.00 k/s at 1+1, 9.00 k/s at 5+5, 8.00 k/s at 8+8 clients;",
            Only(new ScalingAnalyser(), cells),
            StringComparison.Ordinal);
        Assert.Equal(
            ["async against threads at 1+1 clients", "async against threads at 8+8 clients"],
            new FactorAnalyser().Analyse(cells).Select(conclusion => conclusion.Text.Split(':')[0]));
    }

    [Fact]
    public void Scaling_is_silent_with_one_load() => Silent(new ScalingAnalyser(), TestCells.At(1, 1000, 900), TestCells.At(1, 900, 900, "get_item"));

    [Fact]
    public void An_engine_is_compared_with_the_first_at_each_load()
    {
        Assert.Equal(
            "async against threads: 1.50× the throughput (1.50 ± 0.030 k/s against 1.00 ± 0.020 k/s).",
            Only(new FactorAnalyser(), TestCells.At(1, 1000, 1, factors: [Threads]), TestCells.At(1, 1500, 1, factors: [Async])));
        Assert.Contains("no difference shown", Only(new FactorAnalyser(),
            TestCells.At(1, 1000, 1, factors: [Threads]), TestCells.At(1, 1010, 1, factors: [Async])), StringComparison.Ordinal);
        Assert.Contains("cannot show to be more than chance", Only(new FactorAnalyser(),
            TestCells.At(1, 1000, 1, factors: [Threads], iterations: 1),
            TestCells.At(1, 1500, 1, factors: [Async], iterations: 1)), StringComparison.Ordinal);
        Assert.Equal(2, new FactorAnalyser().Analyse(
        [
            TestCells.At(1, 1000, 1, factors: [Threads]), TestCells.At(1, 1500, 1, factors: [Async]),
            TestCells.At(10, 1000, 1, factors: [Threads]), TestCells.At(10, 1500, 1, factors: [Async]),
        ]).Count());
    }

    [Fact]
    public void Several_pairs_are_counted_with_their_median_and_extremes() =>
        Assert.Equal(
            "async against threads: more throughput in 1, less in 1, no difference shown in 1 of 3 pairs; "
            + "median 1.01×, from 0.500× (c) to 2.00× (a).",
            Only(new FactorAnalyser(),
                TestCells.At(1, 1000, 1, "a", factors: [Threads]), TestCells.At(1, 2000, 1, "a", factors: [Async]),
                TestCells.At(1, 1000, 1, "b", factors: [Threads]), TestCells.At(1, 1010, 1, "b", factors: [Async]),
                TestCells.At(1, 1000, 1, "c", factors: [Threads]), TestCells.At(1, 500, 1, "c", factors: [Async])));

    [Fact]
    public void An_engine_without_a_partner_is_not_compared() =>
        Silent(new FactorAnalyser(), TestCells.At(1, 1000, 1, factors: [Threads]), TestCells.At(10, 1500, 1, factors: [Async]));

    [Fact]
    public void The_cache_is_judged_per_operation_at_the_highest_load()
    {
        (string, object) off = ("cache", "off"), redis = ("cache", "redis");
        Assert.Equal(
            "Throughput with the redis cache against none at 100+100 clients: search_items 2.00×; register_item_for_sale 1.00× (no difference shown).",
            Only(new CacheAnalyser(),
                TestCells.At(1, 10, 1, factors: [off]), TestCells.At(1, 10, 1, factors: [redis]),
                TestCells.At(100, 1000, 1, factors: [off]), TestCells.At(100, 2000, 1, factors: [redis]),
                TestCells.At(100, 1000, 1, "register_item_for_sale", factors: [off]),
                TestCells.At(100, 1001, 1, "register_item_for_sale", factors: [redis])));
        Silent(new CacheAnalyser(), TestCells.At(1, 10, 1, factors: [redis]), TestCells.At(10, 10, 1, factors: [redis]));
    }

    [Fact]
    public void A_deployment_is_priced_in_added_latency_beside_the_published_price()
    {
        var local = TestCells.At(1, 5000, 200, factors: [("deployment", "local")]).WithPublished(600, 1722);
        var gcp = TestCells.At(1, 11, 87400, group: "deployment", factors: [("deployment", "gcp")]).WithPublished(11.2, 89261);

        Assert.Equal(
            "Deployment gcp adds 87.2 ms to the mean round trip of search_items (200 µs local, 87.4 ms gcp). "
            + "Published: 87.5 ms added (1.72 ms to 89.3 ms).",
            Only(new DeploymentAnalyser(), local, gcp));
        Silent(new DeploymentAnalyser(), gcp);
        Silent(new DeploymentAnalyser(), local);
    }

    [Fact]
    public void The_fastest_read_stands_beside_the_fastest_write()
    {
        Assert.Contains("3.00× the write's throughput", Only(new ReadWriteAnalyser(),
            TestCells.At(1, 9000, 1), TestCells.At(1, 3000, 1, "register_item_for_sale")), StringComparison.Ordinal);
        Assert.Contains("only 0.500× the write's throughput", Only(new ReadWriteAnalyser(),
            TestCells.At(1, 1500, 1), TestCells.At(1, 3000, 1, "register_item_for_sale")), StringComparison.Ordinal);
        Silent(new ReadWriteAnalyser(), TestCells.At(1, 9000, 1), TestCells.At(1, 9000, 1, "get_item"));
        Silent(new ReadWriteAnalyser(), TestCells.At(1, 9000, 1), TestCells.At(1, 9000, 1, "echo"));
    }

    [Fact]
    public void A_long_tail_is_a_warning_and_a_close_one_a_finding()
    {
        var close = TestCells.At(1, 1000, 100);
        var far = close with { Latency = close.Latency! with { P99 = close.Latency.P50 * 8 } };

        Assert.Equal(Severity.Hint, Assert.Single(new TailAnalyser().Analyse([close])).Severity);
        var warning = Assert.Single(new TailAnalyser().Analyse([close, far]));
        Assert.Equal(Severity.Warning, warning.Severity);
        Assert.Contains("in 1 of 2 cells; the longest is 8.00×", warning.Text, StringComparison.Ordinal);
        Silent(new TailAnalyser(), close.WithoutFigures());
    }

    [Fact]
    public void Cells_far_from_the_machine_limit_are_named_unless_distance_explains_it()
    {
        static CellResult Bounded(double share, string deployment) => TestCells.At(1, share * 10000, 300, factors: [("deployment", deployment)]) with
        {
            Limit = new MachineLimit("select_by_key", 90, 10000, 210, share),
        };

        var conclusions = new MachineLimitAnalyser().Analyse([Bounded(0.1, "local")]).Select(conclusion => conclusion.Text).ToList();
        Assert.Contains(conclusions, text => text.Contains("10.0 % of select_by_key (1.00 k/s of 10.0 k/s)", StringComparison.Ordinal));
        Assert.Contains(conclusions, text => text.Contains("far below the limit", StringComparison.Ordinal));
        Assert.DoesNotContain(
            new MachineLimitAnalyser().Analyse([Bounded(0.9, "local")]),
            conclusion => conclusion.Text.Contains("far below", StringComparison.Ordinal));
        Silent(new MachineLimitAnalyser(), Bounded(0.001, "gcp"));
        Silent(new MachineLimitAnalyser(), TestCells.At(1, 1000, 100));
    }

    [Fact]
    public void Processor_time_is_told_per_operation()
    {
        var cell = TestCells.At(1, 1000, 900) with
        {
            Processes = [new ProcessUsage("mariadb", 0.03, 1), new ProcessUsage("server", 0.09, 1)],
        };

        Assert.Equal("One operation costs 120 µs of processor time (search_items; server takes 75.0 % of it).", Only(new CpuAnalyser(), cell));
        Silent(new CpuAnalyser(), TestCells.At(1, 1000, 900));
        Silent(new CpuAnalyser(), cell.WithoutFigures());
    }

    [Fact]
    public void Broken_unchecked_noisy_and_failing_cells_are_reported()
    {
        var cell = TestCells.At(1, 1000, 900);
        Silent(new VerdictAnalyser(), cell);
        Silent(new ErrorAnalyser(), cell);
        Silent(new NoiseAnalyser(), cell);
        Silent(new IterationsAnalyser(), cell);

        var broken = Assert.Single(new VerdictAnalyser().Analyse([cell with { Verdict = Verdict.False, VerdictReason = "two lost." }]));
        Assert.Equal(Severity.Error, broken.Severity);
        Assert.Equal("Invariant broken: search_items: two lost. Its figures are left out of all comparisons.", broken.Text);
        Assert.Equal(Severity.Warning, Assert.Single(new VerdictAnalyser().Analyse([cell with { Verdict = Verdict.Unknown }])).Severity);
        Assert.Equal(
            "search_items: 37 requests failed beside 1,000 measured operations (timeout: 30, unavailable: 7); latencies and percentiles are those of the answered ones.",
            Only(new ErrorAnalyser(), cell.WithErrors(("unavailable", 7), ("timeout", 30))));
        var failing = cell.WithErrors(("timeout", 30));
        Assert.Contains(
            ", after a wait of 30.0 s in the median and 120 s at most; ",
            Only(new ErrorAnalyser(), failing with { Errors = failing.Errors with { Latency = TestCells.Latency(30_000_000, 0) } }),
            StringComparison.Ordinal);
        Assert.Equal(Severity.Error, Assert.Single(new ErrorAnalyser().Analyse([cell.WithoutFigures()])).Severity);
        Assert.Equal("1 of 2 cells deserve distrust: search_items (steal 6 %).", Only(new NoiseAnalyser(), cell with { Noise = "steal 6 %" }, cell));
        Assert.StartsWith(
            "1 of 2 cells ran a single iteration",
            Only(new IterationsAnalyser(), cell with { Iterations = 1 }, cell),
            StringComparison.Ordinal);
    }

    private static string Only(IAnalyser analyser, params CellResult[] cells) => Assert.Single(analyser.Analyse(cells)).Text;

    private static void Silent(IAnalyser analyser, params CellResult[] cells) => Assert.Empty(analyser.Analyse(cells));
}
