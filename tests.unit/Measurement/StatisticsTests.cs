using Lab.Harness.Measurement;

namespace Lab.Tests.Unit.Measurement;

public class ConfidenceIntervalTests
{
    // Quantiles of Student's t from printed tables: t(0.975) for 1, 2, 9 and 30 degrees of freedom.
    [Theory]
    [InlineData(2, 12.706)]
    [InlineData(3, 4.303)]
    [InlineData(10, 2.262)]
    [InlineData(31, 2.042)]
    public void The_half_width_is_t_times_the_standard_error(int count, double t)
    {
        // Alternating +-1 around 100 (and one 100 when odd): the sample variance is known.
        var values = Enumerable.Range(0, count).Select(i => i == count - 1 && count % 2 == 1 ? 100.0 : 100 + (i % 2 * 2 - 1)).ToList();
        var variance = (double)(count / 2 * 2) / (count - 1);

        Assert.Equal(t * Math.Sqrt(variance / count), ConfidenceInterval.HalfWidth95(values), tolerance: 0.001);
    }

    [Fact]
    public void A_mean_carries_its_interval()
    {
        // By hand: mean 11, s = 1, t(2) = 4.3027, half width 4.3027 / sqrt(3).
        var estimate = ConfidenceInterval.Mean95([10, 11, 12]);

        Assert.Equal(11, estimate.Mean);
        Assert.Equal(2.4841, estimate.Ci95, tolerance: 0.0001);
    }

    [Theory]
    [InlineData]
    [InlineData(7.0)]
    [InlineData(7.0, 7.0, 7.0)]
    public void Without_spread_to_see_the_half_width_is_zero(params double[] values) =>
        Assert.Equal(0, ConfidenceInterval.HalfWidth95(values));

    [Fact]
    public void A_mean_of_nothing_is_refused() => Assert.Throws<ArgumentException>(() => ConfidenceInterval.Mean95([]));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_value_that_is_no_number_is_refused(double value) =>
        Assert.Throws<ArgumentException>(() => ConfidenceInterval.HalfWidth95([1, value]));

    [Fact]
    public void The_interval_contains_the_true_mean_in_about_95_of_100_samples()
    {
        var random = new Random(12);
        var hits = 0;
        for (var sample = 0; sample < 2000; sample++)
        {
            // Sums of twelve uniform numbers are close to a normal distribution with mean 6.
            var values = Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, 12).Sum(_ => random.NextDouble())).ToList();
            var estimate = ConfidenceInterval.Mean95(values);
            hits += Math.Abs(estimate.Mean - 6) <= estimate.Ci95 ? 1 : 0;
        }

        Assert.InRange(hits / 2000.0, 0.935, 0.965);
    }
}

public class SteadyStateTests
{
    private static readonly SteadyState Steady = new();

    [Fact]
    public void A_plateau_is_steady_once_two_stretches_of_windows_agree() =>
        Assert.Equal(6, WindowsUntilSteady(Enumerable.Repeat(1000.0, 40)));

    [Fact]
    public void A_ramp_is_not_steady_until_it_ends()
    {
        var ramp = Enumerable.Range(1, 10).Select(i => i * 100.0).Concat(Enumerable.Repeat(1000.0, 30));

        // Windows 10 to 15 are the first six in which the later three are not above the earlier three.
        Assert.InRange(WindowsUntilSteady(ramp), 12, 15);
    }

    [Theory]
    [InlineData(1.03)]
    [InlineData(1.05)]
    [InlineData(1.2)]
    public void A_rate_that_keeps_rising_never_passes_however_slowly(double growth) =>
        Assert.Equal(WarmUp.GaveUp, Steady.Decide([.. Enumerable.Range(0, 40).Select(i => 1000 * Math.Pow(growth, i))]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Noise_of_a_few_percent_does_not_keep_a_plateau_from_being_steady(int seed)
    {
        var random = new Random(seed);

        Assert.InRange(WindowsUntilSteady(Enumerable.Range(0, 40).Select(_ => 1000 * (0.97 + random.NextDouble() * 0.06))), 6, 12);
    }

    [Fact]
    public void Wild_noise_is_never_steady() =>
        Assert.Equal(WarmUp.GaveUp, Steady.Decide([.. Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? 500.0 : 1500)]));

    [Fact]
    public void A_single_stall_among_the_last_windows_asks_for_more()
    {
        Assert.Equal(WarmUp.Continue, Steady.Decide([1000, 1000, 1000, 1000, 300, 1000]));
        Assert.Equal(WarmUp.Steady, Steady.Decide([1000, 1000, 1000, 1000, 300, 1000, 1000, 1000]));
    }

    [Fact]
    public void A_rate_that_fell_to_a_plateau_is_steady() =>
        Assert.Equal(WarmUp.Steady, Steady.Decide([2000, 2000, 2000, 1000, 1000, 1000]));

    [Fact]
    public void A_step_up_is_not_trusted_at_once()
    {
        Assert.Equal(WarmUp.Continue, Steady.Decide([500, 500, 500, 1000, 1000, 1000]));
        Assert.Equal(WarmUp.Steady, Steady.Decide([500, 500, 500, 1000, 1000, 1000, 1000, 1000]));
    }

    [Fact]
    public void No_answers_at_all_are_not_steady()
    {
        Assert.Equal(WarmUp.Continue, Steady.Decide([0, 0, 0, 0, 0, 0]));
        Assert.Equal(WarmUp.GaveUp, Steady.Decide([.. new double[40]]));
    }

    [Fact]
    public void The_warm_up_is_bounded()
    {
        var steady = new SteadyState { MaxWindows = 8 };

        Assert.Equal(WarmUp.Continue, steady.Decide([1, 2, 3, 4, 5, 6, 7]));
        Assert.Equal(WarmUp.GaveUp, steady.Decide([1, 2, 3, 4, 5, 6, 7, 8]));
    }

    [Fact]
    public void Only_the_last_windows_matter() =>
        Assert.Equal(WarmUp.Steady, Steady.Decide([1, 50_000, 3, 1000, 1000, 1000, 1000, 1000, 1000]));

    private static int WindowsUntilSteady(IEnumerable<double> ratesPerS)
    {
        var seen = new List<double>();
        foreach (var rate in ratesPerS)
        {
            seen.Add(rate);
            if (Steady.Decide(seen) == WarmUp.Steady)
            {
                return seen.Count;
            }
        }

        return int.MaxValue;
    }
}
