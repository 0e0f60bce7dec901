using System.Net;
using System.Net.Sockets;
using Lab.FaultProxy.Client;
using Lab.Tests.Unit.ServiceDefaults;
using Lab.Tests.Unit.Transport;
using Microsoft.Extensions.Logging;

namespace Lab.Tests.Unit.FaultProxy;

/// <summary>What happens to connections, over real sockets.</summary>
public sealed class ForwardingTests
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<bool> _wereReset = [];

    [Fact]
    public async Task Bytes_go_through_unchanged_in_both_directions()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Echo();
        using var client = await (await proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();

        await client.SendTextAsync("hello");

        Assert.Equal("hello", await client.ReceiveTextAsync(5));
    }

    [Fact]
    public async Task Upstream_can_be_a_name()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Echo();
        var proxies = await proxy.Client.PopulateAsync(
            [new ProxySpec("link", "localhost:0", $"localhost:{upstream.Address.Port}")], default);

        using var client = await IPEndPoint.Parse(proxies[0].Listen).ConnectAsync();
        await client.SendTextAsync("hello");

        Assert.Equal("hello", await client.ReceiveTextAsync(5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task Two_hundred_connections_at_a_time_lose_and_mix_nothing(int latencyMs)
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Echo();
        var address = await proxy.AddProxyAsync("link", upstream.Address);
        if (latencyMs > 0)
        {
            await proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(latencyMs, latencyMs), default);
            await proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(latencyMs, latencyMs) { Stream = ToxicStream.Upstream }, default);
        }

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async number =>
        {
            using var client = await address.ConnectAsync();
            var random = new Random(number);
            var sent = new byte[random.Next(1, 100_000)];
            random.NextBytes(sent);
            var receiving = client.ReceiveExactlyAsync(sent.Length + 1);
            for (var offset = 0; offset < sent.Length;)
            {
                var bytes = Math.Min(random.Next(1, 20_000), sent.Length - offset);
                offset += await client.SendAsync(sent.AsMemory(offset, bytes));
            }

            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(sent, await receiving);
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Half_closed_connection_goes_on_in_the_other_direction(bool delayed)
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Accepting(out var accepted);
        using var client = await (await proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        if (delayed)
        {
            await proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(10) { Stream = ToxicStream.Upstream }, default);
            await proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(10) { Stream = ToxicStream.Downstream }, default);
        }

        await client.SendTextAsync("question");
        client.Shutdown(SocketShutdown.Send);
        using var server = await accepted;
        Assert.Equal("question", System.Text.Encoding.ASCII.GetString(await server.ReceiveExactlyAsync(100)));
        await server.SendTextAsync("answer");
        await Task.Delay(20);
        await server.SendTextAsync("s");
        server.Shutdown(SocketShutdown.Send);

        Assert.Equal("answers", System.Text.Encoding.ASCII.GetString(await client.ReceiveExactlyAsync(100)));
        await SocketExtensions.UntilAsync(() => proxy.Registry.Find("link").ConnectionCount == 0);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Reset_of_one_side_reaches_the_other_as_a_reset_after_the_data_before_it(bool byClient, bool isDelayed)
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Accepting(out var accepted);
        using var client = await (await proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        using var server = await accepted;
        if (isDelayed)
        {
            await proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(30) { Stream = ToxicStream.Upstream }, default);
            await proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(30), default);
        }

        var (resets, other) = byClient ? (client, server) : (server, client);
        await resets.SendTextAsync("last words");
        if (isDelayed)
        {
            await SocketExtensions.UntilAsync(() => proxy.Registry.Find("link").HeldBytes > 0);
            resets.Reset();
            Assert.Equal("last words", await other.ReceiveTextAsync(10));
        }
        else
        {
            Assert.Equal("last words", await other.ReceiveTextAsync(10));
            resets.Reset();
        }

        var failure = await Assert.ThrowsAsync<SocketException>(() => other.ReceiveExactlyAsync(1));
        Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
        await SocketExtensions.UntilAsync(() => proxy.Registry.Find("link").ConnectionCount == 0);
    }

    /// <summary>The kernel tells of a reset once: here often a write of the proxy's.</summary>
    [Fact]
    public async Task Reset_is_passed_on_whichever_operation_notices_it()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = new TestUpstream(async connection =>
        {
            // Sends all the time, so that the proxy writes to the client all the time. Its own kernel, too, tells of a reset once.
            var reading = connection.ReceiveExactlyAsync(1);
            var sending = await Record.ExceptionAsync(async () =>
            {
                while (!reading.IsCompleted)
                {
                    await connection.SendTextAsync("x");
                    await Task.Delay(1);
                }
            });
            Exception?[] failures = [sending, await Record.ExceptionAsync(() => reading)];
            _wereReset.Enqueue(failures.OfType<SocketException>().Any(failure => failure.SocketErrorCode == SocketError.ConnectionReset));
        });
        var address = await proxy.AddProxyAsync("link", upstream.Address);
        const int Connections = 100;
        for (var number = 0; number < Connections; number++)
        {
            var client = await address.ConnectAsync();
            await client.ReceiveExactlyAsync(3);
            client.Reset();
        }

        await SocketExtensions.UntilAsync(() => _wereReset.Count == Connections);
        Assert.All(_wereReset, Assert.True);
    }

    /// <summary>As without a proxy: where both sides have ended in order, nothing is reset.</summary>
    [Fact]
    public async Task Ends_in_order_stay_ends()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Echo();
        var address = await proxy.AddProxyAsync("link", upstream.Address);
        for (var number = 0; number < 100; number++)
        {
            using var client = await address.ConnectAsync();
            await client.SendTextAsync("x");
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal("x", System.Text.Encoding.ASCII.GetString(await client.ReceiveExactlyAsync(2)));
            Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
        }
    }

    [Fact]
    public async Task Unreachable_upstream_closes_the_clients_connection_and_is_logged()
    {
        var log = new CapturedLog();
        await using var proxy = await RunningFaultProxy.StartAsync(builder => builder.Logging.AddProvider(log));
        var address = await proxy.AddProxyAsync("link", UnusedAddress());

        using var client = await address.ConnectAsync();

        Assert.True(await client.IsOverAsync());
        Assert.Contains(log.Messages, message => message.Contains("link", StringComparison.Ordinal)
            && message.Contains("cannot reach its upstream", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Upstream_that_does_not_answer_closes_the_clients_connection_and_the_log_says_how_long_it_was_waited_for()
    {
        using var upstream = new DeafServer();
        var log = new CapturedLog();
        await using var proxy = await RunningFaultProxy.StartAsync(builder => builder.Logging.AddProvider(log), "--FaultProxy:ConnectTimeoutMs=100");
        var address = await proxy.AddProxyAsync("link", upstream.EndPoint);

        using var client = await address.ConnectAsync();

        Assert.True(await client.IsOverAsync());
        Assert.Contains(log.Messages, message => message.Contains("no connection within 100 ms", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Failing_connections_are_not_logged_one_by_one()
    {
        var log = new CapturedLog();
        await using var proxy = await RunningFaultProxy.StartAsync(builder => builder.Logging.AddProvider(log));
        var address = await proxy.AddProxyAsync("link", UnusedAddress());
        for (var connection = 0; connection < 100; connection++)
        {
            using var client = await address.ConnectAsync();
            Assert.True(await client.IsOverAsync());
        }

        Assert.InRange(log.Messages.Count(message => message.Contains("cannot reach", StringComparison.Ordinal)), 1, 99);
    }

    [Fact]
    public async Task Upstream_that_comes_back_is_used_by_the_next_connection()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        var upstreamAddress = UnusedAddress();
        var address = await proxy.AddProxyAsync("link", upstreamAddress);
        using (var early = await address.ConnectAsync())
        {
            Assert.True(await early.IsOverAsync());
        }

        using var listener = new TcpListener(upstreamAddress);
        listener.Start();
        using var client = await address.ConnectAsync();
        using var server = await listener.AcceptSocketAsync();
        await server.SendTextAsync("x");
        Assert.Equal("x", await client.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task Disabled_proxy_closes_its_connections_and_refuses_new_ones_until_it_is_enabled_on_the_same_port()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Echo();
        var address = await proxy.AddProxyAsync("link", upstream.Address);
        using var client = await address.ConnectAsync();
        await client.SendTextAsync("x");
        Assert.Equal("x", await client.ReceiveTextAsync(1));

        var disabled = await proxy.Client.SetEnabledAsync("link", false, default);

        Assert.False(disabled.Enabled);
        Assert.True(await client.IsOverAsync());
        await AssertRefusedAsync(address);
        var enabled = await proxy.Client.SetEnabledAsync("link", true, default);
        Assert.Equal(address.ToString(), enabled.Listen);
        using var again = await address.ConnectAsync();
        await again.SendTextAsync("y");
        Assert.Equal("y", await again.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task Deleted_proxy_closes_its_connections_and_refuses_new_ones()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Accepting(out var accepted);
        var address = await proxy.AddProxyAsync("link", upstream.Address);
        using var client = await address.ConnectAsync();
        using var server = await accepted;

        await proxy.Client.DeleteProxyAsync("link", default);

        Assert.True(await client.IsOverAsync());
        Assert.True(await server.IsOverAsync());
        await AssertRefusedAsync(address);
    }

    [Fact]
    public async Task Connection_beyond_the_limit_is_closed_and_the_others_stay()
    {
        await using var proxy = await RunningFaultProxy.StartAsync("--FaultProxy:MaxConnections=2");
        using var upstream = TestUpstream.Echo();
        var address = await proxy.AddProxyAsync("link", upstream.Address);
        using var first = await address.ConnectAsync();
        using var second = await address.ConnectAsync();
        await second.SendTextAsync("x");
        Assert.Equal("x", await second.ReceiveTextAsync(1));

        using (var third = await address.ConnectAsync())
        {
            Assert.True(await third.IsOverAsync());
        }

        await first.SendTextAsync("y");
        Assert.Equal("y", await first.ReceiveTextAsync(1));
        first.Dispose();
        await SocketExtensions.UntilAsync(() => proxy.Registry.Find("link").ConnectionCount == 1);
        using var fourth = await address.ConnectAsync();
        await fourth.SendTextAsync("z");
        Assert.Equal("z", await fourth.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task Receiver_that_reads_nothing_stops_its_own_sender_only()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var stuckUpstream = TestUpstream.Accepting(out var accepted);
        using var upstream = TestUpstream.Echo();
        using var stuck = await (await proxy.AddProxyAsync("stuck", stuckUpstream.Address)).ConnectAsync();
        using var server = await accepted;
        var sending = stuck.SendAsync(new byte[64 * 1024 * 1024]);

        using var client = await (await proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        await client.SendTextAsync("x");

        Assert.Equal("x", await client.ReceiveTextAsync(1));
        Assert.False(sending.IsCompleted);
        Assert.Equal(64 * 1024 * 1024, (await server.ReceiveExactlyAsync(64 * 1024 * 1024)).Length);
        await sending;
    }

    private static async Task AssertRefusedAsync(IPEndPoint address)
    {
        var refused = await Assert.ThrowsAsync<SocketException>(address.ConnectAsync);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    private static IPEndPoint UnusedAddress()
    {
        using var upstream = new TestUpstream(_ => Task.CompletedTask);
        return upstream.Address;
    }
}
