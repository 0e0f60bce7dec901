using System.Net.Sockets;
using System.Text;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Transport;

/// <summary>The engine with a thread for each connection starts them at a bounded rate, and says so to who comes in vain.</summary>
public class ConnectionThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_gets_no_thread_in_time_is_refused_in_words()
    {
        const int Peers = 100;
        await using var server = await StartAsync(new ConnectionThreadLimits { StartsPerSecond = 20, MaxWait = TimeSpan.FromSeconds(1) });
        var peers = new List<RawPeer>();
        for (var number = 0; number < Peers; number++)
        {
            peers.Add(await RawPeer.ConnectAsync(server));
            await peers[^1].SendAsync(RawPeer.Frame(1));
        }

        var (served, refused) = (0, 0);
        foreach (var peer in peers)
        {
            var answer = await peer.AnswerAsync().WaitAsync(Patience);
            if (answer is [1])
            {
                served++;
            }
            else
            {
                Assert.Equal(nameof(TransportRefusal.TooManyConnections), Encoding.ASCII.GetString(answer));
                Assert.Null(await peer.ReadAsync().WaitAsync(Patience));
                refused++;
            }
        }

        Assert.True(served > 0 && refused > 0, $"{served} were served, {refused} refused");
        peers.ForEach(peer => peer.Dispose());
        await AssertServedAsync(server);
    }

    [Fact]
    public async Task A_thread_serves_one_connection_after_the_other()
    {
        // Two threads may be started in the time of this test: all connections but the first find one that is there.
        await using var server = await StartAsync(new ConnectionThreadLimits { StartsPerSecond = 1, MaxIdle = TimeSpan.FromMinutes(1), MaxWait = TimeSpan.FromMinutes(1) });
        for (var connection = 0; connection < 500; connection++)
        {
            await AssertServedAsync(server);
        }
    }

    [Fact]
    public async Task A_thread_that_has_nothing_to_do_ends_and_the_next_connection_gets_another()
    {
        await using var server = await StartAsync(new ConnectionThreadLimits { MaxIdle = TimeSpan.FromMilliseconds(1) });
        for (var connection = 0; connection < 20; connection++)
        {
            await AssertServedAsync(server);
            await Task.Delay(connection * 10, Token);
        }
    }

    [Fact]
    public async Task Connections_that_come_and_go_at_once_keep_nobody_from_being_served()
    {
        await using var server = await StartAsync(new ConnectionThreadLimits());
        for (var round = 0; round < 3; round++)
        {
            var sockets = new List<Socket>();
            for (var number = 0; number < 2000; number++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(server.Endpoint, Token);
                sockets.Add(socket);
            }

            sockets.ForEach(socket => socket.Dispose());
            await AssertServedAsync(server);
        }
    }

    [Fact]
    public async Task A_stop_lets_those_go_who_wait_for_a_thread()
    {
        var server = await StartAsync(new ConnectionThreadLimits { StartsPerSecond = 20, MaxWait = TimeSpan.FromMinutes(1) });
        var peers = new List<RawPeer>();
        for (var number = 0; number < 100; number++)
        {
            peers.Add(await RawPeer.ConnectAsync(server));
        }

        await server.DisposeAsync().AsTask().WaitAsync(Patience);
        peers.ForEach(peer => peer.Dispose());
    }

    private static async Task<FrameServer> StartAsync(ConnectionThreadLimits limits)
    {
        var server = await TestServer.StartAsync("threads", new TestHandler());
        await server.SwitchEngineAsync(new ThreadsEngine(limits), Token);
        return server;
    }

    private static async Task AssertServedAsync(FrameServer server)
    {
        using var peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync(RawPeer.Frame(7));
        Assert.Equal([7], await peer.AnswerAsync().WaitAsync(Patience));
    }
}
