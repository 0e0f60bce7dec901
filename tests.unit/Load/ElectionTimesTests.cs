using Lab.Harness.Load;
using Lab.Harness.Systems.TradingPost;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.Tests.Unit.Load;

public sealed class ElectionTimesTests
{
    private const long Term = 7;

    private long _number;

    [Fact]
    public void A_change_has_three_parts_that_add_up()
    {
        var times = Of(
            Done(1_000, 5, "killed"), Told(1_400, 2, PeerEventKind.TraderLost, Term), Told(1_200, 4, PeerEventKind.TraderLost, Term),
            Told(1_300, 4, PeerEventKind.ElectionBegun, Term), Told(3_000, 4, PeerEventKind.Trades, Term + 1), Told(3_800, 4, PeerEventKind.FirstSale, Term + 1))!;

        Assert.Equal(
            [new PhaseTime(TradingPostModule.Detection, 200), new(TradingPostModule.Agreement, 1_800), new(TradingPostModule.FirstSale, 800)], times.Phases);
        Assert.Equal((2_800, Term + 1), (times.DurationUs, times.Term));
        Assert.Equal([0.0, 200, 2_000, 2_800], times.Events.Select(happened => happened.AtUs));
    }

    [Fact]
    public void Nothing_is_known_before_somebody_else_has_sold()
    {
        Assert.Null(Of(Done(1_000, 5, "killed"), Told(3_000, 4, PeerEventKind.Trades, Term + 1)));
        Assert.Null(Of(Done(1_000, 5, "killed"), Told(500, 5, PeerEventKind.FirstSale, Term)));
        Assert.Null(Of(Told(3_000, 4, PeerEventKind.Trades, Term + 1), Told(3_800, 4, PeerEventKind.FirstSale, Term + 1)));
    }

    [Fact]
    public void The_trader_who_sells_ends_the_change_not_one_who_was_lost_before()
    {
        var times = Of(
            Done(0, 5, "killed"), Told(10, 4, PeerEventKind.TraderLost, Term), Told(20, 4, PeerEventKind.Trades, Term + 1),
            Told(500, 3, PeerEventKind.Trades, Term + 2), Told(600, 3, PeerEventKind.FirstSale, Term + 2), Told(900, 5, PeerEventKind.FirstSale, Term + 3))!;

        Assert.Equal((500, 600, Term + 2), (times.TradesUs, times.SoldUs, times.Term));
    }

    [Fact]
    public void What_was_noticed_before_the_kill_or_by_the_lost_one_itself_is_no_detection()
    {
        var times = Of(
            Told(50, 3, PeerEventKind.TraderLost, Term - 1), Done(100, 5, "killed"), Told(110, 5, PeerEventKind.TraderLost, Term),
            Told(300, 4, PeerEventKind.Trades, Term + 1), Told(400, 4, PeerEventKind.FirstSale, Term + 1))!;

        Assert.Equal(300, times.NoticedUs);
    }

    [Fact]
    public void Terms_that_began_before_the_kill_do_not_answer_it()
    {
        MarketEvent[] before =
        [
            Told(50, 4, PeerEventKind.Trades, Term + 1), Told(60, 4, PeerEventKind.FirstSale, Term + 1), Told(70, 5, PeerEventKind.Trades, Term + 2),
            Done(100, 5, "killed"), Told(120, 5, PeerEventKind.FirstSale, Term + 2),
        ];

        Assert.Null(Of(before));
        var times = Of([.. before, Told(300, 4, PeerEventKind.Trades, Term + 3), Told(400, 4, PeerEventKind.FirstSale, Term + 3)])!;
        Assert.Equal((300, Term + 3), (times.DurationUs, times.Term));
    }

    [Fact]
    public void A_kill_is_no_stop_and_the_last_one_counts()
    {
        var times = ElectionTimes.Of(
            [
                Done(0, 5, "paused"), Done(50, 5, "killed"), Done(100, 5, "paused"), Told(300, 4, PeerEventKind.Trades, Term + 1),
                Told(400, 4, PeerEventKind.FirstSale, Term + 1),
            ],
            5,
            MarketDeeds.Paused,
            Term);

        Assert.Equal(100, times!.LostUs);
    }

    [Fact]
    public void Elections_are_added_up_and_those_without_an_end_are_errors()
    {
        var outcome = ElectionLoad.ToOutcome(
            [new ElectionTimes(0, 10, 20, 1_000, 2), null, new ElectionTimes(0, 30, 60, 3_000, 4)], new Dictionary<string, long> { ["no_trader"] = 1 });

        Assert.Equal((2, 0.004, 500), (outcome.Latency.Count, outcome.DurationS, outcome.ThroughputOps));
        Assert.Equal(2_000_000, outcome.Latency.MeanNs);
        Assert.Equal(6, Assert.IsType<PhasesSample>(Assert.Single(outcome.Metrics)).Times.Count);
        Assert.Equal(new Dictionary<string, long> { ["no_trader"] = 1, ["no_new_trader"] = 1 }, outcome.Errors);
    }

    [Theory]
    [InlineData(100, 300, 200, 0)]
    [InlineData(100, 300, 100, 0)]
    [InlineData(100, 300, 5_000, -4_800)]
    [InlineData(10_000, 10_200, 50, 10_050)]
    public void Clocks_of_two_machines_meet_in_the_middle_of_the_call(double before, double after, long killed, double difference) =>
        Assert.Equal(difference, ChangeLoad.ClockDifferenceUs(before, after, killed));

    private static ElectionTimes? Of(params MarketEvent[] events) => ElectionTimes.Of(events, 5, MarketDeeds.Killed, Term);

    private MarketEvent Done(long atUs, int peer, string what) => new(++_number, atUs, peer, What: null, what);

    private MarketEvent Told(long atUs, int peer, PeerEventKind kind, long term) => new(++_number, atUs, peer, new PeerEvent(kind, term));
}
