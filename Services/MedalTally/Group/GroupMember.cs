using System.Net.Sockets;
using System.Text;
using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.Coordination.Failures;
using Lab.Coordination.Multicast;
using Lab.MedalTally.Stores;
using Lab.Threading;
using Lab.Transport;
using Lab.Transport.Engines;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Group;

/// <summary>
/// A member of a group: gives the algorithms of coordination what they do not have, which is sockets, a clock, timers and the register.
/// One thread does all that they do; what they want to send leaves at the end of each turn.
/// </summary>
internal sealed class GroupMember : IElectionHost, IClockHost, IMulticastHost, IAsyncDisposable
{
    private const int MostWaiting = 65_536;
    private const int KeptRounds = 100;
    /// <summary>Whose clock is further off than this from those of most others does not count in their average: it is broken.</summary>
    private const long ClockToleranceUs = 15_000_000;

    private const string HeartbeatTimer = "heartbeat";
    private const string Engine = "epoll";

    /// <summary>Whose connection lives and who says nothing for long has been stopped. Patient: on a busy machine everybody waits for a processor.</summary>
    private static readonly FailureDetectorOptions Patience = new() { HeartbeatUs = 100_000, MinTimeoutUs = 1_000_000 };

    private readonly GroupSettings _settings;
    private readonly GroupPlace _place;
    private readonly Func<RegisterRequest, Task<RegisterReply>> _register;
    private readonly ILogger _logger;
    private readonly EventThread _thread;
    private readonly FrameServer _server;
    private readonly FailureDetector _detector = new(Patience);
    private readonly AdjustableClock _clock;
    private readonly BullyElection _election;
    private readonly ClockSynchronization _clocks;
    private readonly OrderedMulticast? _multicast;
    private readonly Raffle _raffle = new();
    private readonly GroupTrace _trace;
    private readonly List<ClockRound> _rounds = [];

    /// <summary>Own messages that somebody waits for, by their number.</summary>
    private readonly Dictionary<long, Action<long?>> _awaited = [];
    private GroupConnections? _others;

