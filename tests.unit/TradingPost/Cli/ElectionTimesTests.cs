using Lab.TradingPost.Cli;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.Tests.Unit.TradingPost.Cli;

public class ElectionTimesTests
{
    [Fact]
    public void A_takeover_is_split_into_detection_and_agreement()
    {
        var election = ElectionTimes.LastOf(Markets.Takeover)!;
        Assert.Equal(new ElectionTimes(4, 2, 29_000, 2_000, 4_000), election);
        Assert.Equal(
            "peer 4 trades in term 2 after 31.0 ms (detection 29.0 + agreement 2.0), first sale +4.0 ms", MarketView.Describe(election));
    }

    [Fact]
    public void Before_the_first_sale_there_is_none() =>
        Assert.Equal(new ElectionTimes(4, 2, 29_000, 2_000, null), ElectionTimes.LastOf([.. Markets.Takeover.Take(8)]));

    [Fact]
    public void While_an_election_is_under_way_the_one_before_is_the_last() =>
        Assert.Null(ElectionTimes.LastOf([.. Markets.Takeover.Take(6)]));

    [Fact]
    public void The_death_of_another_peer_is_no_loss_of_the_trader()
    {
        MarketEvent[] events = [Markets.Takeover[0], Markets.Takeover[1], new(3, 5_010_000, 2, null, MarketDeeds.Killed), .. Markets.Takeover.Skip(2)];
        Assert.Equal(29_000, ElectionTimes.LastOf(events)!.DetectionUs);
    }

    [Fact]
    public void An_ill_trader_is_measured_from_its_illness()
    {
        MarketEvent[] events = [Markets.Takeover[0], Markets.Takeover[1] with { Done = MarketDeeds.Paused }, .. Markets.Takeover.Skip(2)];
        Assert.Equal(29_000, ElectionTimes.LastOf(events)!.DetectionUs);
    }

    /// <summary>Peers that notice late, when the next trader trades already, tell of the election before.</summary>
    [Fact]
    public void Who_noticed_late_does_not_begin_the_next_election()
    {
        MarketEvent[] events =
        [
            .. Markets.Takeover,
            new(10, 5_036_000, 2, new PeerEvent(PeerEventKind.TraderLost, 1, 5)),
            new(11, 5_036_000, 3, new PeerEvent(PeerEventKind.ElectionBegun, 1)),
            new(12, 9_000_000, 4, null, MarketDeeds.Paused),
            new(13, 9_120_000, 3, new PeerEvent(PeerEventKind.TraderLost, 2, 4)),
            new(14, 9_121_000, 3, new PeerEvent(PeerEventKind.ElectionBegun, 2)),
            new(15, 9_150_000, 3, new PeerEvent(PeerEventKind.Trades, 3)),
        ];
        Assert.Equal(new ElectionTimes(3, 3, 120_000, 30_000, null), ElectionTimes.LastOf(events));
    }

    /// <summary>A restarted peer with the highest id takes the office; nobody was lost.</summary>
    [Fact]
    public void Without_a_loss_there_is_agreement_only()
    {
        MarketEvent[] events =
        [
            .. Markets.Takeover,
            new(10, 9_000_000, 5, null, "restarted"),
            new(11, 9_100_000, 5, new PeerEvent(PeerEventKind.ElectionBegun, 2)),
            new(12, 9_103_000, 5, new PeerEvent(PeerEventKind.Trades, 3)),
        ];
        Assert.Equal(new ElectionTimes(5, 3, null, 3_000, null), ElectionTimes.LastOf(events));
    }

    [Fact]
    public void A_resignation_begins_an_election()
    {
        MarketEvent[] events =
        [
            .. Markets.Takeover,
            new(10, 9_000_000, 4, new PeerEvent(PeerEventKind.Resigned, 2)),
            new(11, 9_001_000, 3, new PeerEvent(PeerEventKind.ElectionBegun, 2)),
            new(12, 9_005_000, 3, new PeerEvent(PeerEventKind.Trades, 3)),
        ];
        Assert.Equal(new ElectionTimes(3, 3, null, 5_000, null), ElectionTimes.LastOf(events));
    }
}
