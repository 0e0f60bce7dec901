using System.Runtime.InteropServices;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>A connection that has at most one receive and one send under way in the kernel.</summary>
internal sealed unsafe class UringConnection(int fd, UringLoop loop) : LoopConnection(fd, loop)
{
    private readonly UringLoop _loop = loop;
    private bool _isReceiving;
    private bool _isStoppingToReceive;
    private byte* _sending;

    /// <param name="result">Bytes, 0 at the end of the stream, or a negated error.</param>
    /// <param name="buffer">Where they are, during the call.</param>
    /// <param name="continues">The kernel goes on receiving.</param>
    public void CompletedReceive(int result, ReadOnlySpan<byte> buffer, bool continues)
    {
        _isReceiving = continues;
        _isStoppingToReceive &= continues;
        if (IsClosed)
        {
            CloseWhenIdle();
        }
        else if (result > 0)
        {
            Take(buffer[..result]);
        }
        else if (result is -Errno.NoBuffers or -Errno.Interrupted or -Errno.TryAgain or -Errno.Cancelled)
        {
            // All shared buffers were in use, which are given back before the loop hands this over; or it was stopped.
            ReceiveOn();
        }
        else if (result == 0 && !IsDiscarding && !HasEnded)
        {
            ReceivedEnd();
        }
        else if (result < 0 || IsDiscarding)
        {
            Close();
        }
    }

    public void CompletedSend(int result)
    {
        _loop.SendBuffers.GiveBack(_sending);
        _sending = null;
        if (IsClosed)
        {
            CloseWhenIdle();
        }
        else if (result >= 0 || result == -Errno.Interrupted)
        {
            FlushNow(sentBytes: Math.Max(0, result));
        }
        else
        {
            Close();
        }
    }

    protected override void Receive()
    {
        if (!_isReceiving && !IsClosed)
        {
            _isReceiving = true;
            _loop.Receive(Fd);
        }
    }

    protected override void Flush()
    {
        if (!_loop.IsCurrent)
        {
            _loop.Post(this);
        }
        else if (_sending is null && Unsent.Span is { Length: > 0 } bytes)
        {
            var count = Math.Min(bytes.Length, SendBuffers.BufferBytes);
            _sending = _loop.SendBuffers.Take();
            bytes[..count].CopyTo(new Span<byte>(_sending, count));
            _loop.Send(Fd, _sending, count);
        }
    }

    protected override void Discard() => Receive();

    /// <summary>The kernel may still be busy with the descriptor: its number must not be given to another connection yet.</summary>
    protected override void CloseDescriptor()
    {
        if (_isReceiving || _sending is not null)
        {
            NativeTcp.ShutdownBoth(Fd);
        }
        else
        {
            base.CloseDescriptor();
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        // What comes after the end is thrown away.
        while (bytes.Length > 0 && !HasEnded && !IsClosing)
        {
            var room = Room;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            bytes = bytes[count..];
            Received(count);
        }

        Rest();
        ReceiveOn();
    }

    /// <summary>Without a free slot nothing more is received: the kernel's buffers fill, and the peer waits.</summary>
    private void ReceiveOn()
    {
        if (!IsPaused)
        {
            if (!HasEnded || IsDiscarding)
            {
                Receive();
            }
        }
        else if (_isReceiving && !_isStoppingToReceive && !IsClosed)
        {
            _isStoppingToReceive = true;
            _loop.StopReceiving(Fd);
        }
    }

    private void CloseWhenIdle()
    {
        if (!_isReceiving && _sending is null)
        {
            base.CloseDescriptor();
        }
    }
}

/// <summary>
/// Memory that the kernel sends from while the collector may move everything else. As much as there are sends under way.
/// </summary>
internal sealed unsafe class SendBuffers : IDisposable
{
    public const int BufferBytes = 16 * 1024;
    private const int MaxKept = 256;

    private readonly Stack<nint> _free = [];

    public byte* Take() => _free.TryPop(out var buffer) ? (byte*)buffer : (byte*)NativeMemory.Alloc(BufferBytes);

    public void GiveBack(byte* buffer)
    {
        if (_free.Count < MaxKept)
        {
            _free.Push((nint)buffer);
        }
        else
        {
            NativeMemory.Free(buffer);
        }
    }

    public void Dispose()
    {
        while (_free.TryPop(out var buffer))
        {
            NativeMemory.Free((byte*)buffer);
        }
    }
}
