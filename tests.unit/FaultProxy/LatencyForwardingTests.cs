using System.Diagnostics;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Proxies;

namespace Lab.Tests.Unit.FaultProxy;

/// <summary>The latency toxic over real sockets.</summary>
public sealed class LatencyForwardingTests : IAsyncLifetime
{
    private const int LinkBufferBytes = 1024 * 1024;

    private RunningFaultProxy _proxy = null!;

    private TcpProxy Link => _proxy.Registry.Find("link");

    public async ValueTask InitializeAsync() =>
        _proxy = await RunningFaultProxy.StartAsync("--seed", "1", $"--FaultProxy:LinkBufferBytes={LinkBufferBytes}");

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Theory]
    [InlineData(0, 25)]
    [InlineData(25, 0)]
    [InlineData(20, 30)]
    public async Task Round_trip_takes_at_least_the_delays_of_both_directions(int upstreamMs, int downstreamMs)
    {
        using var upstream = TestUpstream.Echo();
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        await AddAsync(upstreamMs, ToxicStream.Upstream);
        await AddAsync(downstreamMs, ToxicStream.Downstream);

        for (var round = 0; round < 5; round++)
        {
            var watch = Stopwatch.StartNew();
            await client.SendTextAsync("x");
            await client.ReceiveTextAsync(1);
            Assert.True(watch.Elapsed.TotalMilliseconds >= upstreamMs + downstreamMs);
        }
    }

    [Theory]
    [InlineData(ToxicStream.Upstream)]
    [InlineData(ToxicStream.Downstream)]
    public async Task Toxic_is_one_way(ToxicStream stream)
    {
        using var upstream = TestUpstream.Accepting(out var accepted);
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        using var server = await accepted;
        await AddAsync(RunningFaultProxy.NeverMs, stream);
        var (delayed, free) = stream == ToxicStream.Upstream ? (client, server) : (server, client);

        await delayed.SendTextAsync("held");
        await SocketExtensions.UntilAsync(() => Link.HeldBytes > 0);
        await free.SendTextAsync("free");

        Assert.Equal("free", await delayed.ReceiveTextAsync(4));
        Assert.Equal(0, free.Available);
    }

    [Fact]
    public async Task Delay_does_not_limit_throughput()
    {
        // A gate that lets one chunk through at a time would hold one chunk. A line holds all that its bound allows.
        using var upstream = TestUpstream.Accepting(out var accepted);
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        await AddAsync(RunningFaultProxy.NeverMs, ToxicStream.Upstream);

        var sending = client.SendAsync(new byte[LinkBufferBytes / 2]);

        await SocketExtensions.UntilAsync(() => Link.HeldBytes >= LinkBufferBytes / 2);
        Assert.Equal(0, (await accepted).Available);
        Assert.Equal(LinkBufferBytes / 2, await sending);
    }

    [Fact]
    public async Task Eight_mebibytes_arrive_whole_through_fifty_milliseconds()
    {
        using var upstream = TestUpstream.Accepting(out var accepted);
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        await AddAsync(50, ToxicStream.Upstream);
        var sent = new byte[8 * 1024 * 1024];
        new Random(1).NextBytes(sent);

        var sending = client.SendAsync(sent);

        Assert.Equal(sent, await (await accepted).ReceiveExactlyAsync(sent.Length));
        Assert.Equal(sent.Length, await sending);
    }

    [Fact]
    public async Task Held_bytes_are_bounded_and_the_sender_feels_it()
    {
        const int Bytes = 64 * 1024 * 1024;
        using var upstream = TestUpstream.Accepting(out var accepted);
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        await AddAsync(RunningFaultProxy.NeverMs, ToxicStream.Upstream);

        var sending = client.SendAsync(new byte[Bytes]);
        await SocketExtensions.UntilAsync(() => Link.HeldBytes >= LinkBufferBytes);
        await Task.Delay(50);

        Assert.False(sending.IsCompleted);
        Assert.InRange(Link.HeldBytes, LinkBufferBytes, LinkBufferBytes + (128 * 1024));
        await _proxy.Client.RemoveToxicAsync("link", "latency_upstream", default);
        Assert.Equal(Bytes, (await (await accepted).ReceiveExactlyAsync(Bytes)).Length);
        Assert.Equal(Bytes, await sending);
        await SocketExtensions.UntilAsync(() => Link.HeldBytes == 0);
    }

    [Fact]
    public async Task Streams_of_single_bytes_cannot_hold_more_than_they_count()
    {
        using var upstream = TestUpstream.Accepting(out _);
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        await AddAsync(RunningFaultProxy.NeverMs, ToxicStream.Upstream);

        for (var sent = 1; sent <= 20; sent++)
        {
            await client.SendTextAsync("x");
            await SocketExtensions.UntilAsync(() => Link.HeldBytes >= sent * 64L);
        }
    }

    [Fact]
    public async Task Change_of_a_toxic_applies_to_open_connections_at_once()
    {
        using var upstream = TestUpstream.Echo();
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        await client.SendTextAsync("1");
        Assert.Equal("1", await client.ReceiveTextAsync(1));

        await AddAsync(RunningFaultProxy.NeverMs, ToxicStream.Downstream);
        await client.SendTextAsync("2");
        await SocketExtensions.UntilAsync(() => Link.HeldBytes > 0);
        await _proxy.Client.UpdateToxicAsync("link", new LatencyToxicSpec(1), default);
        Assert.Equal("2", await client.ReceiveTextAsync(1));

        await _proxy.Client.UpdateToxicAsync("link", new LatencyToxicSpec(RunningFaultProxy.NeverMs), default);
        await client.SendTextAsync("3");
        await SocketExtensions.UntilAsync(() => Link.HeldBytes > 0);
        await _proxy.Client.UpdateToxicAsync(
            "link", new LatencyToxicSpec(RunningFaultProxy.NeverMs) { Toxicity = 0 }, default);
        Assert.Equal("3", await client.ReceiveTextAsync(1));

        await _proxy.Client.UpdateToxicAsync("link", new LatencyToxicSpec(RunningFaultProxy.NeverMs), default);
        await client.SendTextAsync("4");
        await SocketExtensions.UntilAsync(() => Link.HeldBytes > 0);
        await _proxy.Client.ResetAsync(default);
        Assert.Equal("4", await client.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task Changes_under_load_lose_and_reorder_nothing()
    {
        using var upstream = TestUpstream.Echo();
        using var client = await (await _proxy.AddProxyAsync("link", upstream.Address)).ConnectAsync();
        var sent = new byte[4 * 1024 * 1024];
        new Random(2).NextBytes(sent);
        var receiving = client.ReceiveExactlyAsync(sent.Length);

        var sending = client.SendAsync(sent);
        for (var change = 0; change < 40; change++)
        {
            var stream = (ToxicStream)(change % 2);
            await _proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(3, 3) { Stream = stream }, default);
            await _proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(1) { Stream = stream, Name = "second" }, default);
            await _proxy.Client.UpdateToxicAsync("link", new LatencyToxicSpec(2, 1) { Stream = stream }, default);
            await _proxy.Client.RemoveToxicAsync("link", new LatencyToxicSpec(2) { Stream = stream }.EffectiveName, default);
            await _proxy.Client.RemoveToxicAsync("link", "second", default);
        }

        Assert.Equal(sent, await receiving);
        await sending;
    }

    [Fact]
    public async Task Same_seed_affects_the_same_connections()
    {
        var first = await FindAffectedAsync("7");

        Assert.Equal(first, await FindAffectedAsync("7"));
        Assert.NotEqual(first, await FindAffectedAsync("8"));
        Assert.Contains(true, first);
        Assert.Contains(false, first);
    }

    private static async Task<List<bool>> FindAffectedAsync(string seed)
    {
        await using var proxy = await RunningFaultProxy.StartAsync("--seed", seed);
        using var upstream = TestUpstream.Echo();
        var address = await proxy.AddProxyAsync("link", upstream.Address);
        await proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(RunningFaultProxy.NeverMs) { Toxicity = 0.5 }, default);
        var affected = new List<bool>();
        for (var connection = 0; connection < 30; connection++)
        {
            using var client = await address.ConnectAsync();
            await client.SendTextAsync("x");
            await SocketExtensions.UntilAsync(() => client.Available > 0 || proxy.Registry.Find("link").HeldBytes > 0);
            affected.Add(client.Available == 0);
            client.Reset();
            await SocketExtensions.UntilAsync(() => proxy.Registry.Find("link").HeldBytes == 0);
        }

        return affected;
    }

    private async Task AddAsync(int latencyMs, ToxicStream stream)
    {
        if (latencyMs > 0)
        {
            await _proxy.Client.AddToxicAsync("link", new LatencyToxicSpec(latencyMs) { Stream = stream }, default);
        }
    }
}
