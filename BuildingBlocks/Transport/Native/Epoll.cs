using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lab.Transport.Native;

/// <summary>What a descriptor is ready for (man 2 epoll_ctl).</summary>
[Flags]
public enum EpollEvents : uint
{
    None = 0,
    In = 0x1,
    Out = 0x4,
    Error = 0x8,
    HangUp = 0x10,
    PeerClosed = 0x2000,
    EdgeTriggered = 0x80000000,
}

/// <summary>A descriptor that became ready.</summary>
public readonly record struct ReadyDescriptor(int Fd, EpollEvents Events);

/// <summary>An epoll instance: tells which of its descriptors are ready. One thread waits; any thread may add.</summary>
public sealed unsafe class Epoll : IDisposable
{
    private const int MaxEvents = 256;

    /// <summary>struct epoll_event is packed on x86-64, and only there.</summary>
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)(MaxEvents * 16));
    private int _fd;

    /// <exception cref="Win32Exception">There are no descriptors left.</exception>
    public Epoll()
    {
        _fd = Libc.epoll_create1(Constants.EpollCloseOnExec);
        if (_fd < 0)
        {
            var errno = Errno.Last;
            NativeMemory.Free(_events);
            throw new Win32Exception(errno, $"epoll_create1 failed: {Errno.Describe(errno)}");
        }
    }

    /// <summary>Watches a descriptor until it is closed.</summary>
    /// <returns>False when the kernel refuses, for want of memory or watches.</returns>
    public bool TryAdd(int fd, EpollEvents events)
    {
        var wanted = stackalloc byte[16];
        *(uint*)wanted = (uint)events;
        *(ulong*)(wanted + DataOffset) = (uint)fd;
        return Libc.epoll_ctl(_fd, Constants.EpollAdd, fd, wanted) == 0;
    }

    /// <summary>Waits until something is ready.</summary>
    /// <param name="timeoutMs">-1: for ever; 0: only looks.</param>
    /// <returns>How many there are, to be read with <see cref="Ready"/>; 0 when the time is over or a signal came.</returns>
    public int Wait(int timeoutMs)
    {
        var count = Libc.epoll_wait(_fd, _events, MaxEvents, timeoutMs);
        if (count < 0 && Errno.Last is var errno and not Errno.Interrupted)
        {
            throw new Win32Exception(errno, $"epoll_wait failed: {Errno.Describe(errno)}");
        }

        return Math.Max(0, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadyDescriptor Ready(int index)
    {
        var at = _events + (index * EventBytes);
        return new ReadyDescriptor(*(int*)(at + DataOffset), (EpollEvents)(*(uint*)at));
    }

    /// <summary>Nobody may wait any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _fd, -1) is >= 0 and var fd)
        {
            _ = Libc.close(fd);
            NativeMemory.Free(_events);
        }
    }
}
