using Lab.TradingPost.Cli;
using Lab.Tests.Unit.TradingPost.Cli;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.Tests.Unit.TradingPost;

public class ElectionTimesTests
{
    private const long Term = 7;

    private long _number;

    [Fact]
    public void A_takeover_is_split_into_detection_and_agreement()
    {
        var election = ElectionTimes.Last(Markets.Takeover)!;
        Assert.Equal(new ElectionTimes(4, 2, 5_000_000, 5_029_000, 5_031_000, 5_035_000), election);
        Assert.Equal((29_000, 2_000, 4_000), (election.DetectionUs, election.AgreementUs, election.FirstSaleUs));
        Assert.Equal(
            "peer 4 trades in term 2 after 31.0 ms (detection 29.0 + agreement 2.0), first sale +4.0 ms", MarketView.Describe(election));
    }

    [Fact]
    public void Before_the_first_sale_there_is_none() =>
        Assert.Null(ElectionTimes.Last([.. Markets.Takeover.Take(8)])!.SoldUs);

    [Fact]
    public void While_an_election_is_under_way_the_one_before_is_the_last() =>
        Assert.Null(ElectionTimes.Last([.. Markets.Takeover.Take(6)]));

    [Fact]
    public void The_death_of_another_peer_is_no_loss_of_the_trader()
    {
        MarketEvent[] events = [Markets.Takeover[0], Markets.Takeover[1], new(3, 5_010_000, 2, null, ProcessEvents.Killed), .. Markets.Takeover.Skip(2)];
        Assert.Equal(29_000, ElectionTimes.Last(events)!.DetectionUs);
    }

    [Fact]
    public void An_ill_trader_is_measured_from_its_illness()
    {
        MarketEvent[] events = [Markets.Takeover[0], Markets.Takeover[1] with { Done = ProcessEvents.Paused }, .. Markets.Takeover.Skip(2)];
        Assert.Equal(29_000, ElectionTimes.Last(events)!.DetectionUs);
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
            new(12, 9_000_000, 4, null, ProcessEvents.Paused),
            new(13, 9_120_000, 3, new PeerEvent(PeerEventKind.TraderLost, 2, 4)),
            new(14, 9_121_000, 3, new PeerEvent(PeerEventKind.ElectionBegun, 2)),
            new(15, 9_150_000, 3, new PeerEvent(PeerEventKind.Trades, 3)),
        ];
        Assert.Equal(new ElectionTimes(3, 3, 9_000_000, 9_120_000, 9_150_000, null), ElectionTimes.Last(events));
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
        Assert.Equal(new ElectionTimes(5, 3, 9_100_000, null, 9_103_000, null), ElectionTimes.Last(events));
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
        Assert.Equal(new ElectionTimes(3, 3, 9_000_000, null, 9_005_000, null), ElectionTimes.Last(events));
    }

    /// <summary>Whoever reads the same loss, as the last election or as the answer to a kill, reads the same times.</summary>
    [Theory]
    [InlineData(4, PeerEventKind.TraderLost, 100)]
    [InlineData(4, PeerEventKind.ElectionBegun, 100)]
    [InlineData(4, PeerEventKind.Claiming, 100)]
    [InlineData(5, PeerEventKind.TraderLost, 300)]
    public void The_first_other_peer_that_acts_has_noticed(int first, PeerEventKind kind, long detectionUs)
    {
        MarketEvent[] events =
        [
            Told(100, 5, PeerEventKind.Trades, Term), Done(1_000, 5, ProcessEvents.Killed), Told(1_300, 3, PeerEventKind.TraderLost, Term),
            Told(1_100, first, kind, Term), Told(1_500, 4, PeerEventKind.Trades, Term + 1), Told(1_600, 4, PeerEventKind.FirstSale, Term + 1),
        ];

        var expected = new ElectionTimes(4, Term + 1, 1_000, 1_000 + detectionUs, 1_500, 1_600);
        Assert.Equal(expected, ElectionTimes.Last(events));
        Assert.Equal(expected, AfterKill(events));
    }

    [Fact]
    public void Nothing_is_known_of_a_loss_before_somebody_else_has_sold()
    {
        Assert.Null(AfterKill(Done(1_000, 5, "killed"), Told(3_000, 4, PeerEventKind.Trades, Term + 1)));
        Assert.Null(AfterKill(Done(1_000, 5, "killed"), Told(500, 5, PeerEventKind.FirstSale, Term)));
        Assert.Null(AfterKill(Told(3_000, 4, PeerEventKind.Trades, Term + 1), Told(3_800, 4, PeerEventKind.FirstSale, Term + 1)));
    }

    [Fact]
    public void The_trader_who_sells_answers_a_loss_not_one_who_was_lost_before()
    {
        var times = AfterKill(
            Done(0, 5, "killed"), Told(10, 4, PeerEventKind.TraderLost, Term), Told(20, 4, PeerEventKind.Trades, Term + 1),
            Told(500, 3, PeerEventKind.Trades, Term + 2), Told(600, 3, PeerEventKind.FirstSale, Term + 2), Told(900, 5, PeerEventKind.FirstSale, Term + 3));

        Assert.Equal(new ElectionTimes(3, Term + 2, 0, 10, 500, 600), times);
    }

    [Fact]
    public void What_was_noticed_before_the_kill_or_by_the_lost_one_itself_is_no_detection()
    {
        var times = AfterKill(
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

        Assert.Null(AfterKill(before));
        Assert.Equal(
            new ElectionTimes(4, Term + 3, 100, 300, 300, 400),
            AfterKill([.. before, Told(300, 4, PeerEventKind.Trades, Term + 3), Told(400, 4, PeerEventKind.FirstSale, Term + 3)]));
    }

    [Fact]
    public void A_kill_is_no_stop_and_the_last_one_counts()
    {
        MarketEvent[] events =
        [
            Done(0, 5, "paused"), Done(50, 5, "killed"), Done(100, 5, "paused"), Told(300, 4, PeerEventKind.Trades, Term + 1),
            Told(400, 4, PeerEventKind.FirstSale, Term + 1),
        ];

        Assert.Equal(100, ElectionTimes.AfterLoss(events, 5, ProcessEvents.Paused, Term)!.BeganUs);
        Assert.Equal(50, AfterKill(events)!.BeganUs);
    }

    private static ElectionTimes? AfterKill(params MarketEvent[] events) => ElectionTimes.AfterLoss(events, 5, ProcessEvents.Killed, Term);

    private MarketEvent Done(long atUs, int peer, string what) => new(++_number, atUs, peer, What: null, what);

    private MarketEvent Told(long atUs, int peer, PeerEventKind kind, long term) => new(++_number, atUs, peer, new PeerEvent(kind, term, Other: 5));
}
