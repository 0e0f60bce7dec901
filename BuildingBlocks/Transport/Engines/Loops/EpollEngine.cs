using System.Net.Sockets;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>
/// Edge-triggered epoll as in the report of the echo server: one thread accepts and hands each descriptor to one of the
/// workers in turn; each worker waits on an epoll instance of its own.
/// </summary>
/// <param name="workers">Worker threads; as many as there are processors when it is not given.</param>
public sealed class EpollEngine(int? workers = null) : IConnectionEngine
{
    public string Name => "epoll";

    public Task RunAsync(Socket listener, EngineContext context, CancellationToken stop)
    {
        var table = new ConnectionTable<ReadyConnection>(context.Limits);
        return AcceptingLoops.RunAsync(
            listener, context, workers ?? Environment.ProcessorCount, index => new EpollLoop(context, table, index), stop);
    }
}

/// <summary>A worker.</summary>
internal sealed class EpollLoop : EventLoop
{
    /// <summary>All that can ever be of interest is asked for once: no call to the kernel changes it afterwards.</summary>
    private const EpollEvents Interest =
        EpollEvents.In | EpollEvents.Out | EpollEvents.PeerClosed | EpollEvents.EdgeTriggered;

    private const EpollEvents PeerEnded = EpollEvents.PeerClosed | EpollEvents.HangUp | EpollEvents.Error;

    private readonly Epoll _epoll = new();
    private readonly ConnectionTable<ReadyConnection> _table;

    public EpollLoop(EngineContext context, ConnectionTable<ReadyConnection> table, int index)
        : base(context, $"epoll worker {index + 1}")
    {
        _table = table;
        _epoll.TryAdd(WakeUp.Fd, EpollEvents.In);
    }

    protected override LoopConnection? Adopt(int fd)
    {
        var connection = new ReadyConnection(fd, this);
        if (!_table.TryAdd(connection))
        {
            return null;
        }

        NoteOpened();
        if (!_epoll.TryAdd(fd, Interest))
        {
            // Not known to the kernel, so no event will come: the loop closes it.
            connection.Abort();
        }

        return connection;
    }

    protected override void ServeEvents(int timeoutMs)
    {
        var count = _epoll.Wait(timeoutMs);
        for (var index = 0; index < count; index++)
        {
            var (fd, events) = _epoll.Ready(index);
            if (fd == WakeUp.Fd)
            {
                NoteWoken();
            }
            else
            {
                _table[fd]?.BecameReady(
                    toReceive: (events & (EpollEvents.In | PeerEnded)) != EpollEvents.None,
                    toSend: (events & EpollEvents.Out) != EpollEvents.None,
                    peerHasEnded: (events & PeerEnded) != EpollEvents.None,
                    hasError: (events & EpollEvents.Error) != EpollEvents.None);
            }
        }
    }

    protected override IEnumerable<LoopConnection> Connections() => _table.Of(this);

    public override void NoteClosed(LoopConnection connection)
    {
        _table.Remove(connection);
        base.NoteClosed(connection);
    }

    public override void Dispose()
    {
        _epoll.Dispose();
        base.Dispose();
    }
}
