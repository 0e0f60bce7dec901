using System.Collections.Concurrent;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>
/// A thread that serves many connections: waits until any of them needs it, serves those, waits again. It alone receives
/// and closes; other threads hand over by <see cref="Post"/>.
/// </summary>
internal abstract class EventLoop : IDisposable
{
    private const int StopCheckMs = 50;

    /// <summary>Who comes when all places are taken is told so; but not more than this at once.</summary>
    private const int MaxRefusals = 256;

    private readonly ConcurrentQueue<LoopConnection> _posted = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;
    private int _wasCalled;
    private volatile bool _isStopping;

    protected EventLoop(EngineContext context, string name)
    {
        Context = context;
        _thread = new Thread(RunThread) { IsBackground = true, Name = name };
    }

    /// <summary>Completes when the loop has served its last connection; fails when the loop breaks.</summary>
    public Task Ended => _ended.Task;

    public EngineContext Context { get; }

    /// <summary>The caller is the loop itself.</summary>
    public bool IsCurrent => Environment.CurrentManagedThreadId == _thread.ManagedThreadId;

    /// <summary>Connections it has.</summary>
    public int Open => Volatile.Read(ref _open);

    protected bool IsStopping => _isStopping;

    protected WakeUp WakeUp { get; } = new();

    public void Start() => _thread.Start();

    /// <summary>Answers what is under way, closes all connections, ends. May be called again.</summary>
    public void BeginStop()
    {
        _isStopping = true;
        WakeUp.Call();
    }

    /// <summary>Lets the loop go on with a connection: something has changed that only the loop may act upon.</summary>
    public void Post(LoopConnection connection)
    {
        _posted.Enqueue(connection);
        if (!IsCurrent && Interlocked.Exchange(ref _wasCalled, 1) == 0)
        {
            WakeUp.Call();
        }
    }

    /// <summary>Serves an accepted connection from now on; one over the limit is told so and let go.</summary>
    /// <param name="fd">Closed where it cannot even be told.</param>
    /// <param name="open">Connections that the engine has.</param>
    public void Admit(int fd, int open)
    {
        var most = Context.Limits.MaxConnections;
        if (open >= most + MaxRefusals || Adopt(fd) is not { } connection)
        {
            NativeTcp.Close(fd);
        }
        else if (open >= most)
        {
            connection.RefuseAtOnce();
        }
    }

    /// <summary>A thread could not send everything; the loop tells when it can.</summary>
    public virtual void NoteWantsToSend(LoopConnection connection)
    {
    }

    /// <summary>Has taken over a connection; called by the thread that accepted it, before the first event can come.</summary>
    protected void NoteOpened() => Interlocked.Increment(ref _open);

    /// <summary>The connection's descriptor will be closed: forget it.</summary>
    public virtual void NoteClosed(LoopConnection connection) => Interlocked.Decrement(ref _open);

    public virtual void Dispose() => WakeUp.Dispose();

    /// <summary>Makes a connection of an accepted descriptor; called by the thread that accepts.</summary>
    /// <returns>Null when it cannot.</returns>
    protected abstract LoopConnection? Adopt(int fd);

    /// <summary>Waits for events at most so long (-1: for ever) and serves them; called again and again.</summary>
    protected abstract void ServeEvents(int timeoutMs);

    /// <summary>All connections of this loop.</summary>
    protected abstract IEnumerable<LoopConnection> Connections();

    /// <summary>To be called when <see cref="WakeUp"/> ended a wait.</summary>
    protected void NoteWoken()
    {
        WakeUp.Reset();
        Interlocked.Exchange(ref _wasCalled, 0);
    }

    private void RunThread()
    {
        try
        {
            Run();
            _ended.SetResult();
        }
        catch (Exception exception)
        {
            // Nobody would notice by itself: the others go on, and health is asked for elsewhere.
            _ended.SetException(exception);
            Context.Broken(exception);
        }
    }

    private void Run()
    {
        var checkMs = (int)Context.Limits.ClockCheckInterval.TotalMilliseconds;
        var nextCheckMs = Environment.TickCount64 + checkMs;
        var saidStop = false;
        while (!_isStopping || Open > 0)
        {
            // Without connections there is nothing to time: an idle server sleeps.
            ServeEvents(!_posted.IsEmpty ? 0 : Open == 0 ? -1 : (int)Math.Clamp(nextCheckMs - Environment.TickCount64, 0, checkMs));
            ServePosted();
            var nowMs = Environment.TickCount64;
            if (_isStopping && !saidStop)
            {
                saidStop = true;
                checkMs = Math.Min(checkMs, StopCheckMs);
                nextCheckMs = nowMs + checkMs;
                foreach (var connection in Connections())
                {
                    connection.BeginClose();
                }
            }
            else if (nowMs >= nextCheckMs)
            {
                nextCheckMs = nowMs + checkMs;
                foreach (var connection in Connections())
                {
                    connection.CheckClocks(nowMs);
                }
            }
        }
    }

    private void ServePosted()
    {
        // Only those that are there now: a connection that always has more to do must not keep the others waiting.
        for (var count = _posted.Count; count > 0 && _posted.TryDequeue(out var connection); count--)
        {
            connection.Advance();
        }
    }
}
