using Lab.Harness.Reports.Plots;

namespace Lab.Tests.Unit.Reports;

public sealed class ScaleTests
{
    private static string Text(double value) => value.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(7.3, "0 2 4 6 8")]
    [InlineData(244, "0 50 100 150 200 250")]
    [InlineData(1000, "0 200 400 600 800 1000")]
    [InlineData(0, "0 0.2 0.4 0.6 0.8 1")]
    public void A_linear_scale_starts_at_zero_and_ends_at_a_round_number_above(double max, string ticks) =>
        Assert.Equal(ticks, string.Join(' ', Scale.Linear(max, Text).Ticks.Select(tick => tick.Text)));

    [Theory]
    [InlineData(171, 68929, "100 1000 10000 100000")]
    [InlineData(30, 300_000, "100 1000 10000 100000")]
    [InlineData(600, 41800, "500 1000 2000 5000 10000 20000 50000")]
    [InlineData(1, 1000, "1 10 100 1000")]
    [InlineData(2, 2, "2 5")]
    public void A_logarithmic_scale_has_ticks_at_round_numbers(double min, double max, string ticks)
    {
        var scale = Scale.Log(min, max, Text);

        Assert.Equal(ticks, string.Join(' ', scale.Ticks.Select(tick => tick.Text)));
        Assert.InRange(min, scale.Min, scale.Max);
        Assert.InRange(max, scale.Min, scale.Max);
    }

    [Fact]
    public void A_wide_logarithmic_scale_keeps_few_ticks() => Assert.InRange(Scale.Log(1e-6, 1e12, Text).Ticks.Count, 3, 8);

    [Fact]
    public void Equal_ratios_have_equal_lengths_on_a_logarithmic_scale()
    {
        var scale = Scale.Log(1, 1000, Text);

        Assert.Equal(0, scale.Position(1), 9);
        Assert.Equal(1.0 / 3, scale.Position(10), 9);
        Assert.Equal(2.0 / 3, scale.Position(100), 9);
        Assert.Equal(1, scale.Position(1000), 9);
    }

    [Fact]
    public void Places_outside_of_a_scale_are_its_ends()
    {
        var scale = Scale.Log(10, 1000, Text);

        Assert.Equal(0, scale.Position(1));
        Assert.Equal(0, scale.Position(0));
        Assert.Equal(1, scale.Position(1e9));
    }

    [Fact]
    public void Values_choose_the_scale_that_shows_them()
    {
        Assert.True(Scale.Of([100, 10000], Text).IsLog);
        Assert.False(Scale.Of([100, 900], Text).IsLog);
        Assert.False(Scale.Of([0, 10000], Text).IsLog);
        Assert.False(Scale.Of([], Text).IsLog);
    }

    [Fact]
    public void An_axis_of_measured_values_has_a_tick_at_each_and_is_logarithmic_over_a_wide_range()
    {
        var clients = Scale.Measured([new Tick(2, "1+1"), new Tick(20, "10+10"), new Tick(200, "100+100")]);
        Assert.True(clients.IsLog);
        Assert.Equal(0.5, clients.Position(20), 9);

        var few = Scale.Measured([new Tick(5, "5"), new Tick(8, "8"), new Tick(10, "10")]);
        Assert.False(few.IsLog);
        Assert.Equal(0.6, few.Position(8), 9);
        Assert.Equal(0.5, Scale.Measured([new Tick(5, "5")]).Position(5));
    }

    [Fact]
    public void Every_further_nine_has_the_same_room()
    {
        var scale = Scale.Nines(4);

        Assert.Equal(["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"], scale.Ticks.Select(tick => tick.Text));
        Assert.Equal(0.25, scale.Position(0.9), 6);
        Assert.Equal(0.5, scale.Position(0.99), 6);
        Assert.Equal(0.75, scale.Position(0.999), 6);
        Assert.Equal(1, scale.Position(1));
    }

    [Fact]
    public void Axis_labels_drop_zeros_that_say_nothing()
    {
        Assert.Equal("2 ms", TickText.Latency(2000));
        Assert.Equal("1.5 ms", TickText.Latency(1500));
        Assert.Equal("100 µs", TickText.Latency(100));
        Assert.Equal("20 k/s", TickText.Rate(20000));
        Assert.Equal("500/s", TickText.Rate(500));
        Assert.Equal("0", TickText.Rate(0));
    }

    [Fact]
    public void Labels_move_apart_until_none_covers_another()
    {
        Assert.Equal([10, 24, 38], LabelLayout.Spread([10, 11, 12], 14, 0, 100));
        Assert.Equal([72, 86, 100], LabelLayout.Spread([98, 99, 100], 14, 0, 100));
        Assert.Equal([20, 80], LabelLayout.Spread([20, 80], 14, 0, 100));
        Assert.Empty(LabelLayout.Spread([], 14, 0, 100));
    }

    [Fact]
    public void Labels_share_a_room_that_is_too_small_for_them()
    {
        var places = LabelLayout.Spread([.. Enumerable.Repeat(5.0, 11)], 14, 0, 100);

        Assert.Equal(0, places[0], 6);
        Assert.Equal(100, places[^1], 6);
        Assert.All(places.Zip(places.Skip(1)), pair => Assert.Equal(10, pair.Second - pair.First, 6));
    }
}
