using System.Net.Sockets;
using Lab.Transport.Frames;

namespace Lab.Transport.Engines;

/// <summary>The runtime's asynchronous sockets (epoll underneath): few threads serve all connections, requests pipeline.</summary>
public sealed class AsyncEngine : IConnectionEngine
{
    public string Name => "async";

    public async Task RunAsync(Socket listener, EngineContext context, CancellationToken stop)
    {
        await using var connections = new ConnectionSet(context);
        await connections.ServeAsync(
            listener, socket => new AsyncConnection(socket, context), connection => connection.RunAsync(), stop);
    }
}

/// <summary>A connection whose replies leave in the order in which they become ready.</summary>
internal sealed class AsyncConnection(Socket socket, EngineContext context) : SocketConnection(socket, context)
{
    /// <summary>A slot is taken with a request and given back when its reply has left.</summary>
    private readonly SemaphoreSlim _slots = new(context.Limits.MaxPipelined);
    private readonly Lock _sendGate = new();
    private Queue<Reply>? _unsent;
    private bool _isSending;

    public async Task RunAsync()
    {
        try
        {
            await ReceiveRequestsAsync();
            await WaitForRepliesAsync();
            await EndAsync();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer reset the connection, or one of its clocks ran out.
        }
        catch (Exception exception)
        {
            LogFailure(exception);
        }
    }

    private async Task ReceiveRequestsAsync()
    {
        while (!IsClosing)
        {
            var received = await Socket.ReceiveAsync(Reader.Free(), SocketFlags.None);
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
                await _slots.WaitAsync();
                Dispatch(payload);
                requests++;
            }

            NoteTaken(requests, Reader.PartialBytes > 0);
            if (status == FrameStatus.TooLarge)
            {
                Refuse(TransportRefusal.FrameTooLarge);
            }
        }
    }

    private void Dispatch(ReadOnlyMemory<byte> payload)
    {
        try
        {
            var reply = Handler.HandleAsync(payload, CancellationToken.None);
            if (reply.IsCompletedSuccessfully)
            {
                Answer(reply.Result);
            }
            else
            {
                _ = SendWhenReadyAsync(reply);
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private async Task SendWhenReadyAsync(ValueTask<OutgoingFrame?> reply)
    {
        try
        {
            Answer(await reply);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void Fail(Exception exception)
    {
        LogFailure(exception);
        Abort();
        _slots.Release();
    }

    /// <summary>A request that wants no reply gives its slot back at once.</summary>
    private void Answer(OutgoingFrame? reply)
    {
        if (reply is null)
        {
            _slots.Release();
        }
        else
        {
            Send(new Reply(reply, HoldsSlot: true));
        }
    }

    protected override void SendRefusal(TransportRefusal refusal)
    {
        Send(new Reply(Context.Handler.Refuse(refusal), HoldsSlot: false));
    }

    /// <summary>Sends now, or after the frame that is being sent.</summary>
    private void Send(Reply reply)
    {
        lock (_sendGate)
        {
            if (_isSending)
            {
                (_unsent ??= new Queue<Reply>()).Enqueue(reply);
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync(reply);
    }

    /// <summary>Completes synchronously as long as the kernel takes the bytes, which is nearly always.</summary>
    private async Task SendAllAsync(Reply first)
    {
        for (Reply? next = first; next is { } reply; next = NextUnsent())
        {
            try
            {
                NoteSendStarted();
                for (var rest = reply.Frame.Wire; rest.Length > 0;)
                {
                    rest = rest[await Socket.SendAsync(rest, SocketFlags.None)..];
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The peer is gone; the remaining replies fail the same way and give their slots back.
            }
            finally
            {
                NoteSendEnded();
                reply.Frame.Dispose();
                if (reply.HoldsSlot)
                {
                    _slots.Release();
                }
            }
        }
    }

    private Reply? NextUnsent()
    {
        lock (_sendGate)
        {
            if (_unsent is not null && _unsent.TryDequeue(out var next))
            {
                return next;
            }

            _isSending = false;
            return null;
        }
    }

    /// <summary>All slots back means: every request is answered.</summary>
    private async Task WaitForRepliesAsync()
    {
        for (var slot = 0; slot < Context.Limits.MaxPipelined; slot++)
        {
            await _slots.WaitAsync();
        }
    }
}
