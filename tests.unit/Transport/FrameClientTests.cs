using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Lab.Transport.Client;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Transport;

/// <summary>What a client says of a server that does not keep up: a time-out is no cancellation.</summary>
public class FrameClientTests
{
    private static readonly FrameClientOptions Impatient = new()
    {
        ReadId = payload => BinaryPrimitives.ReadInt64LittleEndian(payload),
        DescribeRefusal = _ => "refused",
        ConnectTimeout = TimeSpan.FromMilliseconds(200),
        ReplyTimeout = TimeSpan.FromMilliseconds(200),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_does_not_come_about_in_time_is_a_time_out()
    {
        using var server = new DeafServer();
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => FrameClient.ConnectAsync(server.Address, Impatient, Token));
        Assert.Contains(server.EndPoint.ToString(), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_cancels_a_connection_attempt_is_told_that_it_was_cancelled()
    {
        using var server = new DeafServer();
        using var impatient = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => FrameClient.ConnectAsync(server.Address, Impatient with { ConnectTimeout = TimeSpan.FromMinutes(1) }, impatient.Token));
    }

    [Fact]
    public async Task Requests_that_a_server_does_not_take_time_out_and_end_the_connection()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var address = new DnsEndPoint("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port);
        await using var client = await FrameClient.ConnectAsync(address, Impatient, Token);
        using var idle = await listener.AcceptAsync(Token);

        // Far more than the kernel holds: the first fill the connection, the others wait for their turn to send.
        var calls = Enumerable.Range(1, 16).Select(id => CallAsync(client, id, bytes: 1_000_000)).ToList();
        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => call);
        }

        // A frame that was sent in part spoils the connection for all others.
        Assert.False(client.IsOpen);
    }

    [Fact]
    public async Task A_sender_tells_of_a_connection_that_does_not_come_about_as_a_time_out()
    {
        using var server = new DeafServer();
        var told = new TaskCompletionSource<Exception>();
        await using var sender = new FrameSender(
            server.Address, new FrameSenderOptions { ConnectTimeout = TimeSpan.FromMilliseconds(100) }, reason => told.TrySetResult(reason));
        Assert.IsType<TimeoutException>(await told.Task.WaitAsync(Token));
    }

    private static Task<bool> CallAsync(FrameClient client, long id, int bytes)
    {
        var payload = new byte[bytes];
        BinaryPrimitives.WriteInt64LittleEndian(payload, id);
        var frame = new OutgoingFrame();
        frame.Write(payload);
        return client.CallAsync(id, frame, _ => true, Token);
    }
}
