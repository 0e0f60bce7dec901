using System.Buffers;

namespace Lab.Transport.Frames;

/// <summary>A frame being built: write the payload as to any <see cref="IBufferWriter{T}"/>, then send it. Pooled memory.</summary>
/// <remarks>One owner at a time; whoever sends it disposes of it.</remarks>
public sealed class OutgoingFrame : IBufferWriter<byte>, IDisposable
{
    private const int InitialBytes = 1024;

    private readonly int _headerBytes;
    private byte[] _buffer = FrameBuffers.Rent(InitialBytes);
    private int _written;

    /// <param name="framing">That of the connection it is for.</param>
    public OutgoingFrame(Framing framing = Framing.LengthPrefixed)
    {
        _headerBytes = framing == Framing.None ? 0 : FrameFormat.HeaderBytes;
        _written = _headerBytes;
    }

    public int PayloadBytes => _written - _headerBytes;

    /// <summary>Memory it takes.</summary>
    internal int HeldBytes => _buffer.Length;

    /// <summary>
    /// Called once, when the frame has left or has no receiver any more; by the thread that sends, which it must not hold up.
    /// </summary>
    public Action? Left { get; set; }

    /// <summary>Header and payload, ready for the wire.</summary>
    public ReadOnlyMemory<byte> Wire
    {
        get
        {
            if (_headerBytes > 0)
            {
                FrameFormat.WriteLength(_buffer, PayloadBytes);
            }

            return _buffer.AsMemory(0, _written);
        }
    }

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(Math.Max(1, sizeHint));
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureFree(Math.Max(1, sizeHint));
        return _buffer.AsSpan(_written);
    }

    /// <summary>Throws the payload written so far away, so that another one can be written.</summary>
    public void Clear() => _written = _headerBytes;

    public void Dispose()
    {
        var buffer = Interlocked.Exchange(ref _buffer, []);
        if (buffer.Length > 0)
        {
            FrameBuffers.Return(buffer);
            Left?.Invoke();
        }
    }

    private void EnsureFree(int bytes)
    {
        if (_buffer.Length - _written >= bytes)
        {
            return;
        }

        var larger = FrameBuffers.Rent(Math.Max(_buffer.Length * 2, _written + bytes));
        _buffer.AsSpan(0, _written).CopyTo(larger);
        FrameBuffers.Return(_buffer);
        _buffer = larger;
    }
}
