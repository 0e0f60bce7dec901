using Lab.Coordination.Elections;

namespace Lab.Tests.Unit.Coordination;

/// <summary>The election step by step: what it says and does in each state.</summary>
public class BullyElectionTests
{
    private readonly List<string> _done = [];

    [Fact]
    public void The_highest_claims_at_once_and_leads_when_its_term_is_granted()
    {
        var election = Election(3);
        election.Start();
        Expect("claim");
        Assert.Equal(ElectionState.Claiming, election.State);
        election.TermGranted(7);
        Expect("leader 3 in 7", "timer 250000", "1: Coordinator 7", "2: Coordinator 7");
        Assert.True(election.IsLeader);
        Assert.True(election.Fire("election"));
        Expect("timer 250000", "1: Coordinator 7", "2: Coordinator 7");
        Assert.False(election.Fire("heartbeat"));
    }

    [Fact]
    public void Higher_ids_are_asked_all_at_once_and_who_gets_no_answer_claims()
    {
        var election = Election(1);
        election.Start();
        Expect("timer 100000", "2: Election 0", "3: Election 0");
        election.Fire("election");
        Expect("claim");
    }

    [Fact]
    public void Or_one_after_the_other()
    {
        var election = Election(1, parallel: false);
        election.Start();
        Expect("timer 100000", "2: Election 0");
        election.Fire("election");
        Expect("timer 100000", "3: Election 0");
        election.Suspect(3);
        Expect("claim");
    }

    [Fact]
    public void An_answer_ends_the_asking_and_a_leader_that_never_comes_begins_it_anew()
    {
        var election = Election(1);
        election.Start();
        _done.Clear();
        election.Receive(2, Message(ElectionMessageKind.Answer, 0));
        Expect("timer 300000");
        Assert.Equal(ElectionState.AwaitingCoordinator, election.State);
        election.Fire("election");
        Expect("timer 100000", "2: Election 0", "3: Election 0");
    }

    [Fact]
    public void Who_answered_and_is_gone_is_not_waited_for()
    {
        var election = Election(1);
        election.Start();
        election.Receive(2, Message(ElectionMessageKind.Answer, 0));
        _done.Clear();
        election.Suspect(2);
        Expect("timer 100000", "3: Election 0");
        election.Suspect(3);
        Expect("claim");
    }

    [Fact]
    public void When_the_leader_is_lost_who_suspects_all_higher_ids_claims_at_once()
    {
        var election = Following(2, leader: 3, term: 4);
        election.Suspect(3);
        Expect("leader none in 4", "claim");
    }

    [Fact]
    public void A_lower_id_that_asks_gets_an_answer_and_the_one_asked_stands_if_no_leader_above_it_lives()
    {
        var election = Following(2, leader: 3, term: 4);
        election.Receive(1, Message(ElectionMessageKind.Election, 4));
        Expect("1: Answer 4");

        var sequential = Following(2, leader: 3, term: 4, parallel: false);
        sequential.Receive(1, Message(ElectionMessageKind.Election, 4));
        Expect("1: Answer 4", "timer 100000", "3: Election 4");
        sequential.Receive(1, Message(ElectionMessageKind.Election, 4));
        Expect("1: Answer 4");
    }

    [Fact]
    public void A_leader_that_is_asked_repeats_its_word()
    {
        var election = Leading(2, term: 5);
        election.Receive(1, Message(ElectionMessageKind.Election, 0));
        Expect("1: Coordinator 5");
    }

    [Fact]
    public void A_word_of_the_past_is_ignored_but_a_leader_sets_it_right()
    {
        var election = Following(1, leader: 3, term: 5);
        election.Receive(2, Message(ElectionMessageKind.Coordinator, 4));
        Expect();
        Assert.Equal(3, election.Leader);

        var leader = Leading(3, term: 5);
        leader.Receive(2, Message(ElectionMessageKind.Coordinator, 4));
        Expect("2: Coordinator 5");
        Assert.True(leader.IsLeader);
    }

    [Fact]
    public void A_higher_term_is_accepted_even_by_a_leader_and_a_lower_id_is_bullied()
    {
        var election = Leading(2, term: 5);
        election.Receive(3, Message(ElectionMessageKind.Coordinator, 6));
        Expect("no timer", "leader 3 in 6");
        Assert.Equal(ElectionState.Following, election.State);

        var highest = Leading(3, term: 5);
        highest.Receive(2, Message(ElectionMessageKind.Coordinator, 6));
        Expect("leader 2 in 6", "claim");
        Assert.Equal((2, 6L), (highest.Leader, highest.Term));
    }

