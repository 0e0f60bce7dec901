using System.Net.Sockets;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>
/// One thread with poll(2), level-triggered: the classic select server. Every wait shows the kernel all descriptors, so
/// that its cost grows with the connections and not with the traffic. (select(2) itself ends at descriptor 1023.)
/// </summary>
public sealed class PollEngine : IConnectionEngine
{
    public string Name => "select";

    public async Task RunAsync(Socket listener, EngineContext context, CancellationToken stop)
    {
        using var loop = new PollLoop(listener, context);
        await using (stop.UnsafeRegister(static loop => ((PollLoop)loop!).BeginStop(), loop))
        {
            loop.Start();
            await loop.Ended;
        }
    }
}

/// <summary>The thread: accepts, receives, answers.</summary>
internal sealed unsafe class PollLoop : EventLoop
{
    private const int WakeUpIndex = 0;
    private const int ListenerIndex = 1;
    private const int FirstConnection = 2;

    private readonly int _listenerFd;
    private readonly AcceptGate _gate;

    /// <summary>Two lists of equal order: what the kernel is shown, and whose it is.</summary>
    private readonly List<ReadyConnection?> _connections = [null, null];
    private readonly Dictionary<int, int> _indexOfDescriptor = [];
    private Libc.PollFd[] _waits = new Libc.PollFd[64];
    private long _acceptAgainMs;

    public PollLoop(Socket listener, EngineContext context)
        : base(context, "select")
    {
        _listenerFd = (int)listener.Handle;
        NativeTcp.NeverBlock(_listenerFd);
        _gate = new AcceptGate(context.Logger);
        _waits[WakeUpIndex] = new Libc.PollFd { Fd = WakeUp.Fd, Events = Constants.PollIn };
    }

    /// <summary>The kernel is shown with the next wait that it wants to; the loop may be waiting just now.</summary>
    public override void NoteWantsToSend(LoopConnection connection)
    {
        if (!IsCurrent)
        {
            Post(connection);
        }
    }

    protected override LoopConnection? Adopt(int fd)
    {
        if (_connections.Count == _waits.Length)
        {
            Array.Resize(ref _waits, _waits.Length * 2);
        }

        var connection = new ReadyConnection(fd, this);
        _indexOfDescriptor[fd] = _connections.Count;
        _waits[_connections.Count] = new Libc.PollFd { Fd = fd };
        _connections.Add(connection);
        NoteOpened();
        return connection;
    }

    public override void NoteClosed(LoopConnection connection)
    {
        // The last one takes the place of the one that goes.
        _indexOfDescriptor.Remove(connection.Fd, out var index);
        var last = _connections.Count - 1;
        if (index != last)
        {
            _connections[index] = _connections[last];
            _waits[index] = _waits[last];
            _indexOfDescriptor[_connections[index]!.Fd] = index;
        }

        _connections.RemoveAt(last);
        base.NoteClosed(connection);
    }

    protected override IEnumerable<LoopConnection> Connections() => _connections.OfType<LoopConnection>();

    protected override void ServeEvents(int timeoutMs)
    {
        var nowMs = Environment.TickCount64;
        var acceptsNow = !IsStopping && nowMs >= _acceptAgainMs;
        _waits[ListenerIndex] = new Libc.PollFd { Fd = acceptsNow ? _listenerFd : -1, Events = Constants.PollIn };
        for (var index = FirstConnection; index < _connections.Count; index++)
        {
            var connection = _connections[index]!;
            _waits[index].Events = (short)((connection.WantsToReceive ? Constants.PollIn : 0) | (connection.WantsToSend ? Constants.PollOut : 0));
        }

        if (!IsStopping && !acceptsNow)
        {
            timeoutMs = (int)Math.Min((uint)timeoutMs, _acceptAgainMs - nowMs);
        }

        int ready;
        fixed (Libc.PollFd* waits = _waits)
        {
            ready = Libc.poll(waits, (nuint)_connections.Count, timeoutMs);
        }

        if (ready > 0)
        {
            ServeReady(ready);
        }
    }

    private void ServeReady(int ready)
    {
        // From the end: a connection that is closed is replaced by one that has been looked at.
        for (var index = _connections.Count - 1; index >= FirstConnection && ready > 0; index--)
        {
            int events = _waits[index].ReturnedEvents;
            if (events != 0)
            {
                ready--;
                _waits[index].ReturnedEvents = 0;
                _connections[index]!.BecameReady(
                    toReceive: (events & (Constants.PollIn | Constants.PollHangUp | Constants.PollError)) != 0,
                    toSend: (events & Constants.PollOut) != 0,
                    peerHasEnded: false,
                    hasError: (events & (Constants.PollError | Constants.PollHangUp)) != 0);
            }
        }

        if (_waits[WakeUpIndex].ReturnedEvents != 0)
        {
            NoteWoken();
        }

        if (_waits[ListenerIndex].ReturnedEvents != 0 && !_gate.AcceptAll(_listenerFd, fd => Admit(fd, Open)))
        {
            _acceptAgainMs = Environment.TickCount64 + (long)AcceptGate.Pause.TotalMilliseconds;
        }
    }
}
