using System.Net.Sockets;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>An acceptor thread and some event loops, which get its connections in turn.</summary>
internal static class AcceptingLoops
{
    /// <summary>
    /// Serves until <paramref name="stop"/>, or until a part of it breaks, and returns when the last connection is closed.
    /// </summary>
    public static async Task RunAsync(
        Socket listener, EngineContext context, int count, Func<int, EventLoop> create, CancellationToken stop)
    {
        var loops = new List<EventLoop>(count);
        var running = new List<Task>(count);
        var accepting = Task.CompletedTask;
        using var acceptor = new Acceptor(listener, context, loops);
        try
        {
            for (var index = 0; index < count; index++)
            {
                loops.Add(create(index));
            }

            foreach (var loop in loops)
            {
                loop.Start();
                running.Add(loop.Ended);
            }

            accepting = acceptor.RunAsync();
            await using (stop.UnsafeRegister(static acceptor => ((Acceptor)acceptor!).Stop(), acceptor))
            {
                // It ends with the stop; a loop that ends before it has broken, and must get no more connections.
                await Task.WhenAny([accepting, .. running]);
            }
        }
        finally
        {
            // The acceptor first: what it hands over must find a loop that runs. Nothing is freed that a thread still uses.
            acceptor.Stop();
            await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            loops.ForEach(loop => loop.BeginStop());
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // One that broke keeps its memory: the kernel may still be busy for its connections.
            loops.Where(loop => !loop.Ended.IsFaulted).ToList().ForEach(loop => loop.Dispose());
        }

        await Task.WhenAll([accepting, .. running]);
    }
}

/// <summary>The thread that accepts.</summary>
internal sealed class Acceptor(Socket listener, EngineContext context, IReadOnlyList<EventLoop> loops) : IDisposable
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
            if (!_isStopping && !_gate.AcceptAll(fd, HandOver))
            {
                _ = Libc.poll(waits + 1, 1, (int)AcceptGate.Pause.TotalMilliseconds);
            }
        }
    }

    private void HandOver(int fd)
    {
        var loop = loops[_next];
        _next = (_next + 1) % loops.Count;
        loop.Admit(fd, loops.Sum(static each => each.Open));
    }
}
