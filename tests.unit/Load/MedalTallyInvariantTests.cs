using Lab.Coordination.Clocks;
using Lab.Harness.Archive;
using Lab.Harness.Systems.MedalTally;
using Lab.MedalTally.Api;
using Lab.MedalTally.Client;
using Lab.MedalTally.Group;
using Lab.MedalTally.Tables;

namespace Lab.Tests.Unit.Load;

/// <summary>A judge that never says false proves nothing.</summary>
public sealed class MedalTallyInvariantTests
{
    private static readonly RaffleEntry Won = new(300, "client-1");

    [Fact]
    public void Exactly_what_was_acknowledged_is_true()
    {
        using var clients = new Clients((0, 10, 0), (1, 5, 0), (4, 3, 0));
        var verdict = TallyInvariants.Judge(BoardOf(gold: 100), BoardOf(gold: 100, (0, 13), (1, 5)), clients.All);
        Assert.Equal(Verdict.True, verdict.Verdict);
        Assert.Contains("exactly the 18 medals", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(9, Verdict.False)]
    [InlineData(10, Verdict.True)]
    [InlineData(11, Verdict.True)]
    [InlineData(12, Verdict.True)]
    [InlineData(13, Verdict.False)]
    public void What_was_not_answered_may_be_there_and_nothing_else_may_be_missing_or_too_many(int grown, Verdict expected)
    {
        using var clients = new Clients((0, 10, 2));
        Assert.Equal(expected, TallyInvariants.Judge(BoardOf(gold: 7), BoardOf(gold: 7, (0, grown)), clients.All).Verdict);
    }

    [Fact]
    public void A_medal_of_a_team_that_nobody_added_is_false()
    {
        using var clients = new Clients((0, 10, 5));
        var verdict = TallyInvariants.Judge(BoardOf(gold: 0), BoardOf(gold: 0, (0, 10), (2, 1)), clients.All);
        Assert.Equal(Verdict.False, verdict.Verdict);
        Assert.Contains("gold medals of Egypt", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_medal_of_the_same_team_does_not_make_up_for_it()
    {
        using var clients = new Clients((0, 10, 0));
        var (before, after) = (BoardOf(gold: 0), BoardOf(gold: 0, (0, 9)));
        var silver = after with { Teams = [after.Teams[0] with { Silver = 1 }, .. after.Teams.Skip(1)] };
        Assert.Equal(Verdict.False, TallyInvariants.Judge(before, silver, clients.All).Verdict);
    }

    [Fact]
    public void Members_with_the_same_order_and_the_same_winner_are_true()
    {
        var verdict = GroupInvariants.OfOrder([Member(0), Member(1), Member(2)]);
        Assert.Equal(Verdict.True, verdict.Verdict);
        Assert.Contains("client-1", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void One_member_with_another_order_or_raffle_makes_it_false()
    {
        foreach (var other in new[]
        {
            Member(2) with { OrderHash = "00000000000000bb" },
            Member(2) with { Place = 401 },
            Member(2) with { Winner = new RaffleEntry(200, "client-1") },
            Member(2) with { Winner = null },
            Member(2) with { Entries = [new RaffleEntry(400, "client-2")] },
            Member(2) with { Entries = [] },
            Member(2) with { Requests = 399 },
        })
        {
            Assert.Equal(Verdict.False, GroupInvariants.OfOrder([Member(0), Member(1), other]).Verdict);
        }
    }

    [Fact]
    public void Clocks_within_their_bound_are_true_one_beyond_it_is_false_and_none_is_unknown()
    {
        Assert.Equal(Verdict.True, GroupInvariants.OfClocks([new ClockSample(10, 40), new ClockSample(40, 40)]).Verdict);
        var broken = GroupInvariants.OfClocks([new ClockSample(10, 40), new ClockSample(47, 40), new ClockSample(41, 40)]);
        Assert.Equal(Verdict.False, broken.Verdict);
        Assert.Contains("2 of 3 samples", broken.Reason, StringComparison.Ordinal);
        Assert.Contains("by 7 us", broken.Reason, StringComparison.Ordinal);
        Assert.Equal(Verdict.Unknown, GroupInvariants.OfClocks([]).Verdict);
    }

    [Fact]
    public void A_sample_is_the_widest_distance_beside_what_the_leaders_latest_round_has_promised_for_that_time()
    {
        var first = Round(endedUs: 1_000, boundUs: 50, ClockMemberState.Corrected);
        var latest = Round(endedUs: 2_000_000, boundUs: 30, ClockMemberState.Corrected);
        var sample = ClockSample.Of(
        [
            Member(0) with { MonotonicUs = 100, ClockUs = 3_000_100 },
            Member(1) with { MonotonicUs = 200, ClockUs = 3_000_180 },
            Member(2) with { MonotonicUs = 300, ClockUs = 3_000_305, Rounds = [first, latest] },
        ])!.Value;

        Assert.Equal(25, sample.SkewUs);
        Assert.Equal(latest.BoundAfterUs(1_000_305), sample.BoundUs);
        Assert.True(sample.BoundUs > 30, "clocks drift");
    }

    /// <summary>The leader was asked after the end of its round, and a member before it was corrected in that round.</summary>
    [Fact]
    public void A_member_as_it_was_before_the_round_ended_is_no_sample()
    {
        var leader = Member(2) with { MonotonicUs = 1_000, ClockUs = 501_000, Rounds = [Round(endedUs: 500_800, boundUs: 30, ClockMemberState.Corrected)] };
        Assert.NotNull(ClockSample.Of([Member(0) with { MonotonicUs = 800, ClockUs = 500_800 }, leader]));
        Assert.Null(ClockSample.Of([Member(0) with { MonotonicUs = 799, ClockUs = 3_000_000 }, leader]));
    }

    [Fact]
    public void Without_a_leader_or_a_round_that_corrected_all_there_is_no_sample()
    {
        Assert.Null(ClockSample.Of([Member(0), Member(1), Member(2)]));
        Assert.Null(ClockSample.Of([.. Enumerable.Range(0, 3).Select(id => Member(id) with { Leader = null })]));
        Assert.Null(ClockSample.Of([Member(0), Member(1)]));
        Assert.Null(ClockSample.Of([Member(0), Member(2) with { Rounds = [Round(1, 1, ClockMemberState.Silent)] }]));
        Assert.Null(ClockSample.Of([Member(0), Member(2) with { Rounds = [Round(1, 1, ClockMemberState.Corrected), Round(1, 1, ClockMemberState.Unconfirmed)] }]));
    }

    private static GroupState Member(int id) => new(
        Run: 1, id, Leader: 2, Term: 1, [0, 1, 2], Place: 400, "00000000000000aa", Requests: 400, [new RaffleEntry(400, "client-3")], Won, MonotonicUs: 0, ClockUs: 0, []);

    private static ClockRound Round(long endedUs, long boundUs, ClockMemberState state) => new(
        Term: 1, Number: 1, endedUs, [new ClockMember(2, ClockMemberState.Corrected, false, 0, 0, 0, 0), new ClockMember(0, state, false, 0, 0, 0, 0)], boundUs, MaxDriftPpm: 200);

    private static Board BoardOf(long gold, params (int Team, int More)[] grown) => new(
        Version: 1,
        [.. Catalog.Teams.Select((team, index) => new TeamMedals(team, gold + grown.Where(one => one.Team == index).Sum(one => one.More), 4, 4))],
        [.. Catalog.Events.Select(@event => new EventScore(@event, 1, 2))]);

    /// <summary>Clients that were told of gold medals, and have asked for more without an answer.</summary>
    private sealed class Clients : IDisposable
    {
        public Clients(params (int Index, int Acknowledged, int InDoubt)[] clients)
        {
            foreach (var (index, acknowledged, inDoubt) in clients)
            {
                var client = new TallyLoadClient(
                    new MedalTallyClient(new MedalTallyClientOptions { Server = new Uri("http://127.0.0.1:9") }), index, writeShare: 1, new Random(index));
                (client.Acknowledged[0], client.InDoubt[0]) = (acknowledged, inDoubt);
                All.Add(client);
            }
        }

        public List<TallyLoadClient> All { get; } = [];

        public void Dispose() => All.ForEach(client => client.Dispose());
    }
}
