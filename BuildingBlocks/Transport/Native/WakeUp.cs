using System.ComponentModel;

namespace Lab.Transport.Native;

/// <summary>An eventfd: ends a thread's wait in epoll or poll. Any number of calls before the wait end it once.</summary>
public sealed unsafe class WakeUp : IDisposable
{
    private readonly Lock _gate = new();
    private int _fd;

    /// <exception cref="Win32Exception">There are no descriptors left.</exception>
    public WakeUp()
    {
        _fd = Libc.eventfd(0, Constants.NonBlockingCloseOnExec);
        if (_fd < 0)
        {
            var errno = Errno.Last;
            throw new Win32Exception(errno, $"eventfd failed: {Errno.Describe(errno)}");
        }
    }

    /// <summary>Becomes readable with <see cref="Call"/>.</summary>
    public int Fd => _fd;

    public void Call()
    {
        // Under the lock, so that no other descriptor can have taken the number over.
        lock (_gate)
        {
            if (_fd >= 0)
            {
                var one = 1UL;
                _ = Libc.write(_fd, &one, sizeof(ulong));
            }
        }
    }

    /// <summary>To be called before looking at what the call was about.</summary>
    public void Reset()
    {
        ulong calls;
        _ = Libc.read(_fd, &calls, sizeof(ulong));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_fd >= 0)
            {
                _ = Libc.close(_fd);
                _fd = -1;
            }
        }
    }
}
