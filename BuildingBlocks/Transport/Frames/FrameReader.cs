namespace Lab.Transport.Frames;

/// <summary>Cuts a byte stream into frames. Receive into <see cref="Free"/>, then call <see cref="Received"/> and read.</summary>
/// <remarks>
/// Memory grows with the bytes that arrived, never with the length a header merely claims, and shrinks again after a
/// large frame: a hostile length costs nothing.
/// </remarks>
public sealed class FrameReader : IDisposable
{
    private const int IdleBytes = 4096;

    private readonly int _maxPayloadBytes;
    private readonly Framing _framing;
    private byte[] _buffer = [];
    private int _start;
    private int _lastStart;
    private int _end;

    public FrameReader(int maxPayloadBytes = FrameFormat.MaxPayloadBytes, Framing framing = Framing.LengthPrefixed)
    {
        _maxPayloadBytes = maxPayloadBytes;
        _framing = framing;
    }

    /// <summary>Bytes of a frame that is not complete yet.</summary>
    public int PartialBytes => _end - _start;

    /// <summary>Room for the next receive; frames handed out before are overwritten.</summary>
    public Memory<byte> Free()
    {
        MakeRoom();
        return _buffer.AsMemory(_end);
    }

    public void Received(int bytes) => _end += bytes;

    /// <summary>The next complete frame, if one has arrived. Its payload is valid until <see cref="Free"/> is called.</summary>
    public FrameStatus TryRead(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        _lastStart = _start;
        var available = _end - _start;
        if (_framing == Framing.None)
        {
            payload = _buffer.AsMemory(_start, available);
            _start = _end;
            return available > 0 ? FrameStatus.Complete : FrameStatus.Incomplete;
        }

        if (available < FrameFormat.HeaderBytes)
        {
            return FrameStatus.Incomplete;
        }

        var length = FrameFormat.ReadLength(_buffer.AsSpan(_start));
        if (length > (uint)_maxPayloadBytes)
        {
            return FrameStatus.TooLarge;
        }

        if (available - FrameFormat.HeaderBytes < (int)length)
        {
            return FrameStatus.Incomplete;
        }

        payload = _buffer.AsMemory(_start + FrameFormat.HeaderBytes, (int)length);
        _start += FrameFormat.HeaderBytes + (int)length;
        return FrameStatus.Complete;
    }

    /// <summary>Takes the last read back: the next one finds the same frame. Not after <see cref="Free"/>.</summary>
    public void PutBack() => _start = _lastStart;

    /// <summary>
    /// Gives the buffer back unless it holds a part of a frame; frames handed out before are no longer valid. For whoever
    /// has thousands of readers that mostly wait.
    /// </summary>
    public void Rest()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            GiveBack();
        }
    }

    public void Dispose() => GiveBack();

    private void GiveBack()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            FrameBuffers.Return(buffer);
        }
    }

    private void MakeRoom()
    {
        var pending = _end - _start;
        if (pending == 0)
        {
            _start = _end = 0;
            if (_buffer.Length > IdleBytes * 2)
            {
                GiveBack();
            }

            if (_buffer.Length == 0)
            {
                _buffer = FrameBuffers.Rent(IdleBytes);
            }
        }
        else if (_end == _buffer.Length)
        {
            var target = pending > _buffer.Length / 2 ? FrameBuffers.Rent(_buffer.Length * 2) : _buffer;
            _buffer.AsSpan(_start, pending).CopyTo(target);
            if (!ReferenceEquals(target, _buffer))
            {
                FrameBuffers.Return(_buffer);
                _buffer = target;
            }

            _start = 0;
            _end = pending;
        }
    }
}

/// <summary>What <see cref="FrameReader.TryRead"/> found.</summary>
public enum FrameStatus
{
    Incomplete,
    Complete,

    /// <summary>The header announces more than the limit; the stream cannot be read any further.</summary>
    TooLarge,
}
