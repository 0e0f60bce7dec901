using Lab.Transport.Frames;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>
/// A connection that an <see cref="EventLoop"/> serves. Receiving, closing and the handler's calls happen on the loop's
/// thread; replies that become ready elsewhere are queued by the thread that has them. Requests pipeline; replies leave in
/// the order in which they become ready.
/// </summary>
internal abstract class LoopConnection : EngineConnection
{
    private readonly FrameReader _reader;
    private readonly EventLoop _loop;
    private readonly Lock _gate = new();
    private ReplyQueue _replies;
    private int _underWay;
    private int _isPaused;
    private volatile bool _hasEnded;
    private volatile bool _isAborted;

    /// <summary>The peer's stream is over; requests of it may still wait for a free slot.</summary>
    private bool _endWaits;
    private bool _saidEnd;
    private bool _isClosed;

    protected LoopConnection(int fd, EventLoop loop)
        : base(loop.Context)
    {
        Fd = fd;
        _loop = loop;
        _reader = new FrameReader(loop.Context.Limits.MaxPayloadBytes, loop.Context.Framing);
    }

    public int Fd { get; }

    public EventLoop Loop => _loop;

    /// <summary>No slot is free, or no room for a reply: further requests wait in the kernel's buffers.</summary>
    protected bool IsPaused => Volatile.Read(ref _isPaused) != 0;

    /// <summary>Nothing more is read as a request: the peer has ended its stream, or the connection is closing.</summary>
    protected bool HasEnded => _hasEnded;

    /// <summary>All is answered and the peer knows the end; what it still sends is thrown away.</summary>
    protected bool IsDiscarding => _saidEnd;

    protected bool IsClosed => _isClosed;

    /// <summary>Bytes wait to be sent; looked at without the lock.</summary>
    protected bool HasUnsent => !_replies.IsEmpty;

    /// <summary>Does whatever can be done now; on the loop's thread.</summary>
    public void Advance()
    {
        if (_isClosed)
        {
            return;
        }

        if (_isAborted)
        {
            Close();
            return;
        }

        if (HasUnsent)
        {
            FlushNow();
        }

        if (!_hasEnded && IsClosing)
        {
            NoteEnded();
        }

        if (!_hasEnded && TryResume())
        {
            ServeRequests();
            if (_endWaits && !IsPaused)
            {
                NoteEnded();
            }
            else if (!IsPaused && !_hasEnded && !_isClosed)
            {
                Receive();
            }
        }

        if (_hasEnded)
        {
            EndWhenAnswered();
        }
    }

    public sealed override void Abort()
    {
        _isAborted = true;
        _loop.Post(this);
    }

    public sealed override void Dispose() => Close();

    /// <summary>Refuses a connection over the limit; held as a request is, so that the loop does not end it before that is queued.</summary>
    public void RefuseAtOnce()
    {
        Interlocked.Increment(ref _underWay);
        Refuse(TransportRefusal.TooManyConnections);
        GiveSlotBack();
    }

    protected sealed override void StopReceiving() => _loop.Post(this);

    protected sealed override void SendRefusal(TransportRefusal refusal)
    {
        Send(Refusal(refusal));
        _loop.Post(this);
    }

    /// <summary>Receives until nothing more is there, by <see cref="Room"/> and <see cref="Received"/>, or lets that begin.</summary>
    protected abstract void Receive();

    /// <summary>Under the lock: sends of <see cref="Unsent"/> what can be sent now, by <see cref="Sent"/>, or lets that begin.</summary>
    protected abstract void Flush();

    /// <summary>Reads and forgets what the peer sends until its end; <see cref="Close"/> then, or lets that begin.</summary>
    protected abstract void Discard();

    /// <summary>Room for the bytes to be received next.</summary>
    protected Span<byte> Room => _reader.Free().Span;

    /// <summary>Bytes have come into <see cref="Room"/>.</summary>
    protected void Received(int bytes)
    {
        _reader.Received(bytes);
        NoteReceived(bytes);
        ServeRequests();
    }

    /// <summary>The peer has ended its stream: it is answered what it asked for until then.</summary>
    protected void ReceivedEnd()
    {
        _endWaits = true;
        Advance();
    }

    /// <summary>Nothing more is there to be received: an idle connection holds no buffer.</summary>
    protected void Rest() => _reader.Rest();

    /// <summary>The next bytes to be sent; empty when there are none. Under the lock.</summary>
    protected ReadOnlyMemory<byte> Unsent => _replies.Unsent;

