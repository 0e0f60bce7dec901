using System.Net.Sockets;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.Transport.Engines;

/// <summary>One blocking thread per connection, which serves one request after the other: what most course projects do.</summary>
public sealed class ThreadsEngine : IConnectionEngine
{
    public string Name => "threads";

    public async Task RunAsync(Socket listener, EngineContext context, CancellationToken stop)
    {
        await using var connections = new ConnectionSet(context);
        await connections.ServeAsync(
            listener, socket => new ThreadConnection(socket, context), connection => connection.RunAsync(), stop);
    }
}

/// <summary>A connection with a thread of its own.</summary>
internal sealed class ThreadConnection(Socket socket, EngineContext context) : EngineConnection(socket, context.Limits)
{
    private const int StackBytes = 256 * 1024;

    private readonly FrameReader _reader = new();
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
            Socket.SendTimeout = (int)context.Limits.SendTimeout.TotalMilliseconds;
            ServeRequests();
            Socket.Shutdown(SocketShutdown.Send);
            if (IsClosing)
            {
                DiscardAsync().GetAwaiter().GetResult();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer reset the connection, or one of its clocks ran out.
        }
        catch (Exception exception)
        {
            // A handler answers failures with a frame; one that throws is broken, and must not take the process along.
            context.Logger.LogError(exception, "the handler failed; its connection is closed");
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
            var received = Socket.Receive(_reader.Free().Span, SocketFlags.None);
            if (received == 0)
            {
                return;
            }

            _reader.Received(received);
            NoteReceived();
            var tookRequest = false;
            FrameStatus status;
            while ((status = _reader.TryRead(out var payload)) == FrameStatus.Complete)
            {
                Send(answered.Wait(context.Handler.HandleAsync(payload, CancellationToken.None)));
                tookRequest = true;
            }

            NoteTaken(tookRequest, _reader.PartialBytes > 0);
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
            Send(context.Handler.Refuse(refusal));
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

    public override void Dispose()
    {
        base.Dispose();
        _reader.Dispose();
    }

    /// <summary>Blocks for a task without the spinning of <c>Task.Wait</c>, which costs the other threads their core.</summary>
    private sealed class ReplyWait : IDisposable
    {
        private readonly ManualResetEventSlim _ready = new(initialState: false, spinCount: 0);
        private readonly Action _set;

        public ReplyWait() => _set = _ready.Set;

        public OutgoingFrame Wait(ValueTask<OutgoingFrame> reply)
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
