using System.Net;
using System.Net.Sockets;
using Lab.FaultProxy.Client;

namespace Lab.Tests.Unit.FaultProxy;

public sealed class EmbeddedClientTests(EmbeddedServer server) : ToxiproxyClientTests(server), IClassFixture<EmbeddedServer>;

[Collection(RealServer.Collection)]
public sealed class RealToxiproxyClientTests(RealServer server) : ToxiproxyClientTests(server), IClassFixture<RealServer>;

/// <summary>The client, against the fault proxy and against Toxiproxy.</summary>
public abstract class ToxiproxyClientTests(ToxiproxyServer server) : IAsyncLifetime
{
    private static readonly ProxySpec Link = new("a link", "127.0.0.1:0", "127.0.0.1:9");

    private ToxiproxyClient _client = null!;

    public async ValueTask InitializeAsync() => _client = new ToxiproxyClient(await server.EmptyAsync());

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Version_is_told() => Assert.StartsWith("2.", await _client.VersionAsync(default), StringComparison.Ordinal);

    [Fact]
    public async Task Populated_proxies_come_back_with_real_ports_and_are_listed()
    {
        var populated = await _client.PopulateAsync([Link, Link with { Name = "off", Enabled = false }], default);

        Assert.Equal(["a link", "off"], populated.Select(proxy => proxy.Name));
        Assert.NotEqual(0, IPEndPoint.Parse(populated[0].Listen).Port);
        Assert.Equal([true, false], populated.Select(proxy => proxy.Enabled));
        var proxies = await _client.GetProxiesAsync(default);
        Assert.Equal(["a link", "off"], proxies.Keys.Order());
        Assert.Equal("127.0.0.1:9", proxies["off"].Upstream);
        Assert.Equal(populated[0].Listen, (await _client.GetProxyAsync("a link", default)).Listen);
        Assert.Empty(await _client.PopulateAsync([], default));
    }

    [Fact]
    public async Task Toxics_are_added_changed_and_removed()
    {
        await _client.PopulateAsync([Link], default);

        var added = await _client.AddToxicAsync(
            Link.Name, new LatencyToxicSpec(40, 5) { Stream = ToxicStream.Upstream, Toxicity = 0.5 }, default);
        Assert.Equal(("latency_upstream", "latency", ToxicStream.Upstream, 0.5), (added.Name, added.Type, added.Stream, added.Toxicity));
        Assert.Equal([40, 5], [added.Attributes["latency"].GetInt32(), added.Attributes["jitter"].GetInt32()]);

        var updated = await _client.UpdateToxicAsync(Link.Name, new LatencyToxicSpec(30) { Stream = ToxicStream.Upstream }, default);
        Assert.Equal([30, 0], [updated.Attributes["latency"].GetInt32(), updated.Attributes["jitter"].GetInt32()]);
        Assert.Equal(1, updated.Toxicity);
        Assert.Equal("latency_upstream", Assert.Single((await _client.GetProxyAsync(Link.Name, default)).Toxics).Name);

        await _client.AddToxicAsync(Link.Name, new LatencyToxicSpec(1) { Name = "mine, all" }, default);
        await _client.RemoveToxicAsync(Link.Name, "latency_upstream", default);
        Assert.Equal("mine, all", Assert.Single((await _client.GetProxiesAsync(default))[Link.Name].Toxics).Name);
        await _client.RemoveToxicAsync(Link.Name, "mine, all", default);
        Assert.Empty((await _client.GetProxyAsync(Link.Name, default)).Toxics);
    }

    [Fact]
    public async Task Reset_enables_and_clears()
    {
        await _client.PopulateAsync([Link], default);
        await _client.AddToxicAsync(Link.Name, new LatencyToxicSpec(1), default);
        Assert.False((await _client.SetEnabledAsync(Link.Name, false, default)).Enabled);

        await _client.ResetAsync(default);

        var proxy = await _client.GetProxyAsync(Link.Name, default);
        Assert.True(proxy.Enabled);
        Assert.Empty(proxy.Toxics);
    }