    /// <summary>The kernel has taken bytes of <see cref="Unsent"/>. Under the lock.</summary>
    protected void Sent(int bytes)
    {
        if (_replies.Sent(bytes) is { } reply)
        {
            Release(reply);
            NoteSendEnded();
            if (HasUnsent)
            {
                NoteSendStarted();
            }
        }
    }

    /// <summary>Sends on, on the loop's thread: replies are queued and sent by one thread at a time.</summary>
    /// <param name="sentBytes">Of <see cref="Unsent"/>, what the kernel has taken meanwhile.</param>
    protected void FlushNow(int sentBytes = 0)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                if (sentBytes > 0)
                {
                    Sent(sentBytes);
                }

                Flush();
            }
        }

        if (_hasEnded)
        {
            EndWhenAnswered();
        }
    }

    /// <summary>On the loop's thread. The descriptor is closed under the lock, so that nobody sends on its successor.</summary>
    protected void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            while (_replies.Dequeue() is { } reply)
            {
                Release(reply);
            }

            CloseDescriptor();
        }

        _reader.Dispose();
    }

    /// <summary>Closes the descriptor, at the latest when the kernel has ended what it does with it.</summary>
    protected virtual void CloseDescriptor()
    {
        _loop.NoteClosed(this);
        NativeTcp.Close(Fd);
    }

    private void ServeRequests()
    {
        var requests = 0;
        var status = FrameStatus.Incomplete;
        while (!_isAborted && !IsClosing && TryTakeSlot())
        {
            status = _reader.TryRead(out var payload);
            if (status != FrameStatus.Complete)
            {
                Interlocked.Decrement(ref _underWay);
                break;
            }

            if (RoomFor(payload.Span) is not { } room || !TryTakeRoomOrPause(room))
            {
                _reader.PutBack();
                Interlocked.Decrement(ref _underWay);
                break;
            }

            requests++;
            Dispatch(payload, room);
        }

        NoteTaken(requests, _reader.PartialBytes > 0 && !IsPaused);
        if (status == FrameStatus.TooLarge)
        {
            Refuse(TransportRefusal.FrameTooLarge);
        }
    }

    /// <summary>Who gives the last slot back from now on sees it; who gave it back before is seen by <see cref="EndWhenAnswered"/>.</summary>
    private void NoteEnded()
    {
        _hasEnded = true;
        Interlocked.MemoryBarrier();
    }

    private bool TryTakeSlot()
    {
        if (Interlocked.Increment(ref _underWay) <= Context.Limits.MaxPipelined)
        {
            return true;
        }

        // Paused first, looked again then: a reply that leaves in between either is seen here, or sees the pause.
        Interlocked.Exchange(ref _isPaused, 1);
        if (Interlocked.Decrement(ref _underWay) < Context.Limits.MaxPipelined)
        {
            _loop.Post(this);
        }

        return false;
    }

    private bool TryTakeRoomOrPause(int bytes)
    {
        if (TryTakeRoom(bytes))
        {
            return true;
        }

        // As with slots: a reply that has left in between is seen here, or sees the pause.
        Interlocked.Exchange(ref _isPaused, 1);
        if (!TryTakeRoom(bytes))
        {
            return false;
        }

        Interlocked.Exchange(ref _isPaused, 0);
        return true;
    }

    protected sealed override void Resume()
    {
        if (IsPaused)
        {
            _loop.Post(this);
        }
    }

    /// <summary>Goes on when a slot is free; whether there is room for a reply, the next request says.</summary>
    private bool TryResume()
    {
        if (!IsPaused)
        {
            return true;
        }

        if (Volatile.Read(ref _underWay) >= Context.Limits.MaxPipelined)
        {
            return false;
        }

        Interlocked.Exchange(ref _isPaused, 0);
        return true;
    }

    protected sealed override void Send(Reply reply)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                Release(reply);
                return;
            }

            var waits = HasUnsent;
            _replies.Enqueue(reply);
            if (!waits)
            {
                Flush();
                if (HasUnsent)
                {
                    NoteSendStarted();
                }
            }
        }
    }

    protected sealed override void GiveSlotBack()
    {
        Interlocked.Decrement(ref _underWay);
        if (IsPaused || _hasEnded)
        {
            _loop.Post(this);
        }
    }

    private void EndWhenAnswered()
    {
        if (_isClosed || _saidEnd || Volatile.Read(ref _underWay) > 0 || HasUnsent)
        {
            return;
        }

        if (!IsClosing)
        {
            if (_reader.PartialBytes == 0)
            {
                ReportClosed(Fd);
            }

            Close();
            return;
        }

        _saidEnd = true;
        NativeTcp.ShutdownSend(Fd);
        Discard();
    }
}
