namespace Lab.Transport.Engines.Loops;

/// <summary>
/// Replies that wait to be sent, in order. Mostly there is one at most, so a queue is made only for a second one. Its owner
/// holds a lock, but for <see cref="IsEmpty"/>.
/// </summary>
internal struct ReplyQueue
{
    private Reply _first;
    private Queue<Reply>? _more;
    private int _sentBytes;

    public readonly bool IsEmpty => _first.Frame is null;

    /// <summary>The next bytes to be sent; empty when there are none.</summary>
    public readonly ReadOnlyMemory<byte> Unsent => IsEmpty ? default : _first.Frame.Wire[_sentBytes..];

    public void Enqueue(Reply reply)
    {
        if (IsEmpty)
        {
            _first = reply;
        }
        else
        {
            (_more ??= new Queue<Reply>()).Enqueue(reply);
        }
    }

    /// <summary>Bytes of <see cref="Unsent"/> have left.</summary>
    /// <returns>The reply that has left with them as a whole, or null.</returns>
    public Reply? Sent(int bytes)
    {
        _sentBytes += bytes;
        return _sentBytes == _first.Frame.Wire.Length ? Dequeue() : null;
    }

    /// <summary>Takes the next reply out, sent or not; null when there is none.</summary>
    public Reply? Dequeue()
    {
        if (IsEmpty)
        {
            return null;
        }

        var reply = _first;
        _sentBytes = 0;
        _first = _more is not null && _more.TryDequeue(out var next) ? next : default;
        return reply;
    }
}
