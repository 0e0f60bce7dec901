using Lab.Coordination.Failures;

namespace Lab.Tests.Unit.Coordination;

public class FailureDetectorTests
{
    private const long Beat = 20_000;
    private static readonly FailureDetectorOptions Options = new();
    private readonly FailureDetector _detector = new(Options);
    private long _now = 1_000_000;

    [Fact]
    public void A_silent_node_is_suspected_once_and_trusted_when_it_is_heard()
    {
        _detector.Watch(1, _now);
        _detector.Watch(2, _now);
        Beats(10, 1, 2);
        var silentSince = _now;
        var suspected = new List<int>();
        while (suspected.Count == 0)
        {
            suspected.AddRange(Beats(1, 2));
        }

        Assert.Equal([1], suspected);
        Assert.InRange(_now - silentSince, Options.MinTimeoutUs, Options.MinTimeoutUs + Beat);
        Assert.True(_detector.Suspects(1));
        Assert.Empty(Beats(100, 2));
        Assert.True(_detector.Heard(1, _now));
        Assert.False(_detector.Heard(1, _now));
        Assert.False(_detector.Suspects(1));
    }

    [Fact]
    public void A_node_that_was_never_heard_is_suspected_too()
    {
        _detector.Watch(1, _now);
        Assert.Equal([1], Beats(10));
    }

    [Fact]
    public void Who_is_not_watched_is_not_suspected()
    {
        _detector.Watch(1, _now);
        _detector.Forget(1);
        Assert.Empty(Beats(100));
        Assert.False(_detector.Heard(1, _now));
        Assert.Null(_detector.TimeoutUs(1));
    }

    [Fact]
    public void Regular_heartbeats_leave_the_timeout_at_its_floor()
    {
        _detector.Watch(1, _now);
        Beats(100, 1);
        Assert.Equal(Options.MinTimeoutUs, _detector.TimeoutUs(1));
    }

    /// <summary>Every fourth interval is 100 ms: their mean is 40 ms, the deviation 34.6 ms.</summary>
    [Fact]
    public void Irregular_ones_raise_it_to_the_mean_and_four_deviations()
    {
        _detector.Watch(1, _now);
        for (var round = 0; round < 30; round++)
        {
            Beats(4);
            Beats(4, 1);
        }

        Assert.Equal(40_000 + (4 * 34_641), _detector.TimeoutUs(1)!.Value, 10.0);
        Assert.Empty(Beats(8));
        Assert.Equal([1], Beats(2));
    }

    [Fact]
    public void Who_was_stopped_now_and_then_is_suspected_no_later_the_next_time()
    {
        _detector.Watch(1, _now);
        for (var stop = 0; stop < 6; stop++)
        {
            Beats(Options.Window / 2, 1);
            Beats(1000);
            _detector.Heard(1, _now);
            Assert.Equal(Options.MinTimeoutUs, _detector.TimeoutUs(1));
        }
    }

    [Fact]
    public void Who_is_silent_again_and_again_is_given_more_time_up_to_the_cap()
    {
        _detector.Watch(1, _now);
        for (var round = 0; round < Options.Window; round++)
        {
            Beats(10);
            _detector.Heard(1, _now);
        }

        Assert.InRange(_detector.TimeoutUs(1)!.Value, 200_000, 600_000);
        for (var round = 0; round < 10 * Options.Window; round++)
        {
            Beats(10 + (990 * (round % 2)));
            _detector.Heard(1, _now);
        }

        Assert.Equal(Options.MaxTimeoutUs, _detector.TimeoutUs(1));
    }

    [Fact]
    public void What_is_older_than_the_window_is_forgotten()
    {
        _detector.Watch(1, _now);
        for (var round = 0; round < 30; round++)
        {
            Beats(6);
            _detector.Heard(1, _now);
            Beats(1, 1);
        }

        Assert.True(_detector.TimeoutUs(1) > Options.MinTimeoutUs);
        Beats(Options.Window, 1);
        Assert.Equal(Options.MinTimeoutUs, _detector.TimeoutUs(1));
    }

    /// <summary>At the limit, and then held up: its heartbeat may be there, unread.</summary>
    [Fact]
    public void The_check_after_it_was_held_up_suspects_nobody_but_the_next_one_may()
    {
        _detector.Watch(1, _now);
        Beats(10, 1);
        Assert.Empty(Beats(6));
        _now += 60_000;
        Assert.Empty(_detector.Check(_now));
        Assert.Equal([1], Beats(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_it_was_held_up_itself_it_suspects_nobody(bool messagesFirst)
    {
        _detector.Watch(1, _now);
        _detector.Watch(2, _now);
        Beats(100, 1, 2);
        _now += 3_000_000;
        if (messagesFirst)
        {
            _detector.Heard(2, _now);
            Assert.Empty(_detector.Check(_now));
        }
        else
        {
            Assert.Empty(_detector.Check(_now));
            _detector.Heard(2, _now);
        }

        Assert.Empty(Beats(4, 2));
        Assert.Equal(Options.MinTimeoutUs, _detector.TimeoutUs(2));
        Assert.Equal([1], Beats(4, 2));
    }

    /// <summary>Each check comes 30 ms late: silence is then measured in time in which this process ran.</summary>
    [Fact]
    public void A_process_that_is_always_late_suspects_nevertheless()
    {
        _detector.Watch(1, _now);
        Beats(10, 1);
        var checks = 0;
        do
        {
            checks++;
            _now += 50_000;
        }
        while (_detector.Check(_now).Count == 0 && checks < 100);
        Assert.InRange(checks, 6, 10);
    }

    [Fact]
    public void What_another_source_knows_lasts_until_the_next_sign_of_life()
    {
        _detector.Watch(1, _now);
        _detector.Suspect(1);
        Assert.True(_detector.Suspects(1));
        Assert.Empty(Beats(50));
        Assert.True(_detector.Heard(1, _now));
    }

    /// <summary>So many pauses between heartbeats, after each of which these nodes are heard.</summary>
    private List<int> Beats(int count, params int[] heard)
    {
        List<int> suspected = [];
        for (var beat = 0; beat < count; beat++)
        {
            _now += Beat;
            foreach (var node in heard)
            {
                _detector.Heard(node, _now);
            }

            suspected.AddRange(_detector.Check(_now));
        }

        return suspected;
    }
}
