namespace Lab.Coordination.Clocks;

/// <summary>
/// Berkeley clock synchronisation (R. Gusella, S. Zatti, "The Accuracy of the Clock Synchronization Achieved by TEMPO in Berkeley
/// UNIX 4.3BSD", 1989): a leader, whom somebody else elects, asks every member for its time, averages the clocks that agree, and
/// tells each its correction. Clocks agree with each other then, not with the world's time. Each round says how far two
/// clocks can be apart. Called by one thread at a time.
/// </summary>
public sealed class ClockSynchronization
{
    private const string Timer = "clocks";
    private const int MostSamples = 64;

    private readonly IClockHost _host;
    private readonly AdjustableClock _clock;
    private readonly ClockSynchronizationOptions _options;
    private readonly long _session;

    /// <summary>The highest term this node has been told of, and who leads in it.</summary>
    private (long Term, int? Leader) _led;

    /// <summary>The latest round in which this node was asked, or asks.</summary>
    private long _round;

    /// <summary>The correction of that round has been made.</summary>
    private bool _isAdjusted;

    private int[] _members = [];
    private ClockPoll? _poll;
    private long _roundStartUs;
    private int _sends;

    /// <param name="host">The node it is part of.</param>
    /// <param name="clock">To be synchronised; nobody else steps it.</param>
    /// <param name="options">See there.</param>
    public ClockSynchronization(IClockHost host, AdjustableClock clock, ClockSynchronizationOptions options)
    {
        if (options.Samples is < 1 or > MostSamples || options.MaxSends < 1 || options.MaxDriftPpm is < 0 or >= 1_000_000)
        {
            throw new ArgumentException($"samples 1 to {MostSamples}, sends from 1, and a drift of 0 to 999,999 ppm, not {options}", nameof(options));
        }

        (_host, _clock, _options) = (host, clock, options);
        _session = host.Random.NextInt64();
    }

    public bool IsLeading => _led.Leader == _host.Id;

    /// <summary>This node leads in that term, and synchronises these members from now on; called again in the same term, from the next round on.</summary>
    /// <param name="term">Given to no other leader, ever.</param>
    /// <param name="members">Ids; the node's own may be among them.</param>
    public void Lead(long term, IReadOnlyList<int> members)
    {
        var wasLeading = IsLeading && term == _led.Term;
        if (!Enter(term, _host.Id))
        {
            return;
        }

        _members = [.. members.Where(id => id != _host.Id).Distinct().Order()];
        if (!wasLeading)
        {
            StartRound();
        }
    }

    /// <summary>Another node leads in that term, or nobody is known to: its adjustments count, nobody else's.</summary>
    public void Follow(long term, int? leader)
    {
        if (Enter(term, leader) && _poll is not null)
        {
            _poll = null;
            _host.CancelTimer(Timer);
        }
    }

    /// <summary>Takes a message. Lost, late, doubled and reordered ones do no harm; those of other terms and rounds are ignored.</summary>
    public void Receive(int from, ClockMessage message)
    {
        if (message.Term != _led.Term)
        {
            return;
        }

        switch (message.Kind)
        {
            case ClockMessageKind.Poll when from == _led.Leader && !IsLeading && message.Round >= _round:
                _isAdjusted &= message.Round == _round;
                _round = message.Round;
                _host.Send(from, message with { Kind = ClockMessageKind.Reading, Session = _session, ValueUs = _clock.NowUs });
                break;
            case ClockMessageKind.Adjust when from == _led.Leader && !IsLeading && message.Round == _round && message.Session == _session:
                Adjust(from, message);
                break;
            case ClockMessageKind.Reading when IsLeading && message.Round == _round && _sends == 0:
                _poll?.Hear(from, message);
                if (_poll is { IsComplete: true })
                {
                    Conclude(_poll);
                }

                break;
            case ClockMessageKind.Adjusted when IsLeading && message.Round == _round && _sends > 0:
                _poll?.Confirm(from, message.Session);
                if (_poll is { IsAdjusted: true })
                {
                    End(_poll);
                }

                break;
        }
    }

    /// <summary>True when the timer was this one's.</summary>
    public bool Fire(string timer)
    {
        if (timer != Timer)
        {
            return false;
        }

        if (!IsLeading)
        {
            return true;
        }

        if (_poll is not { } poll)
        {
            StartRound();
        }
        else if (_sends > 0)
        {
            SendAdjustments(poll);
        }
        else if (poll.Sent < _options.Samples)
        {
            SendPolls(poll);
        }
        else
        {
            Conclude(poll);
        }

        return true;
    }

    /// <summary>False when the term is over.</summary>
    private bool Enter(long term, int? leader)
    {
        if (term < _led.Term)
        {
            return false;
        }

        if (term > _led.Term)
        {
            (_round, _isAdjusted, _poll) = (0, false, null);
        }

        _led = (term, leader);
        return true;
    }

    /// <summary>Once in a round: it may be said several times. What was said in earlier rounds was measured before the latest step.</summary>
    private void Adjust(int from, ClockMessage message)
    {
        if (!_isAdjusted)
        {
            _isAdjusted = true;
            _clock.Step(message.ValueUs);
        }

        _host.Send(from, message with { Kind = ClockMessageKind.Adjusted, ValueUs = 0 });
    }

    private void StartRound()
    {
        _round++;
        _sends = 0;
        _roundStartUs = _clock.UncorrectedUs;
        _poll = new ClockPoll(_host.Id, _members, _clock, _options);
        SendPolls(_poll);
    }

    private void SendPolls(ClockPoll poll)
    {
        var sample = poll.NextSample();
        _host.SetTimer(Timer, poll.Sent < _options.Samples ? _options.SampleIntervalUs : _options.ReplyTimeoutUs);
        foreach (var member in _members)
        {
            _host.Send(member, new ClockMessage(ClockMessageKind.Poll, _led.Term, _round, sample));
        }
    }

    private void Conclude(ClockPoll poll)
    {
        _clock.Step(poll.Conclude());
        SendAdjustments(poll);
    }

    private void SendAdjustments(ClockPoll poll)
    {
        if (_sends == _options.MaxSends || poll.IsAdjusted)
        {
            End(poll);
            return;
        }

        _sends++;
        _host.SetTimer(Timer, _options.ResendUs);
        foreach (var member in poll.Unconfirmed)
        {
            _host.Send(member.Id, new ClockMessage(ClockMessageKind.Adjust, _led.Term, _round, 0, poll.SessionOf(member.Id), member.CorrectionUs));
        }
    }

    private void End(ClockPoll poll)
    {
        _poll = null;
        _host.SetTimer(Timer, Math.Max(0, _roundStartUs + _options.PeriodUs - _clock.UncorrectedUs));
        _host.RoundEnded(poll.Result(_led.Term, _round));
    }
}
