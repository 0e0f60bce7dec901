using System.Buffers;
using System.Net.Sockets;
using RESPite.Transports;

namespace Lab.Storage.Redis;

/// <summary>A connection to Redis: commands that are given while others leave follow them together.</summary>
internal sealed class RedisTransport(Socket socket) : DuplexTransport
{
    /// <summary>A server that takes nothing for so long that these gather has gone; the library connects anew.</summary>
    private const int MaxWaitingBytes = 64 * 1024 * 1024;
    private const int ReceiveBytes = 16 * 1024;

    private readonly Lock _gate = new();

    /// <summary>What the library writes until it flushes; one thread at a time, which the library sees to.</summary>
    private readonly ArrayBufferWriter<byte> _staged = new();
    private ArrayBufferWriter<byte> _waiting = new();
    private ArrayBufferWriter<byte> _leaving = new();
    private bool _isSending;
    private bool _isClosed;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _staged.GetMemory(sizeHint);

    public override void Advance(int count) => _staged.Advance(count);

    public override bool Flush()
    {
        lock (_gate)
        {
            _waiting.Write(_staged.WrittenSpan);
            _staged.ResetWrittenCount();
            if (_waiting.WrittenCount > MaxWaitingBytes)
            {
                Close();
            }

            if (_isClosed || _isSending || _waiting.WrittenCount == 0)
            {
                return !_isClosed;
            }

            _isSending = true;
        }

        _ = SendAsync();
        return true;
    }

    public override void Start(TransportReceiver receiver) => _ = ReceiveAsync(receiver);

    public override ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Completes at once as long as the kernel takes the bytes, which is nearly always.</summary>
    private async Task SendAsync()
    {
        try
        {
            while (TakeWaiting() is { Length: > 0 } rest)
            {
                while (rest.Length > 0)
                {
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None)..];
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Whoever receives hears of it, too, and tells the library.
            Close();
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

    private async Task ReceiveAsync(TransportReceiver receiver)
    {
        var buffer = new byte[ReceiveBytes];
        Exception? fault = null;
        try
        {
            while (await socket.ReceiveAsync(buffer, SocketFlags.None) is > 0 and var received && receiver.OnReceived(buffer.AsSpan(0, received)))
            {
                receiver.OnBatchEnd();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            fault = exception;
        }

        Close();
        receiver.OnClosed(fault);
    }

    private void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        socket.Dispose();
    }
}
