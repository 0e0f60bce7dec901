using Lab.Harness.Analysis;

namespace Lab.Tests.Unit.Analysis;

public sealed class FormatTests
{
    [Theory]
    [InlineData(0, "0 µs")]
    [InlineData(0.755, "0.755 µs")]
    [InlineData(755, "755 µs")]
    [InlineData(999.4, "999 µs")]
    [InlineData(999.6, "1.00 ms")]
    [InlineData(1699, "1.70 ms")]
    [InlineData(68929, "68.9 ms")]
    [InlineData(244320, "244 ms")]
    [InlineData(999_999, "1.00 s")]
    [InlineData(2_830_000, "2.83 s")]
    [InlineData(1_234_000_000, "1,230 s")]
    [InlineData(-1500, "-1.50 ms")]
    [InlineData(double.NaN, "–")]
    [InlineData(double.PositiveInfinity, "–")]
    public void Latency_has_three_digits_and_the_unit_that_keeps_it_short(double us, string expected) =>
        Assert.Equal(expected, Format.Latency(us));

    [Theory]
    [InlineData(11.209, "11.2/s")]
    [InlineData(629.139, "629/s")]
    [InlineData(999.9, "1.00 k/s")]
    [InlineData(1601.312, "1.60 k/s")]
    [InlineData(15000, "15.0 k/s")]
    [InlineData(1_250_000, "1.25 M/s")]
    public void Rates_read_per_second(double rate, string expected) => Assert.Equal(expected, Format.Rate(rate));

    [Theory]
    [InlineData(68929, 3100, "68.9 ± 3.1 ms")]
    [InlineData(1699, 2.1, "1.70 ± 0.0021 ms")]
    [InlineData(999.9, 400, "1.00 ± 0.40 ms")]
    [InlineData(755, 0, "755 ± 0 µs")]
    public void An_interval_has_the_unit_of_its_mean(double us, double ci95, string expected) =>
        Assert.Equal(expected, Format.Latency(us, ci95));

    [Fact]
    public void An_interval_that_is_not_a_number_is_left_out() => Assert.Equal("755 µs", Format.Latency(755, double.NaN));

    [Theory]
    [InlineData(4.049, "4.05×")]
    [InlineData(0.0874, "0.0874×")]
    [InlineData(123.4, "123×")]
    [InlineData(1234, "1,230×")]
    [InlineData(9.999, "10.0×")]
    public void Ratios_have_three_digits(double ratio, string expected) => Assert.Equal(expected, Format.Ratio(ratio));

    [Fact]
    public void Shares_bytes_and_counts_have_their_units()
    {
        Assert.Equal("87.3 %", Format.Percent(0.873));
        Assert.Equal("132 %", Format.Percent(1.318));
        Assert.Equal("183 MiB", Format.Bytes(183L << 20));
        Assert.Equal("1.50 GiB", Format.Bytes(1536L << 20));
        Assert.Equal("1,000,000", Format.Count(1_000_000));
        Assert.Equal("1 cell", Format.Count(1, "cell"));
        Assert.Equal("48 cells", Format.Count(48, "cell"));
    }

    [Theory]
    [InlineData(48, "48 s")]
    [InlineData(161, "2 min 41 s")]
    [InlineData(2820, "47 min")]
    [InlineData(3600, "1 h")]
    [InlineData(3905, "1 h 5 min")]
    [InlineData(-5, "0 s")]
    public void Durations_read_like_a_clock(double seconds, string expected) =>
        Assert.Equal(expected, Format.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Times_are_given_in_utc() =>
        Assert.Equal("2026-01-31 14:45 UTC", Format.Time(new DateTimeOffset(2026, 1, 31, 15, 45, 0, TimeSpan.FromHours(1))));
}
