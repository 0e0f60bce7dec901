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

    /// <summary>Set when there may be room for the reply that the next request waits for.</summary>
    private TaskCompletionSource? _room;

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
                if (RoomFor(payload.Span) is not { } room || !await TakeRoomAsync(room))
                {
                    _slots.Release();
                    return;
                }

                Dispatch(payload, room);
                requests++;
            }

            NoteTaken(requests, Reader.PartialBytes > 0);
            if (status == FrameStatus.TooLarge)
            {
                Refuse(TransportRefusal.FrameTooLarge);
            }
        }
    }

    protected override void SendRefusal(TransportRefusal refusal) => Send(Refusal(refusal));

    protected override void GiveSlotBack()
    {
        _slots.Release();
        Resume();
    }

    protected override void Resume()
    {
        if (Volatile.Read(ref _room) is not null)
        {
            Interlocked.Exchange(ref _room, null)?.TrySetResult();
        }
    }

    protected override void StopReceiving()
    {
        base.StopReceiving();
        Resume();
    }

    public override void Abort()
    {
        base.Abort();
        Resume();
    }

    /// <returns>False when no more requests are taken.</returns>
    private async ValueTask<bool> TakeRoomAsync(int bytes)
    {
        while (!TryTakeRoom(bytes))
        {
            // As with the pause of an event loop's connection: set first, looked again then.
            var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _room, room);
            if (IsClosing || IsAborted)
            {
                return false;
            }

            if (TryTakeRoom(bytes))
            {
                Volatile.Write(ref _room, null);
                return true;
            }

            await room.Task;
        }

        return true;
    }

    protected override void Send(Reply reply)
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
                Release(reply);
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
