using System.Runtime.InteropServices;

namespace Lab.Transport.Native;

/// <summary>
/// Buffers of which the kernel takes one when bytes have come, not when the receive is asked for: thousands of waiting
/// connections share a few (IORING_REGISTER_PBUF_RING, Linux 5.19).
/// </summary>
internal sealed unsafe class ProvidedBuffers : IDisposable
{
    private const uint RegisterBufferRing = 22;
    private const nuint PageBytes = 4096;
    private const int EntryBytes = 16;
    private const int TailOffset = 14;

    private readonly byte* _ring;
    private readonly byte* _memory;
    private readonly int _bytes;
    private readonly uint _mask;
    private ushort _tail;

    /// <param name="ring">Where receives name the group.</param>
    /// <param name="group">Number of the group.</param>
    /// <param name="count">A power of two.</param>
    /// <param name="bytes">Of each.</param>
    public ProvidedBuffers(IoUring ring, ushort group, int count, int bytes)
    {
        _bytes = bytes;
        _mask = (uint)count - 1;
        _ring = (byte*)NativeMemory.AlignedAlloc((nuint)(count * EntryBytes), PageBytes);
        NativeMemory.Clear(_ring, (nuint)(count * EntryBytes));
        _memory = (byte*)NativeMemory.Alloc((nuint)count, (nuint)bytes);
        var registration = new Registration { Address = (ulong)_ring, Entries = (uint)count, Group = group };
        try
        {
            ring.Register(RegisterBufferRing, &registration, 1);
        }
        catch
        {
            Dispose();
            throw;
        }

        for (var id = 0; id < count; id++)
        {
            GiveBack((ushort)id);
        }
    }

    public ReadOnlySpan<byte> this[ushort id] => new(_memory + (id * (nint)_bytes), _bytes);

    /// <summary>The kernel may use the buffer again.</summary>
    public void GiveBack(ushort id)
    {
        var entry = _ring + ((_tail & _mask) * EntryBytes);
        *(ulong*)entry = (ulong)(_memory + (id * (nint)_bytes));
        *(uint*)(entry + 8) = (uint)_bytes;
        *(ushort*)(entry + 12) = id;
        _tail++;
        Volatile.Write(ref *(ushort*)(_ring + TailOffset), _tail);
    }

    /// <summary>The ring must be closed before.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_ring);
        NativeMemory.Free(_memory);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Registration
    {
        public ulong Address;
        public uint Entries;
        public ushort Group;
        public ushort Flags;
        public ulong Reserved0;
        public ulong Reserved1;
        public ulong Reserved2;
    }
}
