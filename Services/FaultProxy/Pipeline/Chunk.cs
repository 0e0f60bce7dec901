using System.Buffers;

namespace Lab.FaultProxy.Pipeline;

internal enum ChunkKind
{
    /// <summary>Bytes of the stream.</summary>
    Data,

    /// <summary>The sender has closed its side: the receiver sees the end of the stream, the other direction goes on.</summary>
    End,

    /// <summary>The sender has reset its connection, or is gone: the receiver's is reset, too.</summary>
    Reset,
}

/// <summary>A piece of one direction's stream, held until its time comes. Whoever takes it out must return it.</summary>
internal readonly struct Chunk
{
    /// <summary>What a chunk costs beside its bytes; without it, streams of single bytes would hold far more than they count.</summary>
    private const int OverheadBytes = 64;

    private readonly byte[] _buffer;
    private readonly int _length;
    private readonly BufferAccount? _account;

    private Chunk(ChunkKind kind, byte[] buffer, int length, BufferAccount? account)
    {
        Kind = kind;
        _buffer = buffer;
        _length = length;
        _account = account;
    }

    public ChunkKind Kind { get; }

    public ReadOnlyMemory<byte> Data => _buffer.AsMemory(0, _length);

    public static Chunk Copy(ReadOnlySpan<byte> data, BufferAccount account)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(data.Length);
        data.CopyTo(buffer);
        account.Take(buffer.Length + OverheadBytes);
        return new Chunk(ChunkKind.Data, buffer, data.Length, account);
    }

    /// <summary>A chunk that carries no bytes.</summary>
    public static Chunk Mark(ChunkKind kind) => new(kind, [], 0, account: null);

    /// <summary>Gives the memory back; the chunk must not be used afterwards.</summary>
    public void Return()
    {
        if (_account is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _account.Give(_buffer.Length + OverheadBytes);
        }
    }
}