    [Fact]
    public void Who_hears_of_a_term_without_its_leader_waits_for_its_word()
    {
        var election = Following(1, leader: 2, term: 5);
        election.Receive(3, Message(ElectionMessageKind.Answer, 6));
        Expect("timer 300000", "leader none in 6");
        election.Receive(3, Message(ElectionMessageKind.Coordinator, 6));
        Expect("no timer", "leader 3 in 6");
    }

    [Fact]
    public void A_fenced_leader_rests_in_silence_and_then_stands_again()
    {
        var election = Leading(3, term: 5);
        election.Fenced();
        Assert.InRange(Rest(), 500_000, 750_000);
        Expect("leader none in 5");
        election.Receive(1, Message(ElectionMessageKind.Election, 5));
        Expect();
        election.Receive(2, Message(ElectionMessageKind.Coordinator, 6));
        Expect("leader 2 in 6");
        Assert.Equal(ElectionState.Resting, election.State);
        election.Fire("election");
        Expect("claim");
    }

    [Fact]
    public void A_failed_claim_rests_too()
    {
        var election = Election(3);
        election.Start();
        _done.Clear();
        election.TermRefused();
        Assert.InRange(Rest(), 500_000, 750_000);
        Expect();
    }

    /// <summary>A store that cannot be used must not be asked for terms without end, and be used again soon when it works.</summary>
    [Fact]
    public void The_more_often_the_store_fails_the_longer_are_the_rests_up_to_a_bound_until_it_works()
    {
        var election = Election(3);
        election.Start();
        List<long> rests = [];
        for (var claim = 0; claim < 50; claim++)
        {
            _done.Clear();
            election.TermRefused();
            rests.Add(Rest());
            election.Fire("election");
        }

        long[] least = [500_000, 500_000, 1_000_000, 2_000_000, 4_000_000, .. Enumerable.Repeat(8_000_000L, 45)];
        Assert.All(rests.Zip(least), rest => Assert.InRange(rest.First, rest.Second, rest.Second * 3 / 2));

        // A term that is granted says nothing: what is written in it may fail as well.
        election.TermGranted(7);
        _done.Clear();
        election.StoreFailed();
        Assert.InRange(Rest(), 8_000_000, 12_000_000);
        election.Fire("election");
        election.TermGranted(8);
        election.StoreWorked();
        _done.Clear();
        election.StoreFailed();
        Assert.InRange(Rest(), 500_000, 750_000);
    }

    [Fact]
    public void A_term_that_was_overtaken_is_not_led()
    {
        var election = Election(2);
        election.Start();
        election.Suspect(3);
        election.Receive(3, Message(ElectionMessageKind.Coordinator, 9));
        _done.Clear();
        election.TermGranted(8);
        Expect("no timer");
        Assert.Equal((ElectionState.Following, 3), (election.State, election.Leader));
        election.TermGranted(10);
        Expect();
    }

    [Fact]
    public void Who_resigns_says_so_and_leaves_the_next_election_to_the_others()
    {
        var election = Leading(3, term: 5);
        election.Resign();
        Assert.InRange(Rest(), 500_000, 750_000);
        Expect("1: Resigned 5", "2: Resigned 5", "leader none in 5");
        election.Receive(2, Message(ElectionMessageKind.Coordinator, 6));
        Expect("no timer", "leader 2 in 6");
        election.Receive(1, Message(ElectionMessageKind.Election, 6));
        election.Receive(2, Message(ElectionMessageKind.Coordinator, 6));
        Expect();
        election.Suspect(2);
        Expect("leader none in 6", "claim");
    }

    [Fact]
    public void Who_has_resigned_is_not_asked()
    {
        var election = Following(2, leader: 3, term: 5);
        election.Receive(3, Message(ElectionMessageKind.Resigned, 5));
        Expect("leader none in 5", "claim");
    }

    [Fact]
    public void A_node_that_is_heard_of_again_is_told_who_leads()
    {
        var election = Leading(3, term: 5);
        election.Suspect(1);
        election.Trust(1);
        Expect("1: Coordinator 5");
        election.Trust(2);
        Expect();
    }

    [Fact]
    public void A_suspected_node_that_says_something_is_asked_again()
    {
        var election = Following(1, leader: 3, term: 5);
        election.Suspect(2);
        election.Receive(2, Message(ElectionMessageKind.Answer, 5));
        election.Suspect(3);
        Expect("leader none in 5", "timer 100000", "2: Election 5");
    }

