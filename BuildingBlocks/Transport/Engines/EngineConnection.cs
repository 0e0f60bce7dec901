using Lab.Transport.Frames;
using Lab.Transport.Native;
using Microsoft.Extensions.Logging;

namespace Lab.Transport.Engines;

/// <summary>What all engines keep of a connection: its counts, and the clocks that bound what its peer may cost.</summary>
internal abstract class EngineConnection(EngineContext context) : IDisposable
{
    private const long Never = 0;

    private long _frameStartedMs = Never;
    private long _wasPartial = Never;
    private long _sendStartedMs = Never;
    private long _lastRequestMs = Environment.TickCount64;
    private long _closeDeadlineMs = Never;
    private long _bytes;
    private long _requests;
    private long _heldBytes;
    private int _waitsForTotal;

    protected EngineContext Context { get; } = context;

    /// <summary>Answers this connection's requests.</summary>
    protected IFrameHandler Handler { get; } = context.Handler.ForConnection();

    /// <summary>The connection takes no more requests: refused, or the server stops.</summary>
    protected bool IsClosing => Volatile.Read(ref _closeDeadlineMs) != Never;

    /// <summary>Sends a last frame; <see cref="BeginClose"/> has been called.</summary>
    protected abstract void SendRefusal(TransportRefusal refusal);

    /// <summary>A reply that answers no request.</summary>
    protected Reply Refusal(TransportRefusal refusal) => new(Context.Handler.Refuse(refusal), HeldBytes: 0, HoldsSlot: false);

    /// <summary>No more requests are read; those under way are answered until the linger timeout.</summary>
    public void BeginClose()
    {
        if (TryStartClosing())
        {
            StopReceiving();
        }
    }

    /// <summary>Tells the peer why, then closes.</summary>
    protected void Refuse(TransportRefusal refusal)
    {
        if (TryStartClosing())
        {
            try
            {
                SendRefusal(refusal);
            }
            catch (Exception exception)
            {
                LogFailure(exception);
                Abort();
                return;
            }

            if (refusal == TransportRefusal.FrameTimeout)
            {
                StopReceiving();
            }
        }
    }

    private bool TryStartClosing() => Interlocked.CompareExchange(
        ref _closeDeadlineMs, Environment.TickCount64 + (long)Context.Limits.LingerTimeout.TotalMilliseconds, Never) == Never;

    /// <summary>Whoever waits for the next request, blocked thread, pending task or event loop, stops to.</summary>
    protected abstract void StopReceiving();

    /// <summary>Called when bytes have arrived: while requests are taken from them, no frame is being waited for.</summary>
    protected void NoteReceived(int bytes)
    {
        _bytes += bytes;
        _wasPartial = _frameStartedMs;
        _frameStartedMs = Never;
    }

    /// <summary>Called when all complete frames have been taken.</summary>
    protected void NoteTaken(int requests, bool holdsPartialFrame)
    {
        var nowMs = Environment.TickCount64;
        var tookRequest = requests > 0;
        if (tookRequest)
        {
            _requests += requests;
            _lastRequestMs = nowMs;
        }

        if (holdsPartialFrame)
        {
            // A frame that was begun earlier keeps its clock: sending it byte by byte does not buy time.
            _frameStartedMs = tookRequest || _wasPartial == Never ? nowMs : _wasPartial;
        }
    }

    protected void NoteSendStarted() => _sendStartedMs = Environment.TickCount64;

    protected void NoteSendEnded() => _sendStartedMs = Never;

    /// <summary>
    /// Takes room for the reply to a request. When there is none, <see cref="LookForRoom"/> is called as soon as there may be;
    /// whoever waits for that must look again before, for what has happened meanwhile.
    /// </summary>
    protected bool TryTakeRoom(int bytes)
    {
        if (Context.Unsent.TryTake(ref _heldBytes, bytes))
        {
            return true;
        }

        // Its own replies tell it when they leave; without any, the others' must.
        if (Volatile.Read(ref _heldBytes) == 0 && Interlocked.Exchange(ref _waitsForTotal, 1) == 0)
        {
            Context.Unsent.Wait(this);
        }

        return false;
    }

    /// <summary>The room that the reply to a request may need; null when the handler has failed, and the connection with it.</summary>
    protected int? RoomFor(ReadOnlySpan<byte> payload)
    {
        try
        {
            return Handler.MaxReplyBytes(payload);
        }
        catch (Exception exception)
        {
            LogFailure(exception);
            Abort();
            return null;
        }
    }

