using Lab.Harness.Measurement;

namespace Lab.Tests.Unit.Measurement;

public class LatencyHistogramTests
{
    private static readonly double[] Percentiles = [0, 0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

    public static TheoryData<string, int> Samples => new()
    {
        { "exponential", 1 }, { "exponential", 2 }, { "wide", 3 }, { "wide", 4 }, { "two humps", 5 }, { "narrow", 6 },
        { "few", 7 }, { "few", 8 }, { "few", 9 },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_percentile_is_never_below_the_exact_value_and_at_most_a_thousandth_above(string shape, int seed)
    {
        var values = Draw(shape, seed);
        var histogram = Record(values);
        Array.Sort(values);

        foreach (var percentile in Percentiles)
        {
            // The rank in exact arithmetic, independent of the histogram's floating point.
            var rank = (int)Math.Max(1, Math.Ceiling((decimal)percentile * values.Length / 100));
            var exact = values[rank - 1];

            var measured = histogram.PercentileNs(percentile);

            Assert.True(
                measured >= exact && measured <= exact * 1.001,
                $"{shape}, seed {seed}: p{percentile} is {measured}, exactly {exact}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Count_mean_minimum_and_maximum_are_exact(string shape, int seed)
    {
        var values = Draw(shape, seed);

        var histogram = Record(values);

        Assert.Equal(values.Length, histogram.Count);
        Assert.Equal(values.Min(), histogram.MinNs);
        Assert.Equal(values.Max(), histogram.MaxNs);
        Assert.Equal((double)(values.Sum(value => (decimal)value) / values.Length), histogram.MeanNs, precision: 3);
        Assert.Equal(0, histogram.Clamped);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Merging_gives_the_same_as_recording_all_in_one(string shape, int seed)
    {
        var values = Draw(shape, seed);
        var whole = Record(values);
        var merged = new LatencyHistogram();

        foreach (var part in values.Chunk(Math.Max(1, values.Length / 7)))
        {
            merged.Merge(Record(part));
        }

        AssertSame(whole, merged);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void The_distribution_accounts_for_every_latency_in_the_right_bucket(string shape, int seed)
    {
        var values = Draw(shape, seed);
        var buckets = Record(values).Distribution();

        Assert.Equal(values.Length, buckets.Sum(bucket => bucket.Count));
        Assert.InRange(buckets.Count, 2, 61);
        Assert.Equal(0, buckets[0].Count);
        Assert.Equal(values.Max() / 1000.0, buckets[^1].UpToUs);
        for (var i = 1; i < buckets.Count; i++)
        {
            var (fromUs, upToUs) = (buckets[i - 1].UpToUs, buckets[i].UpToUs);
            Assert.True(fromUs < upToUs, $"bucket {i} ends at {upToUs}, the one before at {fromUs}");
            Assert.Equal(values.Count(value => value / 1000.0 > fromUs && value / 1000.0 <= upToUs), buckets[i].Count);
        }
    }

    [Fact]
    public void Every_slot_holds_values_within_a_thousandth_of_each_other()
    {
        // Around every power of two and across the whole range, where an off-by-one in the layout would show.
        var random = new Random(10);
        var values = Enumerable.Range(10, 32).SelectMany(bit => new[] { (1L << bit) - 1, 1L << bit, (1L << bit) + 1 })
            .Concat(Enumerable.Range(0, 10_000).Select(_ => (long)(1000 * Math.Pow(10, random.NextDouble() * 9.5))))
            .Where(value => value is >= LatencyHistogram.LowestNs and <= LatencyHistogram.HighestNs);
        var histogram = new LatencyHistogram();
        foreach (var value in values)
        {
            histogram.Reset();
            histogram.Record(value);
            histogram.Record(LatencyHistogram.HighestNs);

            var upper = histogram.PercentileNs(50);

            Assert.True(upper >= value && upper - value <= value / 1000.0, $"{value} is reported as {upper}");
        }
    }

    [Fact]
    public void Latencies_below_two_microseconds_are_kept_to_the_nanosecond()
    {
        var histogram = Record([1000, 1001, 1500, 2047, 5000]);

        Assert.Equal([1000, 1001, 1500, 2047], new[] { 20, 40, 60, 80.0 }.Select(histogram.PercentileNs));
    }

    [Theory]
    [InlineData(long.MinValue, LatencyHistogram.LowestNs)]
    [InlineData(-1, LatencyHistogram.LowestNs)]
    [InlineData(0, LatencyHistogram.LowestNs)]
    [InlineData(999, LatencyHistogram.LowestNs)]
    [InlineData(3_600_000_000_001, LatencyHistogram.HighestNs)]
    [InlineData(long.MaxValue, LatencyHistogram.HighestNs)]
    public void A_latency_beyond_the_range_is_moved_to_its_end_and_counted(long latencyNs, long expectedNs)
    {
        var histogram = Record([latencyNs, 2_000_000]);

        Assert.Equal(1, histogram.Clamped);
        Assert.Equal(2, histogram.Count);
        Assert.Equal((expectedNs + 2_000_000) / 2.0, histogram.MeanNs);
        Assert.True(expectedNs == histogram.MinNs || expectedNs == histogram.MaxNs);
    }

    [Theory]
    [InlineData(LatencyHistogram.LowestNs)]
    [InlineData(LatencyHistogram.HighestNs)]
    public void The_ends_of_the_range_belong_to_it(long latencyNs)
    {
        var histogram = Record([latencyNs]);

        Assert.Equal(0, histogram.Clamped);
        Assert.Equal(latencyNs, histogram.PercentileNs(50));
    }

    [Fact]
    public void No_percentile_exceeds_the_maximum() =>
        Assert.All(Percentiles, percentile => Assert.Equal(1_234_567_891, Record([1_234_567_891]).PercentileNs(percentile)));

    [Fact]
    public void A_percentile_of_a_round_number_of_latencies_is_not_one_too_high()
    {
        var histogram = Record([.. Enumerable.Range(1, 1000).Select(i => i * 1_000L)]);

        Assert.InRange(histogram.PercentileNs(99.9), 999_000, 999_999);
        Assert.InRange(histogram.PercentileNs(90), 900_000, 900_900);
        Assert.InRange(histogram.PercentileNs(50), 500_000, 500_500);
    }

    [Theory]
    [InlineData(-0.001)]
    [InlineData(100.001)]
    public void A_percentile_outside_0_to_100_is_refused(double percentile) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LatencyHistogram().PercentileNs(percentile));

    [Fact]
    public void An_empty_histogram_has_nothing_to_say()
    {
        var histogram = new LatencyHistogram();

        Assert.Equal((0, 0L, 0L, 0.0, 0L), ((int)histogram.Count, histogram.MinNs, histogram.MaxNs, histogram.MeanNs, histogram.PercentileNs(99)));
        Assert.Empty(histogram.Distribution());
        Assert.Null(histogram.Summarise([]));
    }

    [Fact]
    public void Merging_an_empty_histogram_changes_nothing()
    {
        var histogram = Record([5_000, 7_000]);

        histogram.Merge(new LatencyHistogram());

        AssertSame(Record([5_000, 7_000]), histogram);
    }

    [Fact]
    public void A_reset_histogram_is_as_good_as_new()
    {
        var histogram = Record(Draw("wide", 11));
        histogram.Record(-1);

        histogram.Reset();

        AssertSame(new LatencyHistogram(), histogram);
        histogram.Record(5_000);
        AssertSame(Record([5_000]), histogram);
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        // Once before: what the runtime does when code is run for the first times is not the histogram's.
        var histogram = Record(Enumerable.Range(0, 10_000).Select(i => i * 1_000L));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 10_000; i++)
        {
            histogram.Record(i * 1_000L);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void The_mean_survives_sums_beyond_64_bits()
    {
        // Merging with itself doubles: 2^25 latencies of an hour sum up to 1.2e20 ns.
        var histogram = Record([LatencyHistogram.HighestNs]);
        for (var i = 0; i < 25; i++)
        {
            histogram.Merge(histogram);
        }

        Assert.Equal(1 << 25, histogram.Count);
        Assert.Equal(LatencyHistogram.HighestNs, histogram.MeanNs);
    }

    [Fact]
    public void A_summary_is_in_microseconds()
    {
        var histogram = Record([.. Enumerable.Range(1, 1000).Select(i => i * 1_000L)]);

        var summary = histogram.Summarise([400, 500, 600])!;

        Assert.Equal(500, summary.Mean);
        Assert.Equal(500.5, histogram.Summarise([])!.Mean);
        Assert.Equal(248.4, summary.Ci95, precision: 1);
        Assert.Equal(500, summary.P50, tolerance: 0.5);
        Assert.Equal(900, summary.P90, tolerance: 0.9);
        Assert.Equal(990, summary.P99, tolerance: 0.99);
        Assert.Equal(999, summary.P999, tolerance: 1);
        Assert.Equal(1000, summary.Max);
        Assert.Equal(1000, summary.Distribution.Sum(bucket => bucket.Count));
    }

    [Fact]
    public void Equal_latencies_share_one_bucket()
    {
        var buckets = Record([5_000_000, 5_000_000, 5_000_000]).Distribution();

        Assert.Equal([0L, 3L], buckets.Select(bucket => bucket.Count));
        Assert.True(buckets[0].UpToUs < 5_000 && buckets[1].UpToUs == 5_000);
    }

    private static LatencyHistogram Record(IEnumerable<long> values)
    {
        var histogram = new LatencyHistogram();
        foreach (var value in values)
        {
            histogram.Record(value);
        }

        return histogram;
    }

    private static void AssertSame(LatencyHistogram expected, LatencyHistogram actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.Equal(expected.Clamped, actual.Clamped);
        Assert.Equal(expected.MinNs, actual.MinNs);
        Assert.Equal(expected.MaxNs, actual.MaxNs);
        Assert.Equal(expected.MeanNs, actual.MeanNs);
        Assert.Equal(expected.Distribution(1000), actual.Distribution(1000));
        Assert.All(Percentiles, percentile => Assert.Equal(expected.PercentileNs(percentile), actual.PercentileNs(percentile)));
    }

    /// <summary>Latencies as they occur: a long tail, nine orders of magnitude, cache hits and misses, hardly any spread.</summary>
    private static long[] Draw(string shape, int seed)
    {
        var random = new Random(seed);
        double Next() => shape switch
        {
            "exponential" => 50_000 - 400_000 * Math.Log(1 - random.NextDouble()),
            "wide" => 1_000 * Math.Pow(10, random.NextDouble() * 9.5),
            "two humps" => random.Next(10) == 0 ? 5_000_000 + random.Next(1_000_000) : 80_000 + random.Next(20_000),
            "narrow" => 1_000_000 + random.Next(300),
            _ => 10_000 + random.Next(1_000_000),
        };

        var count = shape == "few" ? random.Next(1, 12) : random.Next(5_000, 20_000);
        return [.. Enumerable.Range(0, count).Select(_ => (long)Next())];
    }
}