    [Fact]
    public void Who_does_not_vote_is_ignored()
    {
        var election = Following(2, leader: 3, term: 5);
        election.Receive(100, Message(ElectionMessageKind.Coordinator, 9));
        election.Receive(100, Message(ElectionMessageKind.Election, 9));
        election.Suspect(100);
        Expect();
    }

    private static ElectionMessage Message(ElectionMessageKind kind, long term) => new(kind, term);

    /// <param name="confirms">Whether the store answers at once that a term was given; else nobody does but the test.</param>
    private BullyElection Election(int id, bool parallel = true, bool confirms = true)
    {
        var host = new RecordedElectionHost(id, _done);
        var election = new BullyElection(host, [1, 2, 3], new ElectionOptions { Parallel = parallel });
        host.Confirmed = confirms ? () => election.TermConfirmed(true) : null;
        return election;
    }

    [Theory]
    [InlineData(ElectionMessageKind.Coordinator, "1")]
    [InlineData(ElectionMessageKind.Election, "anybody")]
    [InlineData(ElectionMessageKind.Answer, "anybody")]
    public void A_term_that_the_store_never_gave_ends_no_office(ElectionMessageKind kind, string whose)
    {
        var election = Election(3, confirms: false);
        election.Start();
        election.TermGranted(7);
        _done.Clear();
        election.Receive(1, Message(kind, 1_000_000));
        Expect($"is 1000000 {whose}'s?");
        Assert.True(election.IsLeader);
        election.TermConfirmed(false);
        Expect();
        Assert.Equal((true, 7L), (election.IsLeader, election.Term));
    }

    [Fact]
    public void Nobody_is_followed_in_a_term_before_the_store_has_confirmed_that_it_is_his()
    {
        var election = Election(1, confirms: false);
        election.Start();
        _done.Clear();
        election.Receive(2, Message(ElectionMessageKind.Coordinator, 4));
        Expect("is 4 2's?");
        Assert.Null(election.Leader);
        election.TermConfirmed(true);
        Expect("leader 2 in 4");

        // Known by now: repeated it costs no question, and of another one it is a lie.
        election.Receive(2, Message(ElectionMessageKind.Coordinator, 4));
        election.Receive(3, Message(ElectionMessageKind.Coordinator, 4));
        Expect();
        Assert.Equal((2, 4L), (election.Leader, election.Term));
    }

    /// <summary>Whoever floods a node makes the store answer one question after the other, and the node remember one message.</summary>
    [Fact]
    public void One_question_is_asked_at_a_time_and_of_each_node_the_latest_message_counts()
    {
        var election = Election(1, confirms: false);
        election.Start();
        _done.Clear();
        for (var term = 1; term <= 1000; term++)
        {
            election.Receive(2, Message(ElectionMessageKind.Coordinator, 1_000_000 + term));
        }

        election.Receive(3, Message(ElectionMessageKind.Coordinator, 5));
        Expect("is 1000001 2's?");
        election.TermConfirmed(false);
        Expect("is 1001000 2's?");
        election.Receive(2, Message(ElectionMessageKind.Coordinator, 2_000_000));
        election.TermConfirmed(false);
        Expect("is 5 3's?");
        election.TermConfirmed(true);
        Expect("leader 3 in 5", "is 2000000 2's?");
        election.TermConfirmed(false);
        election.TermConfirmed(true);
        Expect();
    }

    private BullyElection Following(int id, int leader, long term, bool parallel = true)
    {
        var election = Election(id, parallel);
        election.Start();
        election.Receive(leader, Message(ElectionMessageKind.Coordinator, term));
        Assert.Equal(ElectionState.Following, election.State);
        _done.Clear();
        return election;
    }

    private BullyElection Leading(int id, long term)
    {
        var election = Election(id);
        election.Start();
        if (election.State == ElectionState.Electing)
        {
            election.Fire("election");
        }

        election.TermGranted(term);
        _done.Clear();
        return election;
    }

    /// <summary>What was done since the last look, cancelled timers only where they are expected.</summary>
    private void Expect(params string[] expected)
    {
        Assert.Equal(expected, _done.Where(step => step != "no timer" || expected.Contains(step)));
        _done.Clear();
    }

    private long Rest()
    {
        var rest = _done.First(step => step.StartsWith("timer", StringComparison.Ordinal));
        _done.Remove(rest);
        return long.Parse(rest["timer ".Length..]);
    }
}
