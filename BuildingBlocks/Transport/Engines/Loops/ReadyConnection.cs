using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>
/// A connection whose loop says when it is ready to receive or to send, level- or edge-triggered: it then does so itself
/// until it would block.
/// </summary>
internal sealed class ReadyConnection(int fd, EventLoop loop) : LoopConnection(fd, loop)
{
    /// <summary>One connection that always has more must not keep the loop from the others.</summary>
    private const int MaxReceivesInARow = 16;

    /// <summary>The peer has ended its stream: a receive that did not fill the buffer is not the last one.</summary>
    private bool _peerHasEnded;

    /// <summary>What its loop must tell it about, where the loop tells only what it is asked.</summary>
    public bool WantsToReceive => !IsClosed && (IsDiscarding || (!HasEnded && !IsPaused));

    public bool WantsToSend => !IsClosed && HasUnsent;

    public void BecameReady(bool toReceive, bool toSend, bool peerHasEnded, bool hasError)
    {
        if (IsClosed)
        {
            return;
        }

        _peerHasEnded |= peerHasEnded;
        if (toSend && HasUnsent)
        {
            FlushNow();
        }

        if (hasError && (HasEnded || IsPaused))
        {
            // Reset while nobody reads: what is left to be sent has no receiver.
            Abort();
        }
        else if (IsDiscarding)
        {
            Discard();
        }
        else if (toReceive && !IsPaused)
        {
            Receive();
        }
    }

    protected override void Receive()
    {
        var turns = 0;
        while (!HasEnded && !IsPaused && !IsClosed && !IsClosing)
        {
            if (turns++ == MaxReceivesInARow)
            {
                Loop.Post(this);
                return;
            }

            var room = Room;
            var received = NativeTcp.Receive(Fd, room);
            if (received > 0)
            {
                // Less than there was room for: that was all, and the next bytes will be told (man 7 epoll).
                var isDrained = received < room.Length && !_peerHasEnded;
                Received(received);
                if (isDrained)
                {
                    break;
                }
            }
            else if (received == -Errno.TryAgain)
            {
                break;
            }
            else if (received == 0)
            {
                ReceivedEnd();
            }
            else if (received != -Errno.Interrupted)
            {
                Close();
            }
        }

        Rest();
    }

    protected override void Flush()
    {
        while (Unsent.Span is { Length: > 0 } bytes)
        {
            var sent = NativeTcp.Send(Fd, bytes);
            if (sent >= 0)
            {
                Sent(sent);
            }
            else if (sent == -Errno.TryAgain)
            {
                Loop.NoteWantsToSend(this);
                return;
            }
            else if (sent != -Errno.Interrupted)
            {
                Abort();
                return;
            }
        }
    }

    protected override void Discard()
    {
        Span<byte> waste = stackalloc byte[4096];
        for (var turn = 0; turn < MaxReceivesInARow; turn++)
        {
            var received = NativeTcp.Receive(Fd, waste);
            if (received == -Errno.TryAgain)
            {
                return;
            }

            if (received <= 0 && received != -Errno.Interrupted)
            {
                Close();
                return;
            }
        }

        Loop.Post(this);
    }
}
