using System.Runtime.InteropServices;

namespace Lab.Transport.Native;

/// <summary>
/// The system calls that the engines and the load of many connections are made of (Linux; man 2 of each). Calls on
/// non-blocking descriptors return at once, so they skip the garbage collector's transition; the others do not. Nor do send
/// and connect, although they do not block: over loopback they run the receiver's half of TCP as well, and a collection
/// that begins meanwhile has to wait for them (docs/engines.md has figures).
/// </summary>
/// <remarks>A negative result is a failure; its reason is <see cref="Errno.Last"/>, to be asked for at once.</remarks>
internal static unsafe partial class Libc
{
    [LibraryImport("libc")]
    public static partial int epoll_create1(int flags);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int epoll_ctl(int epoll, int operation, int fd, void* epollEvent);

    [LibraryImport("libc")]
    public static partial int epoll_wait(int epoll, void* events, int maxEvents, int timeoutMs);

    [LibraryImport("libc")]
    public static partial int poll(PollFd* fds, nuint count, int timeoutMs);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int eventfd(uint initialValue, int flags);

    /// <summary>Only for descriptors that do not block.</summary>
    [LibraryImport("libc"), SuppressGCTransition]
    public static partial nint read(int fd, void* buffer, nuint count);

    /// <inheritdoc cref="read"/>
    [LibraryImport("libc"), SuppressGCTransition]
    public static partial nint write(int fd, void* buffer, nuint count);

    /// <summary>Only for sockets that do not block.</summary>
    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int accept4(int fd, SocketAddress4* address, int* addressBytes, int flags);

    /// <inheritdoc cref="accept4"/>
    [LibraryImport("libc"), SuppressGCTransition]
    public static partial nint recv(int fd, void* buffer, nuint count, int flags);

    /// <inheritdoc cref="accept4"/>
    [LibraryImport("libc")]
    public static partial nint send(int fd, void* buffer, nuint count, int flags);

    /// <inheritdoc cref="accept4"/>
    [LibraryImport("libc")]
    public static partial int connect(int fd, SocketAddress4* address, int addressBytes);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int bind(int fd, SocketAddress4* address, int addressBytes);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int shutdown(int fd, int how);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int setsockopt(int fd, int level, int option, void* value, int valueBytes);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int getsockopt(int fd, int level, int option, void* value, int* valueBytes);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int getsockname(int fd, SocketAddress4* address, int* addressBytes);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int getpeername(int fd, SocketAddress4* address, int* addressBytes);

    [LibraryImport("libc"), SuppressGCTransition]
    public static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc")]
    public static partial int close(int fd);

    [LibraryImport("libc")]
    public static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc")]
    public static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport("libc")]
    public static partial void* mmap(void* address, nuint bytes, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc")]
    public static partial int munmap(void* address, nuint bytes);

    // libc has no wrappers of these; the numbers are the same on every architecture.
    public const nint IoUringSetup = 425;
    public const nint IoUringEnter = 426;
    public const nint IoUringRegister = 427;

    [LibraryImport("libc", EntryPoint = "syscall")]
    public static partial nint io_uring_setup(nint number, nuint entries, void* parameters);

    [LibraryImport("libc", EntryPoint = "syscall")]
    public static partial nint io_uring_enter(
        nint number, nint ring, nuint submit, nuint waitFor, nuint flags, void* argument, nuint argumentBytes);

    [LibraryImport("libc", EntryPoint = "syscall")]
    public static partial nint io_uring_register(nint number, nint ring, nuint what, void* argument, nuint count);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ResourceLimit
    {
        public nuint Soft;
        public nuint Hard;
    }
}

/// <summary>Values of the constants that <see cref="Libc"/>'s calls take; the same on x86-64 and ARM64.</summary>
internal static class Constants
{
    public const int AddressFamilyIPv4 = 2;
    public const int StreamNonBlocking = 1 | 0x800 | 0x80000; // SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
    public const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    public const int EpollCloseOnExec = 0x80000;
    public const int EpollAdd = 1;
    public const int GetStatusFlags = 3; // F_GETFL
    public const int SetStatusFlags = 4; // F_SETFL
    public const int NonBlocking = 0x800; // O_NONBLOCK
    public const int SendNoSignal = 0x4000; // MSG_NOSIGNAL
    public const int ShutdownSend = 1;
    public const int ShutdownBoth = 2;
    public const int LevelTcp = 6;
    public const int TcpNoDelay = 1;
    public const int LevelSocket = 1;
    public const int SocketError = 4; // SO_ERROR
    public const int LevelIp = 0;
    public const int BindAddressNoPort = 24; // IP_BIND_ADDRESS_NO_PORT
    public const int LimitOpenFiles = 7; // RLIMIT_NOFILE
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const short PollError = 8;
    public const short PollHangUp = 0x10;
}

/// <summary>Why a system call failed (man 3 errno).</summary>
public static class Errno
{
    public const int Interrupted = 4; // EINTR
    public const int TryAgain = 11; // EAGAIN
    public const int NoMemory = 12; // ENOMEM
    public const int Busy = 16; // EBUSY
    public const int InvalidArgument = 22; // EINVAL
    public const int TooManyFilesInSystem = 23; // ENFILE
    public const int TooManyFiles = 24; // EMFILE
    public const int NotConnected = 107; // ENOTCONN
    public const int TimeIsOver = 62; // ETIME
    public const int NoBuffers = 105; // ENOBUFS
    public const int Cancelled = 125; // ECANCELED
    public const int InProgress = 115; // EINPROGRESS

    /// <summary>Of the call before on this thread.</summary>
    internal static int Last => Marshal.GetLastSystemError();

    public static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