    /// <param name="settings">Of the group.</param>
    /// <param name="place">Of the member.</param>
    /// <param name="register">Asks the group's register; may throw a <see cref="StoreException"/>.</param>
    /// <param name="failed">Told of a defect: the member does nothing any more.</param>
    /// <param name="logger">For what goes wrong.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public GroupMember(
        GroupSettings settings, GroupPlace place, Func<RegisterRequest, Task<RegisterReply>> register, Action<Exception> failed, ILogger logger)
    {
        (_settings, _place, _register, _logger) = (settings, place, register, logger);
        Random = new Random(HashCode.Combine(settings.Run, place.Id));
        _trace = new GroupTrace(place.Id, settings.Order != RequestOrder.None);
        var handler = new GroupHandler(settings.Run, Encoding.UTF8.GetBytes(place.Secret), frame => _thread!.TryPost(() => Receive(frame)));
        _server = new FrameServer(
            place.Listen, handler, new ConnectionLimits { MaxConnections = 256, MaxPipelined = 256 }, logger, failed, new FrameServerOptions { Workers = 1 });
        _thread = new EventThread("group", MostWaiting) { TurnEnded = EndTurn, Failed = failed };
        var ids = Enumerable.Range(0, settings.Members).ToList();
        _clock = new AdjustableClock(
            () => MonotonicClock.NowUs, settings.OffsetsUs.ElementAtOrDefault(place.Id), settings.DriftsPpm.ElementAtOrDefault(place.Id));
        _election = new BullyElection(this, ids, new ElectionOptions());
        _clocks = new ClockSynchronization(this, _clock, new ClockSynchronizationOptions
        {
            PeriodUs = settings.ClockPeriodMs * 1000L,
            ToleranceUs = ClockToleranceUs,
            MaxDriftPpm = GroupSettings.MostDriftPpm,
        });
        _multicast = settings.Order == RequestOrder.None
            ? null
            : new OrderedMulticast(
                this, ids, (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, new MulticastOptions { Algorithm = settings.Algorithm });
    }

    public GroupSettings Settings => _settings;

    public int Id => _place.Id;

    public Random Random { get; }

    /// <summary>Takes part.</summary>
    public async Task BeginAsync()
    {
        _others = new GroupConnections(_place, _settings.Run, id => _thread.Post(() => Lose(id)), _logger);
        _thread.Post(Begin);
        _thread.Start();
        await _server.SwitchEngineAsync(Engine, CancellationToken.None);
    }

    public Task<GroupState> StateAsync() => OnThreadAsync(() =>
    {
        var (monotonicUs, clockUs) = (MonotonicClock.NowUs, _clock.NowUs);
        return new GroupState(
            _settings.Run,
            Id,
            _election.Leader,
            _election.Term,
            _multicast is { State: MulticastState.Active } ? [.. _multicast.View.Members.Select(member => member.Id)] : [],
            _multicast?.Place ?? 0,
            _raffle.Hash,
            _raffle.Requests,
            _raffle.Entries,
            _raffle.Winner,
            monotonicUs,
            clockUs,
            [.. _rounds]);
    });

    /// <summary>Forgets what it has noted, and notes what happens from now on.</summary>
    public Task<bool> BeginTraceAsync() => OnThreadAsync(() =>
    {
        _trace.Begin();
        return true;
    });

    /// <summary>What it has noted.</summary>
    public Task<IReadOnlyList<GroupEvent>> TraceAsync() => OnThreadAsync(() => _trace.Events);

    /// <summary>Puts a message into the order.</summary>
    /// <returns>Its place.</returns>
    /// <exception cref="StoreException">It has none, or nobody knows.</exception>
    public Task<long> OrderAsync(byte[] message)
    {
        var placed = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_thread.TryPost(() => Submit(message, place => Settle(placed, place))))
        {
            placed.SetException(new StoreException("too many requests wait to be ordered", isOutcomeUnknown: false));
        }

        return placed.Task;
    }

    /// <summary>Orders messages of its own, and measures it.</summary>
    /// <exception cref="StoreException">It is no member.</exception>
    public Task<OrderingResult> MeasureAsync(OrderingOrder order)
    {
        if (order is { Bytes: < 16 or > 4096 } or { Messages: < 1 or > 100_000_000 } or { Window: < 1 or > 10_000 } or { LongestMs: < 1 or > 600_000 })
        {
            throw new StoreException("messages of 16 to 4096 bytes, at most 10000 at once, for at most ten minutes", isOutcomeUnknown: false);
        }

        var measuring = new OrderingMeasurement(order, Submit);
        return _thread.TryPost(measuring.Begin)
            ? measuring.Result
            : throw new StoreException("the group has ended, or too much waits", isOutcomeUnknown: false);
    }

    public async ValueTask DisposeAsync()
    {
        _thread.Dispose();
        await _server.DisposeAsync();
        await (_others?.DisposeAsync() ?? default);

        _awaited.Values.ToList().ForEach(awaited => awaited(null));
    }

    void IElectionHost.Send(int to, ElectionMessage message) => _others!.Queue(to, GroupFrames.Of(Id, message));

    void IClockHost.Send(int to, ClockMessage message)
    {
        _trace.Note(GroupEventKind.Sent, to, message);
        _others!.Queue(to, GroupFrames.Of(Id, message));

        // What it says is the time now.
        _others!.Flush(to);
    }

    void IMulticastHost.Send(int to, MulticastMessage message)
    {
        _trace.Note(GroupEventKind.Sent, to, message);
        _others!.Queue(to, GroupFrames.Of(Id, message));
    }

    public void SetTimer(string timer, long delayUs) => _thread.Timers.Set(timer, delayUs, () => Fire(timer));

    public void CancelTimer(string timer) => _thread.Timers.Cancel(timer);

    public void ClaimTerm() => _ = AskAsync(
        new RegisterRequest(_settings.Run, Id, ClaimsTerm: true), reply => _election.TermGranted(reply.Term), _election.TermRefused);

    public void ConfirmTerm(long term, int? leader) => _ = AskAsync(
        new RegisterRequest(_settings.Run, Id, Term: term, Leader: leader), reply => _election.TermConfirmed(reply.WasGiven), () => _election.TermConfirmed(false));

    public void ClaimView(GroupView view) => _ = AskAsync(
        new RegisterRequest(_settings.Run, Id, View: view), reply => _multicast!.ViewAnswered(reply.View), () => _multicast!.ViewAnswered(null));

    public void ReadView() => _ = AskAsync(
        new RegisterRequest(_settings.Run, Id), reply => _multicast!.ViewAnswered(reply.View), () => _multicast!.ViewAnswered(null));

    public void LeaderChanged(int? leader, long term)
    {
        if (leader == Id)
        {
            _clocks.Lead(term, [.. Enumerable.Range(0, _settings.Members)]);
        }
        else
        {
            _clocks.Follow(term, leader);
        }
    }

    public void RoundEnded(ClockRound round)
    {
        _trace.NoteStep(round.Members[0].CorrectionUs);
        _rounds.Add(round);
        if (_rounds.Count > KeptRounds)
        {
            _rounds.RemoveAt(0);
        }
    }

    public void Deliver(long place, int sender, long number, ReadOnlyMemory<byte> payload)
    {
        _raffle.Deliver(place, sender, payload.Span);
        _trace.NoteDelivered(place);
        if (sender == Id && _awaited.Remove(number, out var awaited))
        {
            awaited(place);
        }
    }

    void IMulticastHost.ViewInstalled(GroupView view, long place)
    {
    }

    public ReadOnlyMemory<byte> Snapshot() => _raffle.Snapshot();

    public void Restore(long place, ReadOnlyMemory<byte> snapshot) => _raffle.Restore(snapshot);

    public void Excluded(long firstLost, int lost)
    {
        for (var number = firstLost; number < firstLost + lost; number++)
        {
            if (_awaited.Remove(number, out var awaited))
            {
                awaited(null);
            }
        }
    }

    private static void Settle(TaskCompletionSource<long> placed, long? place)
    {
        if (place is { } known)
        {
            placed.SetResult(known);
        }
        else
        {
            placed.SetException(new StoreException("this front-end is not in the group now, and nobody knows whether the request has a place in the order", isOutcomeUnknown: true));
        }
    }

    private void Begin()
    {
        for (var id = 0; id < _settings.Members; id++)
        {
            if (id != Id)
            {
                _detector.Watch(id, MonotonicClock.NowUs);
            }
        }

        if (_settings.Traces)
        {
            _trace.Begin();
        }

        _election.Start();
        _multicast?.Start();
        Beat();
    }

    /// <returns>False: it is no member now, or too much of it waits.</returns>
    private bool Submit(ReadOnlySpan<byte> message, Action<long?> delivered)
    {
        if (_multicast is null || !_multicast.TrySubmit(message, out var number))
        {
            return false;
        }

        _awaited.Add(number, delivered);
        return true;
    }

    private void Submit(byte[] message, Action<long?> delivered)
    {
        if (!Submit(message.AsSpan(), delivered))
        {
            delivered(null);
        }
    }

    private void Receive(GroupFrame frame)
    {
        if (frame.From >= _settings.Members || frame.From == Id)
        {
            return;
        }

        _others!.Hurry(frame.From);
        _detector.Heard(frame.From, MonotonicClock.NowUs);
        _election.Trust(frame.From);
        _multicast?.Trust(frame.From);
        if (frame.Multicast is { } multicast)
        {
            _trace.Note(GroupEventKind.Received, frame.From, multicast);
            _multicast?.Receive(frame.From, multicast);
        }
        else if (frame.Clock is { } clock)
        {
            _trace.Note(GroupEventKind.Received, frame.From, clock);
            var before = _clock.CorrectionUs;
            _clocks.Receive(frame.From, clock);
            if (_clock.CorrectionUs != before)
            {
                _trace.NoteStep(_clock.CorrectionUs - before);
            }
        }
        else if (frame.Election is { } election)
        {
            _election.Receive(frame.From, election);
        }
    }

    private void Lose(int member)
    {
        _detector.Suspect(member);
        _election.Suspect(member);
        _multicast?.Suspect(member);
    }

    private void Fire(string timer)
    {
        if (timer == HeartbeatTimer)
        {
            Beat();
        }
        else if (!_election.Fire(timer) && !_clocks.Fire(timer))
        {
            _multicast?.Fire(timer);
        }
    }

    private void Beat()
    {
        for (var id = 0; id < _settings.Members; id++)
        {
            if (id != Id)
            {
                _others!.Queue(id, GroupFrames.Heartbeat(Id));
            }
        }

        foreach (var silent in _detector.Check(MonotonicClock.NowUs))
        {
            Lose(silent);
        }

        SetTimer(HeartbeatTimer, Patience.HeartbeatUs);
    }

    private void EndTurn()
    {
        _multicast?.EndTurn();
        _others!.Flush();
    }

    private async Task AskAsync(RegisterRequest request, Action<RegisterReply> answered, Action failed)
    {
        try
        {
            var reply = await _register(request);
            _thread.Post(() => answered(reply));
        }
        catch (StoreException exception)
        {
            _logger.LogWarning("the group's register does not answer: {Reason}", exception.Message);
            _thread.Post(failed);
        }
    }

    private Task<T> OnThreadAsync<T>(Func<T> ask)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_thread.TryPost(() => answer.SetResult(ask())))
        {
            answer.SetException(new StoreException("the group has ended, or too much waits", isOutcomeUnknown: false));
        }

        return answer.Task;
    }
}
