using System.Net.Sockets;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>A loop that takes over descriptors which another thread has accepted.</summary>
internal interface IAcceptingLoop
{
    /// <summary>Serves a connection from now on.</summary>
    /// <returns>Null when it cannot; the caller closes the descriptor.</returns>
    LoopConnection? Adopt(int fd);
}

/// <summary>An acceptor thread and some event loops, which get its connections in turn.</summary>
internal static class AcceptingLoops
{
    /// <summary>Serves until <paramref name="stop"/>, and returns when the last connection is closed.</summary>
    public static async Task RunAsync<TLoop>(
        Socket listener, EngineContext context, int count, Func<int, TLoop> create, CancellationToken stop)
        where TLoop : EventLoop, IAcceptingLoop
    {
        var loops = new List<TLoop>();
        try
        {
            loops.AddRange(Enumerable.Range(0, count).Select(create));
            using var acceptor = new Acceptor<TLoop>(listener, context, loops);
            loops.ForEach(loop => loop.Start());
            await using (stop.UnsafeRegister(static acceptor => ((Acceptor<TLoop>)acceptor!).Stop(), acceptor))
            {
                await acceptor.RunAsync();
            }

            loops.ForEach(loop => loop.BeginStop());
            await Task.WhenAll(loops.Select(loop => loop.Ended));
        }
        finally
        {
            loops.ForEach(loop => loop.Dispose());
        }
    }
}

/// <summary>The thread that accepts.</summary>
internal sealed class Acceptor<TLoop>(Socket listener, EngineContext context, IReadOnlyList<TLoop> loops) : IDisposable
    where TLoop : EventLoop, IAcceptingLoop
{
    private readonly WakeUp _wakeUp = new();
    private readonly AcceptGate _gate = new(context.Logger);
    private volatile bool _isStopping;
    private int _next;

    public Task RunAsync() => Task.Factory.StartNew(
        Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Stop()
    {
        _isStopping = true;
        _wakeUp.Call();
    }

    public void Dispose() => _wakeUp.Dispose();

    private unsafe void Run()
    {
        var fd = (int)listener.Handle;
        NativeTcp.NeverBlock(fd);
        var waits = stackalloc Libc.PollFd[]
        {
            new Libc.PollFd { Fd = fd, Events = Constants.PollIn },
            new Libc.PollFd { Fd = _wakeUp.Fd, Events = Constants.PollIn },
        };
        while (!_isStopping)
        {
            _ = Libc.poll(waits, 2, -1);
            if (!_isStopping && !AcceptAll(fd))
            {
                _ = Libc.poll(waits + 1, 1, (int)AcceptGate.Pause.TotalMilliseconds);
            }
        }
    }

    /// <summary>Accepts until nobody waits.</summary>
    /// <returns>False when it had to stop before.</returns>
    private bool AcceptAll(int listenerFd)
    {
        while (!_isStopping)
        {
            if (!_gate.MayAccept())
            {
                return false;
            }

            var fd = NativeTcp.Accept(listenerFd);
            if (fd >= 0)
            {
                _gate.Accepted(fd);
                HandOver(fd);
            }
            else if (fd == -Errno.TryAgain)
            {
                return true;
            }
            else if (fd is -Errno.TooManyFiles or -Errno.TooManyFilesInSystem or -Errno.NoMemory or -Errno.NoBuffers)
            {
                _gate.Failed(Errno.Describe(-fd));
                return false;
            }

            // Any other failure concerns the one who came and is gone again (man 2 accept).
        }

        return true;
    }

    private void HandOver(int fd)
    {
        var loop = loops[_next];
        _next = (_next + 1) % loops.Count;
        if (ConnectionAdmission.Admit(loop, loops.Sum(static each => each.Open), fd) is null)
        {
            NativeTcp.Close(fd);
        }
    }
}

/// <summary>The limit on connections, as every loop keeps it.</summary>
internal static class ConnectionAdmission
{
    /// <summary>Who comes when all places are taken is told so; but not by more than this at once.</summary>
    private const int MaxRefusals = 256;

    /// <param name="loop">Where the connection shall be served.</param>
    /// <param name="open">Connections that the engine has.</param>
    /// <param name="fd">The accepted descriptor.</param>
    /// <returns>Null when the connection cannot be served, not even to be refused.</returns>
    public static LoopConnection? Admit(IAcceptingLoop loop, int open, int fd)
    {
        var most = loop is EventLoop { Context.Limits.MaxConnections: var limit } ? limit : int.MaxValue;
        if (open >= most + MaxRefusals || loop.Adopt(fd) is not { } connection)
        {
            return null;
        }

        if (open >= most)
        {
            connection.RefuseAtOnce();
        }

        return connection;
    }
}
