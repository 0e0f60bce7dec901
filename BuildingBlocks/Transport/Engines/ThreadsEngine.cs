using System.Globalization;
using System.Net.Sockets;
using Lab.Transport.Frames;

namespace Lab.Transport.Engines;

/// <summary>One blocking thread per connection, which serves one request after the other: what most course projects do.</summary>
public sealed class ThreadsEngine : IConnectionEngine
{
    private readonly ConnectionThreadLimits _threads;

    public ThreadsEngine()
        : this(new ConnectionThreadLimits())
    {
    }

    internal ThreadsEngine(ConnectionThreadLimits threads) => _threads = threads;

    /// <summary>A thread takes its stack, its signal stack and a guard page for each.</summary>
    private const int MappingsPerThread = 4;

    /// <summary>For everything else in the process.</summary>
    private const int OtherMappings = 5000;

    public string Name => "threads";

    /// <summary>
    /// How many threads the kernel lets a process have memory mappings for (vm.max_map_count): one more, and the runtime ends
    /// the process. And not more than half of the numbers that all threads of the machine, or of the container, share.
    /// </summary>
    public static int MostConnections() => Math.Max(1, Math.Min(
        (Setting("/proc/sys/vm/max_map_count") - OtherMappings) / MappingsPerThread,
        Math.Min(Setting("/proc/sys/kernel/pid_max"), Setting("/sys/fs/cgroup/pids.max")) / 2));

    private static int Setting(string file) =>
        File.Exists(file) && int.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out var value) ? value : int.MaxValue;

    public async Task RunAsync(Socket listener, EngineContext context, CancellationToken stop)
    {
        context = context with
        {
            Limits = context.Limits with { MaxConnections = Math.Min(context.Limits.MaxConnections, MostConnections()) },
        };
        using var threads = new ConnectionThreads(_threads, context.Logger);
        await using var connections = new ConnectionSet(context);
        await connections.ServeAsync(listener, socket => new ThreadConnection(socket, context), threads.RunAsync, stop);
    }
}

/// <summary>A connection with a thread of its own.</summary>
internal sealed class ThreadConnection(Socket socket, EngineContext context) : SocketConnection(socket, context)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _sendGate = new();
    private readonly object _roomGate = new();

    public Task Ended => _ended.Task;

    /// <summary>Serves it to its end, on a thread that has nothing else to do until then. Does not throw.</summary>
    public void Run()
    {
        try
        {
            ServeRequests();
            EndAsync().GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer reset the connection, or one of its clocks ran out.
        }
        catch (Exception exception)
        {
            LogFailure(exception);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    /// <summary>There is no thread for it: tells its peer so, and ends it. Does not throw.</summary>
    public async Task RefuseAsync()
    {
        try
        {
            Refuse(TransportRefusal.TooManyConnections);
            await EndAsync();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private void ServeRequests()
    {
        using var answered = new ReplyWait();
        while (!IsClosing)
        {
            var received = Socket.Receive(Reader.Free().Span, SocketFlags.None);
            if (received == 0)
            {
                return;
            }

            Reader.Received(received);
            NoteReceived(received);
            var requests = 0;
            FrameStatus status;
            while ((status = Reader.TryRead(out var payload)) == FrameStatus.Complete)
            {
                if (RoomFor(payload.Span) is not { } room || !WaitForRoom(room))
                {
                    return;
                }

                Serve(payload, room, answered);
                requests++;
            }

            NoteTaken(requests, Reader.PartialBytes > 0);
            if (status == FrameStatus.TooLarge)
            {
                Refuse(TransportRefusal.FrameTooLarge);
            }
        }
    }

    /// <summary>As <see cref="EngineConnection.Dispatch"/>, on this thread.</summary>
    private void Serve(ReadOnlyMemory<byte> payload, int roomBytes, ReplyWait answered)
    {
        OutgoingFrame? reply = null;
        try
        {
            reply = answered.Wait(Handler.HandleAsync(payload, CancellationToken.None));
        }
        finally
        {
            Answer(reply, roomBytes);
        }
    }

    /// <summary>It holds no other reply, so it waits only while the others hold too much.</summary>
    /// <returns>False when no more requests are taken.</returns>
    private bool WaitForRoom(int bytes)
    {
        while (!TryTakeRoom(bytes))
        {
            if (IsClosing || IsAborted)
            {
                return false;
            }

            lock (_roomGate)
            {
                Monitor.Wait(_roomGate, AcceptGate.Pause);
            }
        }

        return true;
    }

    protected override void Resume()
    {
        lock (_roomGate)
        {
            Monitor.Pulse(_roomGate);
        }
    }

    /// <summary>There are none: one request after the other.</summary>
    protected override void GiveSlotBack()
    {
    }

    protected override void SendRefusal(TransportRefusal refusal)
    {
        try
        {
            Send(Refusal(refusal));
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer is gone: there is nobody to refuse.
        }
    }

    protected override void Send(Reply reply)
    {
        try
        {
            lock (_sendGate)
            {
                NoteSendStarted();
                for (var rest = reply.Frame.Wire.Span; rest.Length > 0;)
                {
                    rest = rest[Socket.Send(rest, SocketFlags.None)..];
                }

                NoteSendEnded();
            }
        }
        finally
        {
            Release(reply);
        }
    }

    /// <summary>Blocks for a task without the spinning of <c>Task.Wait</c>, which costs the other threads their core.</summary>
    private sealed class ReplyWait : IDisposable
    {
        private readonly ManualResetEventSlim _ready = new(initialState: false, spinCount: 0);
        private readonly Action _set;

        public ReplyWait() => _set = _ready.Set;

        public OutgoingFrame? Wait(ValueTask<OutgoingFrame?> reply)
        {
            var awaiter = reply.GetAwaiter();
            if (!awaiter.IsCompleted)
            {
                _ready.Reset();
                awaiter.UnsafeOnCompleted(_set);
                _ready.Wait();
            }

            return awaiter.GetResult();
        }

        public void Dispose() => _ready.Dispose();
    }
}
