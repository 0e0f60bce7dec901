using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Lab.Transport;
using Lab.Transport.Client;
using Lab.Transport.Engines;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Transport;

/// <summary>Every engine keeps the same promises; real loopback sockets.</summary>
public class EngineTests
{
    private static readonly FrameClientOptions Options = new()
    {
        ReadId = payload => payload.Length >= 8 && BinaryPrimitives.ReadInt64LittleEndian(payload) is > 0 and var id ? id : null,
        DescribeRefusal = _ => "refused",
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Engines => TestServer.Engines;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Many_clients_with_many_requests_get_their_own_answers(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        await Parallel.ForAsync(0, 50, Token, async (client, token) =>
        {
            await using var connection = await ConnectAsync(server);
            await Task.WhenAll(Enumerable.Range(1, 40).Select(async request =>
            {
                var payload = Payload(request, (client * 100) + request);
                Assert.Equal(payload, await CallAsync(connection, request, payload, token));
            }));
        });
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Frames_of_one_mebibyte_go_both_ways(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        await using var connection = await ConnectAsync(server);
        var payload = Payload(7, FrameFormat.MaxPayloadBytes - 8);
        Assert.Equal(payload, await CallAsync(connection, 7, payload, Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_handler_that_throws_costs_its_own_connection_only(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler { FailOn = 13 });
        await using var unlucky = await ConnectAsync(server);
        await using var other = await ConnectAsync(server);
        await Assert.ThrowsAsync<IOException>(() => CallAsync(unlucky, 13, Payload(13, 4), Token));
        Assert.Equal(Payload(1, 4), await CallAsync(other, 1, Payload(1, 4), Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_stop_answers_what_is_under_way(string engine)
    {
        var handler = new TestHandler { Gate = new TaskCompletionSource() };
        await using var server = await TestServer.StartAsync(engine, handler);
        await using var connection = await ConnectAsync(server);
        var underWay = CallAsync(connection, 1, Payload(1, 4), Token);
        await handler.Entered.Task.WaitAsync(Token);
        var switching = server.SwitchEngineAsync(engine, Token);
        handler.Gate.SetResult();
        Assert.Equal(Payload(1, 4), await underWay);
        await switching;
        await using var next = await ConnectAsync(server);
        Assert.Equal(Payload(2, 4), await CallAsync(next, 2, Payload(2, 4), Token));
    }

    [Fact]
    public async Task Engines_can_be_exchanged_again_and_again_while_clients_come()
    {
        await using var server = await TestServer.StartAsync("async", new TestHandler());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var clients = Task.Run(async () =>
        {
            var answered = 0;
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    await using var connection = await ConnectAsync(server);
                    await CallAsync(connection, 1, Payload(1, 4), Token);
                    answered++;
                }
                catch (IOException)
                {
                    // The engine was exchanged under it: clients connect again.
                }
            }

            return answered;
        });
        for (var exchange = 0; exchange < 20; exchange++)
        {
            await server.SwitchEngineAsync(ConnectionEngines.Offered[exchange % ConnectionEngines.Offered.Count], Token);
            await Task.Delay(20, Token);
        }

        await stop.CancelAsync();
        Assert.True(await clients > 0);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task More_requests_than_may_be_under_way_wait_and_are_answered(string engine)
    {
        var handler = new TestHandler { Gate = new TaskCompletionSource() };
        await using var server = await TestServer.StartAsync(engine, handler, new ConnectionLimits { MaxPipelined = 4 });
        await using var connection = await ConnectAsync(server);
        var calls = Enumerable.Range(1, 50).Select(request => CallAsync(connection, request, Payload(request, 8), Token)).ToList();
        await handler.Entered.Task.WaitAsync(Token);
        await Task.Delay(100, Token);
        Assert.InRange(handler.MostAtOnce, 1, 4);
        handler.Gate.SetResult();
        await Task.WhenAll(calls);
        Assert.InRange(handler.MostAtOnce, 1, 4);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_says_nothing_at_all_is_let_go_after_the_idle_timeout(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler(), new ConnectionLimits { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        using var silent = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await silent.ConnectAsync(server.Endpoint, Token);
        Assert.Equal(0, await silent.ReceiveAsync(new byte[1], Token));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_reset_in_the_middle_of_a_frame_leaves_the_server_as_it_was(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        for (var attempt = 0; attempt < 50; attempt++)
        {
            using var rude = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(enable: true, 0) };
            await rude.ConnectAsync(server.Endpoint, Token);
            await rude.SendAsync(new byte[] { 0, 0, 1 }, Token);
        }

        await using var connection = await ConnectAsync(server);
        Assert.Equal(Payload(1, 4), await CallAsync(connection, 1, Payload(1, 4), Token));
    }

    [Fact]
    public async Task A_client_gives_an_answer_up_when_it_does_not_come()
    {
        var handler = new TestHandler { Gate = new TaskCompletionSource() };
        await using var server = await TestServer.StartAsync("async", handler);
        await using var connection = await FrameClient.ConnectAsync(
            Address(server), Options with { ReplyTimeout = TimeSpan.FromMilliseconds(200) }, Token);
        await Assert.ThrowsAsync<TimeoutException>(() => CallAsync(connection, 1, Payload(1, 4), Token));
        using var impatient = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CallAsync(connection, 2, Payload(2, 4), impatient.Token));
        handler.Gate.SetResult();
        Assert.Equal(Payload(3, 4), await CallAsync(connection, 3, Payload(3, 4), Token));
    }

    [Fact]
    public async Task Calls_fail_when_the_server_is_gone_and_say_so_at_once_afterwards()
    {
        var server = await TestServer.StartAsync("async", new TestHandler { Gate = new TaskCompletionSource() });
        await using var connection = await ConnectAsync(server);
        var call = CallAsync(connection, 1, Payload(1, 4), Token);
        await connection.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => call);
        await Assert.ThrowsAsync<IOException>(() => CallAsync(connection, 2, Payload(2, 4), Token));
        Assert.False(connection.IsOpen);
    }

    [Fact]
    public async Task Calls_that_are_being_sent_fail_when_the_client_is_closed()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var address = new DnsEndPoint("127.0.0.1", ((IPEndPoint)listener.LocalEndPoint!).Port);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            // Nobody reads: the first calls fill the connection, the others wait for it.
            var connection = await FrameClient.ConnectAsync(address, Options, Token);
            using var silent = await listener.AcceptAsync(Token);
            var calls = Enumerable.Range(1, 16).Select(id => CallAsync(connection, id, Payload(id, 1_000_000), Token)).ToList();
            await connection.DisposeAsync();
            foreach (var call in calls)
            {
                await Assert.ThrowsAsync<IOException>(() => call);
            }
        }
    }

    private static DnsEndPoint Address(FrameServer server) => new("127.0.0.1", server.Endpoint.Port);

    private static Task<FrameClient> ConnectAsync(FrameServer server) => FrameClient.ConnectAsync(Address(server), Options, Token);

    private static Task<byte[]> CallAsync(FrameClient connection, long id, byte[] payload, CancellationToken token)
    {
        var frame = new OutgoingFrame();
        frame.Write(payload);
        return connection.CallAsync(id, frame, reply => reply.ToArray(), token);
    }

    private static byte[] Payload(long id, int filler)
    {
        var payload = new byte[8 + filler];
        BinaryPrimitives.WriteInt64LittleEndian(payload, id);
        payload.AsSpan(8).Fill((byte)filler);
        return payload;
    }
}
