using Lab.Harness.Load;
using Lab.Harness.Systems.TradingPost;
using Lab.TradingPost.Supervision;

namespace Lab.Tests.Unit.Load;

public sealed class ElectionTimesTests
{
    [Fact]
    public void A_change_has_three_parts_that_add_up()
    {
        var times = new ElectionTimes(4, 8, 1_000, 1_200, 3_000, 3_800);

        Assert.Equal(
            [new PhaseTime(TradingPostModule.Detection, 200), new(TradingPostModule.Agreement, 1_800), new(TradingPostModule.FirstSale, 800)], times.Phases);
        Assert.Equal(2_800, times.DurationUs);
        Assert.Equal([0.0, 200, 2_000, 2_800], times.Moments.Select(happened => happened.AtUs));
    }

    [Fact]
    public void Elections_are_added_up_and_those_without_an_end_are_errors()
    {
        var outcome = ElectionLoad.ToOutcome(
            [new ElectionTimes(4, 2, 0, 10, 20, 1_000), null, new ElectionTimes(4, 4, 0, 30, 60, 3_000)],
            new Dictionary<string, long> { ["no_trader"] = 1 },
            failedNs: [5_000],
            patience: TimeSpan.FromSeconds(30));

        Assert.Equal((2, 0.004, 500), (outcome.Latency.Count, outcome.DurationS, outcome.ThroughputOps));
        Assert.Equal(2_000_000, outcome.Latency.MeanNs);
        Assert.Equal(6, Assert.IsType<PhasesSample>(Assert.Single(outcome.Metrics)).Times.Count);
        Assert.Equal(new Dictionary<string, long> { ["no_trader"] = 1, ["no_new_trader"] = 1 }, outcome.Errors);
        Assert.Equal((2, 30_000_000_000), (outcome.ErrorLatency!.Count, outcome.ErrorLatency.MaxNs));
    }

    [Theory]
    [InlineData(100, 300, 200, 0)]
    [InlineData(100, 300, 100, 0)]
    [InlineData(100, 300, 5_000, -4_800)]
    [InlineData(10_000, 10_200, 50, 10_050)]
    public void Clocks_of_two_machines_meet_in_the_middle_of_the_call(double before, double after, long killed, double difference) =>
        Assert.Equal(difference, ChangeLoad.ClockDifferenceUs(before, after, killed));
}
