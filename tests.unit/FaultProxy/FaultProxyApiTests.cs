using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Lab.FaultProxy.Client;

namespace Lab.Tests.Unit.FaultProxy;

/// <summary>Where the API is stricter than Toxiproxy's, and what it does with input that means harm.</summary>
public sealed class FaultProxyApiTests(EmbeddedServer server) : IClassFixture<EmbeddedServer>, IAsyncLifetime
{
    private readonly RunningFaultProxy _proxy = server.Proxy;

    public async ValueTask InitializeAsync() => await server.EmptyAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("0.0.0.0:0")]
    [InlineData("[::]:0")]
    [InlineData("8.8.8.8:0")]
    [InlineData("[2001:db8::1]:0")]
    [InlineData("[::ffff:8.8.8.8]:0")]
    [InlineData("example.org:0")]
    [InlineData(":0")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:x")]
    [InlineData("::1:0")]
    [InlineData("127.0.0.1 :0")]
    public async Task Proxy_listens_on_loopback_and_private_addresses_only(string listen)
    {
        var (status, error) = await PostAsync("/proxies", new { name = "a", listen, upstream = "127.0.0.1:9" });

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(listen, error.Error, StringComparison.Ordinal);
        (status, error) = await PostAsync("/populate", new[] { new { name = "a", listen, upstream = "127.0.0.1:9" } });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(400, error.Status);
        Assert.Empty(await _proxy.Client.GetProxiesAsync(default));
    }

    [Theory]
    [InlineData("localhost:0", "127.0.0.1")]
    [InlineData("127.0.0.2:0", "127.0.0.2")]
    [InlineData("[::1]:0", "::1")]
    [InlineData("", "127.0.0.1")]
    public async Task Proxy_tells_the_address_it_listens_on(string listen, string expected)
    {
        var proxies = await _proxy.Client.PopulateAsync([new ProxySpec("a", listen, "127.0.0.1:9")], default);

        Assert.Equal(IPAddress.Parse(expected), IPEndPoint.Parse(proxies[0].Listen).Address);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("a b:1")]
    [InlineData(":1")]
    public async Task Upstream_must_be_an_address_that_can_be_connected_to(string upstream)
    {
        var (status, _) = await PostAsync("/proxies", new { name = "a", listen = "127.0.0.1:0", upstream });

        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Fact]
    public async Task Update_that_is_refused_changes_nothing()
    {
        await _proxy.AddProxyAsync("a", new IPEndPoint(IPAddress.Loopback, 9));
        var before = await _proxy.Client.GetProxyAsync("a", default);

        var (status, _) = await PostAsync("/proxies/a", new { upstream = "127.0.0.1:10", listen = "0.0.0.0:0" });

        Assert.Equal(HttpStatusCode.BadRequest, status);
        var after = await _proxy.Client.GetProxyAsync("a", default);
        Assert.Equal((before.Listen, before.Upstream, before.Enabled), (after.Listen, after.Upstream, after.Enabled));
    }

    [Theory]
    [InlineData("/proxies/a", "{\"listen\":\"TAKEN\"}")]
    [InlineData("/populate", "[{\"name\":\"a\",\"listen\":\"TAKEN\",\"upstream\":\"127.0.0.1:9\"}]")]
    public async Task Change_to_an_address_in_use_leaves_the_proxy_as_it_was_and_its_connections_open(string path, string body)
    {
        var taken = await _proxy.AddProxyAsync("taken", new IPEndPoint(IPAddress.Loopback, 9));
        using var upstream = TestUpstream.Echo();
        using var client = await (await _proxy.AddProxyAsync("a", upstream.Address)).ConnectAsync();
        await client.SendTextAsync("x");
        Assert.Equal("x", await client.ReceiveTextAsync(1));
        var before = (await _proxy.Client.GetProxiesAsync(default))["a"];

        using var content = new StringContent(body.Replace("TAKEN", taken.ToString(), StringComparison.Ordinal), Encoding.UTF8);
        using var reply = await _proxy.Http.PostAsync(new Uri(path, UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.InternalServerError, reply.StatusCode);
        var after = (await _proxy.Client.GetProxiesAsync(default))["a"];
        Assert.Equal((before.Listen, before.Upstream, true), (after.Listen, after.Upstream, after.Enabled));
        await client.SendTextAsync("y");
        Assert.Equal("y", await client.ReceiveTextAsync(1));
    }

    [Fact]
    public async Task Reset_that_is_refused_changes_nothing()
    {
        var address = await _proxy.AddProxyAsync("a", new IPEndPoint(IPAddress.Loopback, 9));
        await _proxy.AddProxyAsync("b", new IPEndPoint(IPAddress.Loopback, 9));
        await _proxy.Client.AddToxicAsync("b", new LatencyToxicSpec(1), default);
        await PostAsync("/proxies/a", new { enabled = false });
        await PostAsync("/proxies/b", new { enabled = false });
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(address);
        other.Listen();

        var (status, _) = await PostAsync("/reset", new { });

        Assert.Equal(HttpStatusCode.InternalServerError, status);
        var proxies = await _proxy.Client.GetProxiesAsync(default);
        Assert.All(proxies.Values, proxy => Assert.False(proxy.Enabled));
        Assert.Single(proxies["b"].Toxics);
    }

    [Fact]
    public async Task Another_upstream_keeps_the_listener_so_that_nobody_is_refused_meanwhile()
    {
        using var first = TestUpstream.Accepting(out _);
        using var second = TestUpstream.Echo();
        var address = await _proxy.AddProxyAsync("a", first.Address);
        using var client = await address.ConnectAsync();

        var (status, _) = await PostAsync("/proxies/a", new { upstream = second.Address.ToString() });

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(await client.IsOverAsync());
        using var later = await address.ConnectAsync();
        await later.SendTextAsync("x");
        Assert.Equal("x", await later.ReceiveTextAsync(1));
    }

    [Theory]
    [InlineData("/proxies", "{\"name\":5}", "bad request body: name: expected text")]
    [InlineData("/proxies", "{\"name\":\"b\",\"enabled\":\"yes\"}", "bad request body: enabled: expected true or false")]
    [InlineData("/proxies", "[]", "bad request body: expected an object")]
    [InlineData("/proxies", "{\"name\":\"b\",\"listen\":\"nowhere\",\"upstream\":\"a:1\"}", "listen: address nowhere: missing port in address; expected HOST:PORT")]
    [InlineData("/proxies", "{\"name\":\"b\",\"upstream\":\"a:0\"}", "upstream: address a:0: port 0 cannot be connected to; expected 1 to 65535")]
    [InlineData("/proxies", "{\n\"name\"", "bad request body: not JSON at line 2, byte 7")]
    [InlineData("/populate", "{}", "bad request body: expected a list")]
    [InlineData("/populate", "[{\"name\":\"b\",\"Upstream\":7}]", "bad request body: [0].Upstream: expected text")]
    [InlineData("/proxies/a/toxics", "{\"toxicity\":\"much\"}", "bad request body: toxicity: expected a number")]
    [InlineData("/proxies/a/toxics", "{\"type\":\"latency\",\"attributes\":5}", "bad request body: attributes: expected an object")]
    [InlineData("/proxies/a/toxics", "{\"type\":\"latency\",\"attributes\":{\"latency\":1.5}}", "bad request body: attributes.latency: expected a whole number")]
    public async Task Refusal_names_the_field_and_what_was_expected(string path, string body, string expected)
    {
        await _proxy.AddProxyAsync("a", new IPEndPoint(IPAddress.Loopback, 9));
        using var content = new StringContent(body, Encoding.UTF8);
        using var reply = await _proxy.Http.PostAsync(new Uri(path, UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Equal(expected, (await reply.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("""{"type":"latency","attributes":{"latency":-1}}""", "latency must be between 0 and 86400000, not -1")]
    [InlineData("""{"type":"latency","attributes":{"latency":86400001}}""", "latency must be between 0 and 86400000, not 86400001")]
    [InlineData("""{"type":"latency","attributes":{"jitter":-1}}""", "jitter must be between 0 and 86400000, not -1")]
    [InlineData("""{"type":"latency","toxicity":1.1}""", "toxicity must be between 0 and 1, not 1.1")]
    [InlineData("""{"type":"latency","toxicity":-0.1}""", "toxicity must be between 0 and 1, not -0.1")]
    [InlineData("""{"type":"latency","name":"a/b"}""", "a name has at most 200 characters, no '/' and no control characters")]
    public async Task Toxic_out_of_range_is_refused_and_the_message_says_the_range(string body, string expected)
    {
        await _proxy.AddProxyAsync("a", new IPEndPoint(IPAddress.Loopback, 9));
        using var content = new StringContent(body);

        using var response = await _proxy.Http.PostAsync("/proxies/a/toxics", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await response.Content.ReadFromJsonAsync<ErrorReply>(ToxiproxyJson.Options);
        Assert.Equal(expected, error!.Error);
        Assert.Empty((await _proxy.Client.GetProxyAsync("a", default)).Toxics);
    }

    [Fact]
    public async Task Name_that_would_not_fit_a_path_is_refused()
    {
        foreach (var name in new[] { "a/b", "a\nb", new string('x', 201) })
        {
            var (status, _) = await PostAsync("/proxies", new { name, listen = "127.0.0.1:0", upstream = "127.0.0.1:9" });
            Assert.Equal(HttpStatusCode.BadRequest, status);
        }
    }

    [Fact]
    public async Task Numbers_of_proxies_and_toxics_are_bounded()
    {
        var proxies = Enumerable.Range(0, 1001).Select(number => new ProxySpec($"p{number}", "127.0.0.1:0", "127.0.0.1:9", Enabled: false));
        var tooMany = await Assert.ThrowsAsync<ToxiproxyException>(() => _proxy.Client.PopulateAsync(proxies, default));
        Assert.Equal("there are at most 1000 proxies", tooMany.Message);

        for (var number = 0; number < 64; number++)
        {
            await _proxy.Client.AddToxicAsync("p0", new LatencyToxicSpec(1) { Name = $"t{number}" }, default);
        }

        tooMany = await Assert.ThrowsAsync<ToxiproxyException>(
            () => _proxy.Client.AddToxicAsync("p0", new LatencyToxicSpec(1) { Name = "more" }, default));
        Assert.Equal("a proxy has at most 64 toxics", tooMany.Message);
    }

    [Theory]
    [InlineData("/proxies")]
    [InlineData("/populate")]
    public async Task Huge_body_is_refused_before_it_is_held(string path)
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes($"[\"{new string('x', 2 * 1024 * 1024)}\"]"));

        // The server answers and closes without reading the body: a client that had begun to send it could miss the answer.
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Headers = { ExpectContinue = true } };
        using var response = await _proxy.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        var error = await response.Content.ReadFromJsonAsync<ErrorReply>(ToxiproxyJson.Options);
        Assert.Equal(413, error!.Status);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}garbage")]
    [InlineData("\"\\ud800\"")]
    public async Task Strange_body_is_a_bad_request(string body)
    {
        using var content = new StringContent(body);

        using var response = await _proxy.Http.PostAsync("/proxies", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Body_nested_too_deeply_is_a_bad_request()
    {
        using var content = new StringContent($$"""{"type":"latency","attributes":{{string.Concat(Enumerable.Repeat("{\"a\":", 5000))}}1{{new string('}', 5001)}}""");
        await _proxy.AddProxyAsync("a", new IPEndPoint(IPAddress.Loopback, 9));

        using var response = await _proxy.Http.PostAsync("/proxies/a/toxics", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Body_that_is_not_utf8_is_a_bad_request()
    {
        using var content = new ByteArrayContent([(byte)'{', (byte)'"', 0xFF, 0xFE, (byte)'"', (byte)'}']);

        using var response = await _proxy.Http.PostAsync("/proxies", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("PUT", "/proxies", 405)]
    [InlineData("GET", "/admin/factors", 401)]
    public async Task Every_error_has_the_same_body(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _proxy.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var error = await response.Content.ReadFromJsonAsync<ErrorReply>(ToxiproxyJson.Options);
        Assert.Equal(status, error!.Status);
        Assert.NotEmpty(error.Error);
    }

    [Fact]
    public async Task Health_needs_neither_token_nor_user_agent()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.UserAgent.ParseAdd("Mozilla/5.0");

        using var response = await _proxy.Http.SendAsync(request);

        Assert.Equal("Healthy", await response.Content.ReadAsStringAsync());
    }

    private async Task<(HttpStatusCode Status, ErrorReply Error)> PostAsync(string path, object body)
    {
        using var response = await _proxy.Http.PostAsJsonAsync(path, body);
        return (response.StatusCode, JsonSerializer.Deserialize<ErrorReply>(
            await response.Content.ReadAsStringAsync(), ToxiproxyJson.Options)!);
    }
}
