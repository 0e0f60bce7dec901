using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Lab.Transport.Client;

/// <summary>
/// Sends frames that want no reply to one address, over one connection that is opened again whenever it ends. Nothing waits
/// for it: frames are queued, those of one <see cref="Flush"/> leave together, and some may be lost. What its owner can
/// count on is that it is told when the connection has ended.
/// </summary>
/// <remarks>Frames wait for the attempt to connect that is under way, or for the next one; they are dropped when it fails.</remarks>
public sealed class FrameSender : IAsyncDisposable
{
    private readonly DnsEndPoint _server;
    private readonly FrameSenderOptions _options;
    private readonly Action<Exception> _lost;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _hurry = new(0, 1);
    private readonly Lock _gate = new();
    private readonly Task _running;
    private ArrayBufferWriter<byte> _waiting = new();
    private ArrayBufferWriter<byte> _leaving = new();
    private Socket? _socket;
    private Task? _sending;
    private bool _isSending;

    /// <summary>Begins to connect.</summary>
    /// <param name="server">Whom to send to.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="lost">
    /// Told once for every connection that ended, and once for attempts that fail one after the other: by any thread, which
    /// it must not hold up.
    /// </param>
    public FrameSender(DnsEndPoint server, FrameSenderOptions options, Action<Exception> lost)
    {
        (_server, _options, _lost) = (server, options, lost);
        _running = RunAsync();
    }

    /// <summary>Whether there is a connection now.</summary>
    public bool IsConnected => Volatile.Read(ref _socket) is not null;

    /// <summary>Queues a frame, header and payload; it leaves with the next <see cref="Flush"/>.</summary>
    /// <returns>False when it is dropped, because too much waits already.</returns>
    public bool TryQueue(ReadOnlySpan<byte> wire)
    {
        lock (_gate)
        {
            if (_waiting.WrittenCount + wire.Length > _options.MaxWaitingBytes)
            {
                return false;
            }

            _waiting.Write(wire);
            return true;
        }
    }

    /// <summary>Sends what is queued. Does not wait: what the kernel does not take at once follows by itself.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isSending || _socket is not { } socket || _waiting.WrittenCount == 0)
            {
                return;
            }

            _isSending = true;
            _sending = SendAllAsync(socket);
        }
    }

    /// <summary>The server is there again, as its own words show: the next attempt to connect is made at once.</summary>
    public void Hurry()
    {
        if (!IsConnected && _hurry.CurrentCount == 0)
        {
            try
            {
                _hurry.Release();
            }
            catch (SemaphoreFullException)
            {
                // Another thread was faster: once is enough.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _hurry.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = _options.FirstPause;
        var isKnownLost = false;
        while (!_stopping.IsCancellationRequested)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            var (reason, lasted) = await ServeConnectionAsync(socket);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            if (!isKnownLost || lasted is not null)
            {
                isKnownLost = true;
                _lost(reason);
            }

            // One that ends as soon as it is there is no better than one that is refused: a proxy may do so.
            pause = lasted > _options.LongestPause ? _options.FirstPause : pause;
            await PauseAsync(pause);
            pause = pause * 2 > _options.LongestPause ? _options.LongestPause : pause * 2;
        }
    }

    /// <returns>Why the connection ended, and how long it has lasted; null when there was none.</returns>
    private async Task<(Exception Reason, TimeSpan? Lasted)> ServeConnectionAsync(Socket socket)
    {
        long? connectedMs = null;
        Exception reason;
        try
        {
            await ConnectAsync(socket);
            connectedMs = Environment.TickCount64;
            await ReceiveEndAsync(socket);
            reason = new IOException("the server closed the connection");
        }
        catch (Exception exception) when (exception is SocketException or TimeoutException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Cancelled is it only at its own end, of which nobody is told.
            reason = exception;
        }

        await ForgetAsync(socket);
        return (reason, connectedMs is { } since ? TimeSpan.FromMilliseconds(Environment.TickCount64 - since) : null);
    }

    private async Task ConnectAsync(Socket socket)
    {
        await socket.ConnectAsync(_server, _options.ConnectTimeout, _stopping.Token);
        if (_options.Introduce is not null)
        {
            await IntroduceAsync(socket, _options.Introduce);
        }

        Volatile.Write(ref _socket, socket);
        Flush();
    }

    private async Task IntroduceAsync(Socket socket, Func<Socket, CancellationToken, Task> introduce)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(_options.ConnectTimeout);
        try
        {
            await introduce(socket, patience.Token);
        }
        catch (OperationCanceledException exception) when (!_stopping.IsCancellationRequested)
        {
            throw new TimeoutException(FormattableString.Invariant($"{_server.Host}:{_server.Port} has not answered within {_options.ConnectTimeout.TotalSeconds:0.###} s who it is"), exception);
        }
    }

    /// <summary>The server has nothing more to say; but its end is heard of only by who listens.</summary>
    private async Task ReceiveEndAsync(Socket socket)
    {
        var waste = new byte[512];
        while (await socket.ReceiveAsync(waste, SocketFlags.None, _stopping.Token) > 0)
        {
        }
    }

    private async Task ForgetAsync(Socket socket)
    {
        socket.Dispose();
        Task? sending;
        lock (_gate)
        {
            _socket = null;
            sending = _sending;
        }

        await (sending ?? Task.CompletedTask);
        lock (_gate)
        {
            _isSending = false;
            _waiting.ResetWrittenCount();
        }
    }

    private async Task SendAllAsync(Socket socket)
    {
        try
        {
            while (TakeWaiting() is { Length: > 0 } rest)
            {
                while (rest.Length > 0)
                {
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None, CancellationToken.None)..];
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Whoever listens for the end hears of it, too, and says so.
        }
    }

    private ReadOnlyMemory<byte> TakeWaiting()
    {
        lock (_gate)
        {
            (_waiting, _leaving) = (_leaving, _waiting);
            _waiting.ResetWrittenCount();
            _isSending = _leaving.WrittenCount > 0;
            return _leaving.WrittenMemory;
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await _hurry.WaitAsync(pause, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }
}
