using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lab.Transport.Frames;

namespace Lab.Tests.Integration.Labs;

/// <summary>A TCP connection that sends whatever a test wants, valid or not.</summary>
public sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly FrameReader _reader = new(int.MaxValue);

    public static async Task<RawConnection> OpenAsync(DnsEndPoint server)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync(server);
        return connection;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _socket.SendAsync(bytes);

    /// <summary>ADDRESS:PORT of this end: what the server sees as its peer.</summary>
    public string Address => _socket.LocalEndPoint is IPEndPoint { Address: var address, Port: var port }
        ? new IPEndPoint(address.MapToIPv4(), port).ToString()
        : throw new InvalidOperationException("not connected");

    /// <summary>So many bytes as they come, without frames.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        using var timeout = new CancellationTokenSource(Patience);
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = await _socket.ReceiveAsync(bytes.AsMemory(received), timeout.Token);
            Assert.True(more > 0, $"the server closed the connection after {received} of {count} bytes");
            received += more;
        }

        return bytes;
    }

    /// <summary>Waits until the server has closed the connection in order.</summary>
    public async Task ReceiveEndAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        Assert.Equal(0, await _socket.ReceiveAsync(new byte[1], timeout.Token));
    }

    /// <summary>Closes as a crash would: with a reset instead of an end.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    /// <summary>A frame with this payload.</summary>
    public Task SendFrameAsync(byte[] payload)
    {
        var wire = new byte[FrameFormat.HeaderBytes + payload.Length];
        FrameFormat.WriteLength(wire, payload.Length);
        payload.CopyTo(wire, FrameFormat.HeaderBytes);
        return SendAsync(wire);
    }

    /// <summary>A frame with this JSON text, as it is.</summary>
    public Task SendTextAsync(string json) => SendFrameAsync(Encoding.UTF8.GetBytes(json));

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next reply; null when the server has closed the connection.</summary>
    public async Task<JsonElement?> ReadAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (true)
        {
            if (_reader.TryRead(out var payload) == FrameStatus.Complete)
            {
                return JsonDocument.Parse(payload.ToArray()).RootElement;
            }

            int received;
            try
            {
                received = await _socket.ReceiveAsync(_reader.Free(), timeout.Token);
            }
            catch (SocketException)
            {
                return null;
            }

            if (received == 0)
            {
                return null;
            }

            _reader.Received(received);
        }
    }

    /// <summary>Sends JSON text and returns the error code of the reply.</summary>
    public async Task<string?> RefusalOfAsync(string json)
    {
        await SendTextAsync(json);
        return ErrorCode(await ReadAsync());
    }

    public static string? ErrorCode(JsonElement? reply) => reply is { } json && !json.GetProperty("ok").GetBoolean()
        ? json.GetProperty("error").GetProperty("code").GetString()
        : null;

    public void Dispose()
    {
        _socket.Dispose();
        _reader.Dispose();
    }
}
