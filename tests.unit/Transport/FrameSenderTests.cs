using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Lab.Transport.Client;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Transport;

/// <summary>One-way frames over real loopback sockets.</summary>
public sealed class FrameSenderTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentQueue<Exception> _losses = new();

    public FrameSenderTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(16);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Frames_that_were_queued_before_the_connection_was_there_arrive_in_order()
    {
        await using var sender = NewSender();
        for (byte number = 0; number < 50; number++)
        {
            Assert.True(sender.TryQueue(RawPeer.Frame(number, 7)));
        }

        sender.Flush();
        using var server = await AcceptAsync();
        await UntilAsync(() => sender.IsConnected);
        Assert.True(sender.TryQueue(RawPeer.Frame(50, 7)));
        sender.Flush();
        Assert.Equal(Enumerable.Range(0, 51).Select(number => (byte)number), await ReadAsync(server, 51));
        Assert.Empty(_losses);
    }

    [Fact]
    public async Task The_end_of_the_connection_is_told_once_and_the_next_one_is_made()
    {
        await using var sender = NewSender();
        for (var round = 1; round <= 3; round++)
        {
            using (var server = await AcceptAsync())
            {
                await UntilAsync(() => sender.IsConnected);
                sender.TryQueue(RawPeer.Frame((byte)round, 0));
                sender.Flush();
                Assert.Equal([(byte)round], await ReadAsync(server, 1));
            }

            await UntilAsync(() => _losses.Count == round);
        }
    }

    [Fact]
    public async Task A_refusal_is_told_once_however_often_it_is_tried_and_what_waited_is_dropped()
    {
        var endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _listener.Dispose();
        await using var sender = new FrameSender(new DnsEndPoint("127.0.0.1", endpoint.Port), Quick, _losses.Enqueue);
        await UntilAsync(() => !_losses.IsEmpty);
        sender.TryQueue(RawPeer.Frame(1, 0));
        await Task.Delay(200, Token);
        Assert.Single(_losses);
        using var again = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        again.Bind(endpoint);
        again.Listen(16);
        sender.Hurry();
        using var server = await again.AcceptAsync(Token);
        await UntilAsync(() => sender.IsConnected);
        sender.TryQueue(RawPeer.Frame(2, 0));
        sender.Flush();
        Assert.Equal([(byte)2], await ReadAsync(server, 1));
        Assert.Single(_losses);
    }

    [Fact]
    public async Task A_server_that_does_not_read_costs_a_bounded_queue_and_no_wait()
    {
        var options = Quick with { MaxWaitingBytes = 100_000 };
        var endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        await using var sender = new FrameSender(new DnsEndPoint("127.0.0.1", endpoint.Port), options, _losses.Enqueue);
        using var server = await AcceptAsync();
        await UntilAsync(() => sender.IsConnected);
        var frame = RawPeer.Frame(new byte[10_000]);
        var queued = 0;
        while (sender.TryQueue(frame))
        {
            sender.Flush();
            Assert.True(++queued < 100_000, "nothing was ever dropped");
        }

        Assert.Empty(_losses);
        Assert.Equal(queued, (await ReadAsync(server, queued)).Count);
        await UntilAsync(() => sender.TryQueue(frame));
    }

    private static FrameSenderOptions Quick => new() { LongestPause = TimeSpan.FromMilliseconds(20) };

    private FrameSender NewSender() =>
        new(new DnsEndPoint("127.0.0.1", ((IPEndPoint)_listener.LocalEndPoint!).Port), Quick, _losses.Enqueue);

    private async Task<Socket> AcceptAsync() => await _listener.AcceptAsync(Token);

    /// <summary>First bytes of so many frames.</summary>
    private static async Task<List<byte>> ReadAsync(Socket socket, int frames)
    {
        using var reader = new FrameReader();
        var first = new List<byte>();
        while (first.Count < frames)
        {
            while (reader.TryRead(out var payload) == FrameStatus.Complete)
            {
                first.Add(payload.Span[0]);
            }

            if (first.Count < frames)
            {
                var received = await socket.ReceiveAsync(reader.Free(), SocketFlags.None, Token);
                Assert.True(received > 0, $"the connection ended after {first.Count} of {frames} frames");
                reader.Received(received);
            }
        }

        return first;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 1000, "it did not happen");
            await Task.Delay(10, Token);
        }
    }
}