    /// <summary>There may be room for another request; by any thread, which must not be held up.</summary>
    public void LookForRoom()
    {
        Interlocked.Exchange(ref _waitsForTotal, 0);
        Resume();
    }

    /// <summary>Goes on if it waits for room.</summary>
    protected abstract void Resume();

    /// <summary>Asks the handler, and sends its reply when it is ready. A slot and room have been taken for it.</summary>
    protected void Dispatch(ReadOnlyMemory<byte> payload, int roomBytes)
    {
        try
        {
            var reply = Handler.HandleAsync(payload, CancellationToken.None);
            if (reply.IsCompletedSuccessfully)
            {
                Answer(reply.Result, roomBytes);
            }
            else
            {
                _ = AnswerWhenReadyAsync(reply, roomBytes);
            }
        }
        catch (Exception exception)
        {
            Fail(exception, roomBytes);
        }
    }

    private async Task AnswerWhenReadyAsync(ValueTask<OutgoingFrame?> reply, int roomBytes)
    {
        try
        {
            Answer(await reply, roomBytes);
        }
        catch (Exception exception)
        {
            Fail(exception, roomBytes);
        }
    }

    /// <summary>A request that wants no reply gives its room and its slot back at once.</summary>
    protected void Answer(OutgoingFrame? frame, int roomBytes)
    {
        var heldBytes = frame?.HeldBytes ?? 0;
        Context.Unsent.Change(ref _heldBytes, heldBytes - roomBytes);
        if (frame is null)
        {
            GiveSlotBack();
        }
        else
        {
            Send(new Reply(frame, heldBytes, HoldsSlot: true));
        }
    }

    private void Fail(Exception exception, int roomBytes)
    {
        LogFailure(exception);
        Context.Unsent.Change(ref _heldBytes, -roomBytes);
        Abort();
        GiveSlotBack();
    }

    /// <summary>Sends now, or after what is being sent; <see cref="Release"/> when it has left or has no receiver any more.</summary>
    protected abstract void Send(Reply reply);

    /// <summary>A request is done.</summary>
    protected abstract void GiveSlotBack();

    /// <summary>A reply has left.</summary>
    protected void Release(Reply reply)
    {
        reply.Frame.Dispose();
        if (reply.HoldsSlot)
        {
            Context.Unsent.Change(ref _heldBytes, -reply.HeldBytes);
            GiveSlotBack();
        }
    }

    /// <summary>Ends the connection if one of its clocks ran out.</summary>
    public void CheckClocks(long nowMs)
    {
        if (Expired(Volatile.Read(ref _sendStartedMs), Context.Limits.SendTimeout))
        {
            NoteSendEnded();
            Context.Unsent.NoteDeafPeer();
            Abort();
        }
        else if (IsClosing)
        {
            if (nowMs >= Volatile.Read(ref _closeDeadlineMs))
            {
                Abort();
            }
        }
        else if (Expired(Volatile.Read(ref _frameStartedMs), Context.Limits.FrameTimeout))
        {
            Refuse(TransportRefusal.FrameTimeout);
        }
        else if (Expired(Volatile.Read(ref _lastRequestMs), Context.Limits.IdleTimeout))
        {
            BeginClose();
        }
        else
        {
            // Who was told that there is room may not have needed it, and told nobody else.
            Resume();
        }

        bool Expired(long sinceMs, TimeSpan limit) => sinceMs != Never && nowMs - sinceMs > limit.TotalMilliseconds;
    }

    /// <summary>Closes at once: what is under way is lost, and the peer may see a reset.</summary>
    public abstract void Abort();

    /// <summary>Tells the handler that the peer closed in order; the descriptor is still open.</summary>
    protected void ReportClosed(int descriptor)
    {
        try
        {
            Context.Handler.Closed(new ClosedConnection(NativeTcp.PeerAddress(descriptor), descriptor, _bytes, _requests));
        }
        catch (Exception exception)
        {
            LogFailure(exception);
        }
    }

    /// <summary>
    /// A handler answers failures with a frame. One that throws is broken: its peer must not wait for ever, and it must not
    /// take the process along.
    /// </summary>
    protected void LogFailure(Exception exception) =>
        Context.Logger.LogError(exception, "the handler failed; its connection is closed");

    public abstract void Dispose();
}
