using System.Collections.Concurrent;
using System.Net.Sockets;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.Transport.Engines;

/// <summary>The open connections of an engine: accepts them, watches their clocks, closes them all.</summary>
internal sealed class ConnectionSet(EngineContext context) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<EngineConnection, Task> _connections = new();
    private readonly ConcurrentDictionary<Task, byte> _refusals = new();
    private readonly AcceptGate _gate = new(context.Logger);
    private int _open;

    /// <summary>
    /// Accepts until <paramref name="stop"/> and runs each connection; then closes all of them and waits for their ends.
    /// </summary>
    /// <param name="listener">Stays open.</param>
    /// <param name="open">Makes the engine's connection of an accepted socket.</param>
    /// <param name="run">Serves a connection to its end; must not throw.</param>
    public async Task ServeAsync<TConnection>(
        Socket listener, Func<Socket, TConnection> open, Func<TConnection, Task> run, CancellationToken stop)
        where TConnection : SocketConnection
    {
        using var sweeper = new PeriodicTimer(context.Limits.ClockCheckInterval);
        var sweeping = SweepAsync(sweeper);
        while (await AcceptAsync(listener, stop) is { } socket)
        {
            if (Volatile.Read(ref _open) >= context.Limits.MaxConnections)
            {
                Track(_refusals, RefuseAsync(socket));
                continue;
            }

            socket.NoDelay = true;
            Serve(open(socket), run);
        }

        foreach (var (connection, _) in _connections)
        {
            connection.BeginClose();
        }

        await Task.WhenAll(_connections.Values.Concat(_refusals.Keys));
        sweeper.Dispose();
        await sweeping;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (connection, _) in _connections)
        {
            connection.Abort();
        }

        await Task.WhenAll(_connections.Values);
    }

    private void Serve<TConnection>(TConnection connection, Func<TConnection, Task> run)
        where TConnection : SocketConnection
    {
        // Added before it runs, so that its own removal cannot come first.
        _connections[connection] = Task.CompletedTask;
        Interlocked.Increment(ref _open);
        _gate.Accepted(connection.Descriptor);
        var running = run(connection);
        _connections.TryUpdate(connection, running, Task.CompletedTask);
        _ = ForgetWhenDoneAsync(connection, running);
    }

    private async Task ForgetWhenDoneAsync(EngineConnection connection, Task running)
    {
        // However it has ended, its place is free.
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _connections.TryRemove(connection, out _);
        Interlocked.Decrement(ref _open);
        connection.Dispose();
    }

    private async Task SweepAsync(PeriodicTimer timer)
    {
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            var nowMs = Environment.TickCount64;
            foreach (var (connection, _) in _connections)
            {
                connection.CheckClocks(nowMs);
            }
        }
    }

    /// <summary>Null at the stop. Out of descriptors, the server waits until connections end: it survives.</summary>
    private async Task<Socket?> AcceptAsync(Socket listener, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (_gate.MayAccept())
                {
                    return await listener.AcceptAsync(stop);
                }

                await Task.Delay(AcceptGate.Pause, stop);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            catch (SocketException exception)
            {
                _gate.Failed(exception.Message);
                await Task.Delay(AcceptGate.Pause, CancellationToken.None);
            }
        }

        return null;
    }

    private async Task RefuseAsync(Socket socket)
    {
        using (socket)
        using (var deadline = new CancellationTokenSource(context.Limits.LingerTimeout))
        {
            try
            {
                using var frame = context.Handler.Refuse(TransportRefusal.TooManyConnections);
                await socket.SendAsync(frame.Wire, SocketFlags.None, deadline.Token);
                socket.Shutdown(SocketShutdown.Send);
                var waste = new byte[256];
                while (await socket.ReceiveAsync(waste, SocketFlags.None, deadline.Token) > 0)
                {
                }
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // A refused peer that does not listen: nothing is owed to it.
            }
            catch (Exception exception)
            {
                context.Logger.LogError(exception, "the handler failed; a connection is closed without a word");
            }
        }
    }

    private static void Track(ConcurrentDictionary<Task, byte> set, Task task)
    {
        set[task] = 0;
        _ = task.ContinueWith(done => set.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
