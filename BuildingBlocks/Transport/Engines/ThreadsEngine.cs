using System.Globalization;
using System.Net.Sockets;
using Lab.Transport.Frames;

namespace Lab.Transport.Engines;

/// <summary>One blocking thread per connection, which serves one request after the other: what most course projects do.</summary>
public sealed class ThreadsEngine : IConnectionEngine
{
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
        await using var connections = new ConnectionSet(context);
        await connections.ServeAsync(
            listener, socket => new ThreadConnection(socket, context), connection => connection.RunAsync(), stop);
    }
}

/// <summary>A connection with a thread of its own.</summary>
internal sealed class ThreadConnection(Socket socket, EngineContext context) : SocketConnection(socket, context)
{
    private const int StackBytes = 256 * 1024;

    private readonly Lock _sendGate = new();

    public Task RunAsync()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => Run(ended), StackBytes) { IsBackground = true, Name = "connection" };
        thread.Start();
        return ended.Task;
    }

    private void Run(TaskCompletionSource ended)
    {
        try
        {
            Socket.SendTimeout = (int)Context.Limits.SendTimeout.TotalMilliseconds;
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
            ended.SetResult();
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
                if (answered.Wait(Handler.HandleAsync(payload, CancellationToken.None)) is { } reply)
                {
                    Send(reply);
                }

                requests++;
            }

            NoteTaken(requests, Reader.PartialBytes > 0);
            if (status == FrameStatus.TooLarge)
            {
                Refuse(TransportRefusal.FrameTooLarge);
            }
        }
    }

    protected override void SendRefusal(TransportRefusal refusal)
    {
        try
        {
            Send(Context.Handler.Refuse(refusal));
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer is gone: there is nobody to refuse.
        }
    }

    private void Send(OutgoingFrame frame)
    {
        using (frame)
        {
            lock (_sendGate)
            {
                NoteSendStarted();
                for (var rest = frame.Wire.Span; rest.Length > 0;)
                {
                    rest = rest[Socket.Send(rest, SocketFlags.None)..];
                }

                NoteSendEnded();
            }
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
