using System.Net.Sockets;
using Lab.Transport.Frames;

namespace Lab.Transport.Engines;

/// <summary>What all engines keep of a connection: its socket and the clocks that the <see cref="ConnectionSet"/> watches.</summary>
internal abstract class EngineConnection(Socket socket, ConnectionLimits limits) : IDisposable
{
    private const long Never = 0;

    private long _frameStartedMs = Never;
    private long _wasPartial = Never;
    private long _sendStartedMs = Never;
    private long _lastRequestMs = Environment.TickCount64;
    private long _closeDeadlineMs = Never;

    protected Socket Socket { get; } = socket;

    /// <summary>The connection takes no more requests: refused, or the server stops.</summary>
    protected bool IsClosing => Volatile.Read(ref _closeDeadlineMs) != Never;

    /// <summary>Sends a last frame; <see cref="BeginClose"/> has been called.</summary>
    protected abstract void SendRefusal(TransportRefusal refusal);

    /// <summary>No more requests are read; those under way are answered until the linger timeout.</summary>
    public void BeginClose()
    {
        if (TryStartClosing())
        {
            WakeReceiver();
        }
    }

    /// <summary>Tells the peer why, then closes.</summary>
    protected void Refuse(TransportRefusal refusal)
    {
        if (TryStartClosing())
        {
            SendRefusal(refusal);
            if (refusal == TransportRefusal.FrameTimeout)
            {
                WakeReceiver();
            }
        }
    }

    private bool TryStartClosing() => Interlocked.CompareExchange(
        ref _closeDeadlineMs, Environment.TickCount64 + (long)limits.LingerTimeout.TotalMilliseconds, Never) == Never;

    /// <summary>Whoever waits for the next request, blocked thread or pending task, sees the end of the stream.</summary>
    private void WakeReceiver()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    /// <summary>Called when bytes have arrived: while requests are taken from them, no frame is being waited for.</summary>
    protected void NoteReceived()
    {
        _wasPartial = _frameStartedMs;
        _frameStartedMs = Never;
    }

    /// <summary>Called when all complete frames have been taken.</summary>
    protected void NoteTaken(bool tookRequest, bool holdsPartialFrame)
    {
        var nowMs = Environment.TickCount64;
        if (tookRequest)
        {
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

    /// <summary>Ends the connection if one of its clocks ran out.</summary>
    public void CheckClocks(long nowMs)
    {
        if (Expired(Volatile.Read(ref _sendStartedMs), limits.SendTimeout))
        {
            Abort();
        }
        else if (IsClosing)
        {
            if (nowMs >= Volatile.Read(ref _closeDeadlineMs))
            {
                Abort();
            }
        }
        else if (Expired(Volatile.Read(ref _frameStartedMs), limits.FrameTimeout))
        {
            Refuse(TransportRefusal.FrameTimeout);
        }
        else if (Expired(Volatile.Read(ref _lastRequestMs), limits.IdleTimeout))
        {
            BeginClose();
        }

        bool Expired(long sinceMs, TimeSpan limit) => sinceMs != Never && nowMs - sinceMs > limit.TotalMilliseconds;
    }

    /// <summary>Closes at once; pending operations of the socket fail.</summary>
    public void Abort() => Socket.Dispose();

    /// <summary>
    /// Reads what the peer still sends after a refusal: closing with unread bytes would reset the connection and could
    /// destroy the refusal on its way. Bounded by the close deadline, which aborts the socket.
    /// </summary>
    protected async Task DiscardAsync()
    {
        var waste = new byte[4096];
        while (await Socket.ReceiveAsync(waste, SocketFlags.None) > 0)
        {
        }
    }

    public virtual void Dispose() => Socket.Dispose();
}