    [Fact]
    public async Task Delays_both_ways_add_up()
    {
        using var upstream = TestUpstream.Echo();
        var proxies = await _client.PopulateAsync([Link with { Upstream = upstream.Address.ToString() }], default);
        using var connection = await IPEndPoint.Parse(proxies[0].Listen).ConnectAsync();
        await _client.AddToxicAsync(Link.Name, new LatencyToxicSpec(20) { Stream = ToxicStream.Upstream }, default);
        await _client.AddToxicAsync(Link.Name, new LatencyToxicSpec(15) { Stream = ToxicStream.Downstream }, default);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        await connection.SendTextAsync("x");
        Assert.Equal("x", await connection.ReceiveTextAsync(1));

        Assert.True(watch.Elapsed.TotalMilliseconds >= 35);
    }

    [Fact]
    public async Task Refusals_are_exceptions_with_the_servers_message()
    {
        await _client.PopulateAsync([Link], default);
        await _client.AddToxicAsync(Link.Name, new LatencyToxicSpec(1), default);

        await AssertRefusedAsync("proxy not found", HttpStatusCode.NotFound, () => _client.GetProxyAsync("none", default));
        await AssertRefusedAsync("proxy not found", HttpStatusCode.NotFound, () => _client.SetEnabledAsync("none", true, default));
        await AssertRefusedAsync("proxy not found", HttpStatusCode.NotFound, () => _client.DeleteProxyAsync("none", default));
        await AssertRefusedAsync(
            "toxic not found", HttpStatusCode.NotFound, () => _client.RemoveToxicAsync(Link.Name, "none", default));
        await AssertRefusedAsync(
            "toxic already exists", HttpStatusCode.Conflict, () => _client.AddToxicAsync(Link.Name, new LatencyToxicSpec(1), default));
        await AssertRefusedAsync(
            "missing required field: name at proxy 1", HttpStatusCode.BadRequest,
            () => _client.PopulateAsync([Link with { Name = "" }], default));
    }

    private static async Task AssertRefusedAsync(string message, HttpStatusCode status, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<ToxiproxyException>(call);
        Assert.Equal((message, status), (refused.Message, refused.StatusCode));
    }
}

/// <summary>Servers that are none.</summary>
public sealed class ToxiproxyClientFailureTests
{
    [Fact]
    public async Task Server_that_is_not_there_is_named()
    {
        Uri url;
        using (var upstream = TestUpstream.Echo())
        {
            url = new Uri($"http://{upstream.Address}");
        }

        using var client = new ToxiproxyClient(url);
        var failure = await Assert.ThrowsAsync<ToxiproxyException>(() => client.VersionAsync(default));
        Assert.Contains(url.ToString(), failure.Message, StringComparison.Ordinal);
        Assert.Null(failure.StatusCode);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot JSON!", HttpStatusCode.OK)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull", HttpStatusCode.OK)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", HttpStatusCode.OK)]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\n<hi>", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n", HttpStatusCode.MethodNotAllowed)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", null)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", null)]
    [InlineData("nonsense", null)]
    [InlineData("", null)]
    public async Task Answer_that_is_no_answer_becomes_the_same_exception(string answer, HttpStatusCode? status)
    {
        using var server = new TestUpstream(async connection =>
        {
            await connection.ReceiveAsync(new byte[4096]);
            await connection.SendTextAsync(answer);
            connection.Shutdown(SocketShutdown.Both);
        });
        using var client = new ToxiproxyClient(new Uri($"http://{server.Address}"));

        var failure = await Assert.ThrowsAsync<ToxiproxyException>(() => client.GetProxiesAsync(default));
        Assert.Equal(status, failure.StatusCode);
    }

    [Fact]
    public async Task Server_that_says_nothing_is_given_up_and_a_cancelled_call_is_cancelled()
    {
        using var server = TestUpstream.Accepting(out var accepted);
        using var client = new ToxiproxyClient(new Uri($"http://{server.Address}"), timeout: TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAsync<ToxiproxyException>(() => client.VersionAsync(default));
        (await accepted).Dispose();

        using var patient = new ToxiproxyClient(new Uri($"http://{server.Address}"));
        using var cancellation = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.VersionAsync(cancellation.Token));
    }
}
