using System.Net;
using System.Net.Sockets;
using Lab.Harness.Systems.Echo.Connections;

namespace Lab.Tests.Unit.Load;

public class ConnectionLoadTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_request_on_every_connection_gets_its_own_reply()
    {
        await using var server = new TinyEchoServer();
        await using var load = new ConnectionLoad(new ConnectionLoadOptions());
        var opened = await load.OpenAsync(server.Endpoint, 500, Token);
        var warm = await load.RunForAsync(TimeSpan.FromMilliseconds(1), Token);
        var outcome = await load.RunAsync(20, Token);
        var closed = await load.CloseAsync(Token);

        Assert.Equal((500, null), (opened.Open, opened.Reason));
        Assert.Empty(opened.Errors.Concat(warm.Errors).Concat(outcome.Errors).Concat(closed.Errors));
        Assert.Equal(500 * 20, outcome.Latency.Count);
        Assert.True(warm.Latency.Count >= 500);
        Assert.Equal(Enumerable.Range(0, 500).Select(number => (long)number), closed.Connections.Select(connection => connection.Number));
        Assert.Equal(500, closed.Connections.Select(connection => connection.Address).Distinct().Count());
        Assert.Equal(outcome.Latency.Count + warm.Latency.Count, closed.Connections.Sum(connection => connection.Requests));
        Assert.All(closed.Connections, connection =>
        {
            Assert.False(connection.WasLost);
            Assert.Equal(connection.Requests * 64, connection.Bytes);
            Assert.StartsWith("127.0.0.1:", connection.Address, StringComparison.Ordinal);
            Assert.InRange(connection.AverageResponseS, double.Epsilon, connection.DurationS);
        });
    }

    [Fact]
    public async Task A_load_can_open_again_and_numbers_its_connections_on()
    {
        await using var server = new TinyEchoServer();
        await using var load = new ConnectionLoad(new ConnectionLoadOptions());
        for (var round = 0; round < 3; round++)
        {
            await load.OpenAsync(server.Endpoint, 7, Token);
            Assert.Equal(14, (await load.RunAsync(2, Token)).Latency.Count);
            Assert.Equal(round * 7, (await load.CloseAsync(Token)).Connections[0].Number);
        }
    }

    [Fact]
    public async Task Replies_may_come_in_pieces()
    {
        await using var server = new TinyEchoServer(async (socket, _, bytes, token) =>
        {
            foreach (var piece in new[] { bytes[..1], bytes[1..40], bytes[40..] })
            {
                await socket.SendAsync(piece, token);
                await Task.Delay(1, token);
            }

            return true;
        });
        var (outcome, closed) = await RunAsync(server.Endpoint, connections: 20, requests: 5);
        Assert.Empty(outcome.Errors.Concat(closed.Errors));
        Assert.Equal(100, outcome.Latency.Count);
    }

    [Fact]
    public async Task A_reply_with_one_wrong_byte_is_a_wrong_answer_and_its_connection_goes_on()
    {
        await using var server = new TinyEchoServer((socket, number, bytes, token) =>
        {
            var reply = bytes.ToArray();
            reply[63] ^= (byte)(number % 2);
            return TinyEchoServer.EchoAsync(socket, number, reply, token);
        });
        var (outcome, closed) = await RunAsync(server.Endpoint, connections: 10, requests: 4);
        Assert.Equal([KeyValuePair.Create("wrong_answer", 20L)], outcome.Errors);
        Assert.Equal(20, outcome.Latency.Count);
        Assert.All(closed.Connections, connection => Assert.Equal((4L, false), (connection.Requests, connection.WasLost)));
    }

    [Fact]
    public async Task The_reply_of_an_earlier_request_is_a_wrong_answer()
    {
        byte[]? first = null;
        await using var server = new TinyEchoServer((socket, number, bytes, token) =>
            TinyEchoServer.EchoAsync(socket, number, first ??= bytes.ToArray(), token));
        var (outcome, _) = await RunAsync(server.Endpoint, connections: 1, requests: 3);
        Assert.Equal((1, 2), (outcome.Latency.Count, outcome.Errors["wrong_answer"]));
    }

    [Fact]
    public async Task Bytes_that_nobody_asked_for_are_a_wrong_answer()
    {
        await using var server = new TinyEchoServer((socket, number, bytes, token) =>
            TinyEchoServer.EchoAsync(socket, number, new byte[65], token));
        var (outcome, closed) = await RunAsync(server.Endpoint, connections: 3, requests: 2);
        Assert.Equal(0, outcome.Latency.Count);
        Assert.Equal([KeyValuePair.Create("wrong_answer", 3L), KeyValuePair.Create("not_sent", 3L)], outcome.Errors);
        Assert.All(closed.Connections, connection => Assert.True(connection.WasLost));
    }

    [Fact]
    public async Task Connections_that_the_server_closes_are_counted_as_lost()
    {
        // Every other one gets half of its second reply and then the end.
        await using var server = new TinyEchoServer(async (socket, number, bytes, token) =>
        {
            var isLast = number % 2 == 1 && BitConverter.ToInt64(bytes.Span[8..]) == 1;
            await socket.SendAsync(isLast ? bytes[..32] : bytes, token);
            return !isLast;
        });
        var (outcome, closed) = await RunAsync(server.Endpoint, connections: 40, requests: 5);
        Assert.Equal([KeyValuePair.Create("connection_lost", 20L), KeyValuePair.Create("not_sent", 60L)], outcome.Errors);
        Assert.Equal((20 * 5) + 20, outcome.Latency.Count);
        Assert.Equal(20, closed.Connections.Count(connection => connection.WasLost));
    }

    [Fact]
    public async Task A_connection_that_the_server_closes_after_its_last_reply_is_lost()
    {
        await using var server = new TinyEchoServer(async (socket, number, bytes, token) =>
        {
            await TinyEchoServer.EchoAsync(socket, number, bytes, token);
            return false;
        });
        await using var load = new ConnectionLoad(new ConnectionLoadOptions());
        await load.OpenAsync(server.Endpoint, 1, Token);
        var outcome = await load.RunAsync(1, Token);
        await Task.Delay(100, Token);
        var closed = await load.CloseAsync(Token);
        Assert.Equal([KeyValuePair.Create("connection_lost", 1L)], outcome.Errors.Concat(closed.Errors));
        Assert.True(Assert.Single(closed.Connections).WasLost);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up()
    {
        await using var server = new TinyEchoServer((_, _, _, _) => ValueTask.FromResult(true));
        var (outcome, _) = await RunAsync(
            server.Endpoint, connections: 5, requests: 5, new ConnectionLoadOptions { ReplyTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal([KeyValuePair.Create("timeout", 5L), KeyValuePair.Create("not_sent", 20L)], outcome.Errors);
        Assert.Equal((0, 5), (outcome.Latency.Count, outcome.ErrorLatency!.Count));
        Assert.True(outcome.ErrorLatency.MinNs >= 200_000_000, "a time-out counts with the time waited");
    }

    [Fact]
    public async Task Connects_that_are_refused_are_counted_with_their_reason()
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var load = new ConnectionLoad(new ConnectionLoadOptions());
        var opened = await load.OpenAsync((IPEndPoint)nobody.LocalEndPoint!, 10, Token);
        Assert.Equal((0, 10L, "Connection refused"), (opened.Open, opened.Errors["connect_failed"], opened.Reason));
        Assert.Empty((await load.CloseAsync(Token)).Connections);
    }

    [Fact]
    public async Task A_load_that_is_cancelled_closes_its_connections()
    {
        await using var server = new TinyEchoServer((_, _, _, _) => ValueTask.FromResult(true));
        await using var load = new ConnectionLoad(new ConnectionLoadOptions());
        await load.OpenAsync(server.Endpoint, 5, Token);
        using var stop = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => load.RunAsync(1, stop.Token));
        Assert.Equal(0, load.Processes);
    }

    private static async Task<(Lab.Harness.Load.LoadOutcome Outcome, ClosedConnections Closed)> RunAsync(
        IPEndPoint server, int connections, int requests, ConnectionLoadOptions? options = null)
    {
        await using var load = new ConnectionLoad(options ?? new ConnectionLoadOptions());
        var opened = await load.OpenAsync(server, connections, Token);
        Assert.Equal(connections, opened.Open);
        return (await load.RunAsync(requests, Token), await load.CloseAsync(Token));
    }
}
