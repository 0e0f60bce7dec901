using System.Runtime.CompilerServices;

namespace Lab.Transport.Native;

/// <summary>
/// TCP sockets as bare descriptors that never block: what an engine needs that has its own event loop. A negative result
/// is the negated <see cref="Errno"/>.
/// </summary>
public static unsafe class NativeTcp
{
    /// <summary>Accepts a waiting connection; it does not block and sends without delay.</summary>
    /// <returns>Its descriptor; <c>-EAGAIN</c> when none waits, <c>-EMFILE</c> when no descriptor is left.</returns>
    public static int Accept(int listener)
    {
        var fd = Libc.accept4(listener, null, null, Constants.NonBlockingCloseOnExec);
        if (fd < 0)
        {
            return -Errno.Last;
        }

        SendWithoutDelay(fd);
        return fd;
    }

    /// <summary>A new socket that does not block.</summary>
    /// <returns>Its descriptor; <c>-EMFILE</c> when none is left.</returns>
    public static int Open() => Result(Libc.socket(Constants.AddressFamilyIPv4, Constants.StreamNonBlocking, 0));

    /// <summary>Binds to a source address; its port is chosen at the connect, so that one port serves many targets.</summary>
    public static int BindSource(int fd, SocketAddress4 source)
    {
        var yes = 1;
        _ = Libc.setsockopt(fd, Constants.LevelIp, Constants.BindAddressNoPort, &yes, sizeof(int));
        return Result(Libc.bind(fd, &source, SocketAddress4.Bytes));
    }

    /// <summary>Begins to connect; the socket becomes writable when that is decided (<see cref="TakeError"/>).</summary>
    /// <returns>0 when connected, <c>-EINPROGRESS</c> when not yet.</returns>
    public static int Connect(int fd, SocketAddress4 server) => Result(Libc.connect(fd, &server, SocketAddress4.Bytes));

    /// <summary>The error that waits on the socket, 0 for none.</summary>
    public static int TakeError(int fd)
    {
        int error = 0, bytes = sizeof(int);
        return Libc.getsockopt(fd, Constants.LevelSocket, Constants.SocketError, &error, &bytes) < 0 ? Errno.Last : error;
    }

    /// <returns>Bytes received, 0 at the end of the stream, <c>-EAGAIN</c> when nothing has come.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Receive(int fd, Span<byte> into)
    {
        fixed (byte* at = into)
        {
            return Result((int)Libc.recv(fd, at, (nuint)into.Length, 0));
        }
    }

    /// <returns>Bytes the kernel took, perhaps not all; <c>-EAGAIN</c> when it takes none now.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Send(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            return Result((int)Libc.send(fd, at, (nuint)bytes.Length, Constants.SendNoSignal));
        }
    }

    public static void SendWithoutDelay(int fd)
    {
        var yes = 1;
        _ = Libc.setsockopt(fd, Constants.LevelTcp, Constants.TcpNoDelay, &yes, sizeof(int));
    }

    /// <summary>Ends the stream to the peer, which reads what was sent and then the end.</summary>
    public static void ShutdownSend(int fd) => _ = Libc.shutdown(fd, Constants.ShutdownSend);

    /// <summary>Ends both; whoever waits on the descriptor is told.</summary>
    public static void ShutdownBoth(int fd) => _ = Libc.shutdown(fd, Constants.ShutdownBoth);

    public static void Close(int fd) => _ = Libc.close(fd);

    /// <summary>Lets calls on a descriptor return at once instead of waiting.</summary>
    public static void NeverBlock(int fd) =>
        _ = Libc.fcntl(fd, Constants.SetStatusFlags, Libc.fcntl(fd, Constants.GetStatusFlags, 0) | Constants.NonBlocking);

    /// <summary>Null when the socket has no such end, or no longer, or one that is not IPv4.</summary>
    public static SocketAddress4? LocalAddress(int fd)
    {
        SocketAddress4 address;
        var bytes = SocketAddress4.Bytes;
        return Libc.getsockname(fd, &address, &bytes) == 0 && address.IsIPv4 ? address : null;
    }

    /// <inheritdoc cref="LocalAddress"/>
    public static SocketAddress4? PeerAddress(int fd)
    {
        SocketAddress4 address;
        var bytes = SocketAddress4.Bytes;
        return Libc.getpeername(fd, &address, &bytes) == 0 && address.IsIPv4 ? address : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Result(int result) => result >= 0 ? result : -Errno.Last;
}
