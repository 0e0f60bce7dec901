using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Tests.Unit.FaultProxy;

public sealed class EmbeddedApiTests(EmbeddedServer server) : ToxiproxyApiTests(server), IClassFixture<EmbeddedServer>;

[Collection(RealServer.Collection)]
public sealed class RealToxiproxyApiTests(RealServer server) : ToxiproxyApiTests(server), IClassFixture<RealServer>;

/// <summary>Paths, bodies, status codes and errors that Toxiproxy and the fault proxy have in common.</summary>
public abstract class ToxiproxyApiTests(ToxiproxyServer server) : IAsyncLifetime
{
    private const string Link = """{"name":"link","listen":"127.0.0.1:0","upstream":"127.0.0.1:9"}""";

    private readonly HttpClient _http = new();

    public async ValueTask InitializeAsync() => _http.BaseAddress = await server.EmptyAsync();

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Version_is_a_two_point_something()
    {
        var reply = await SendAsync("GET", "/version", null, HttpStatusCode.OK);

        Assert.StartsWith("2.", (string?)reply["version"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proxies_are_listed_by_name()
    {
        Assert.Empty((await SendAsync("GET", "/proxies", null, HttpStatusCode.OK)).AsObject());

        await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);

        var proxies = (await SendAsync("GET", "/proxies", null, HttpStatusCode.OK)).AsObject();
        Assert.Equal("link", Assert.Single(proxies).Key);
        Assert.Equal("link", (string?)proxies["link"]!["name"]);
    }

    [Fact]
    public async Task Created_proxy_tells_its_real_port_and_all_its_fields()
    {
        var created = await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);

        Assert.NotEqual(0, IPEndPoint.Parse((string)created["listen"]!).Port);
        Assert.Equal("127.0.0.1:9", (string?)created["upstream"]);
        Assert.True((bool)created["enabled"]!);
        Assert.Empty(created["toxics"]!.AsArray());
        Assert.True(JsonNode.DeepEquals(created, await SendAsync("GET", "/proxies/link", null, HttpStatusCode.OK)));
    }

    [Fact]
    public async Task Proxy_can_be_created_disabled_and_enabled_later()
    {
        var body = """{"name":"link","listen":"127.0.0.1:0","upstream":"127.0.0.1:9","enabled":false}""";
        var created = await SendAsync("POST", "/proxies", body, HttpStatusCode.Created);
        Assert.False((bool)created["enabled"]!);
        Assert.Equal("127.0.0.1:0", (string?)created["listen"]);

        var enabled = await SendAsync("PATCH", "/proxies/link", """{"enabled":true}""", HttpStatusCode.OK);

        Assert.True((bool)enabled["enabled"]!);
        Assert.NotEqual("127.0.0.1:0", (string?)enabled["listen"]);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PATCH")]
    public async Task Update_changes_what_was_sent_and_leaves_the_rest(string method)
    {
        var created = await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);
        await SendAsync("POST", "/proxies/link/toxics", """{"type":"latency"}""", HttpStatusCode.OK);

        var updated = await SendAsync(method, "/proxies/link", """{"upstream":"127.0.0.1:10"}""", HttpStatusCode.OK);

        Assert.Equal("127.0.0.1:10", (string?)updated["upstream"]);
        Assert.Equal((string?)created["listen"], (string?)updated["listen"]);
        Assert.True((bool)updated["enabled"]!);
        Assert.Single(updated["toxics"]!.AsArray());
        var unchanged = await SendAsync(method, "/proxies/link", "{}", HttpStatusCode.OK);
        Assert.True(JsonNode.DeepEquals(updated, unchanged));
    }

    [Fact]
    public async Task Deleted_proxy_is_gone()
    {
        await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);

        Assert.Equal("", await SendRawAsync("DELETE", "/proxies/link", null, HttpStatusCode.NoContent));

        await AssertErrorAsync("GET", "/proxies/link", null, HttpStatusCode.NotFound, "proxy not found");
        await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);
    }

    [Fact]
    public async Task Populate_leaves_equal_proxies_alone_and_replaces_others()
    {
        var created = await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);
        await SendAsync("POST", "/proxies/link/toxics", """{"type":"latency"}""", HttpStatusCode.OK);
        var same = $$"""{"name":"link","listen":"{{created["listen"]}}","upstream":"127.0.0.1:9"}""";
        var other = """{"name":"other","listen":"127.0.0.1:0","upstream":"127.0.0.1:9","enabled":false}""";

        var populated = (await SendAsync("POST", "/populate", $"[{same},{other}]", HttpStatusCode.Created))["proxies"]!.AsArray();

        Assert.Equal(["link", "other"], populated.Select(proxy => (string?)proxy!["name"]));
        Assert.Single((await SendAsync("GET", "/proxies/link", null, HttpStatusCode.OK))["toxics"]!.AsArray());
        Assert.False((bool)populated[1]!["enabled"]!);
        var changed = same.Replace("127.0.0.1:9", "127.0.0.1:10", StringComparison.Ordinal);
        populated = (await SendAsync("POST", "/populate", $"[{changed}]", HttpStatusCode.Created))["proxies"]!.AsArray();
        Assert.Equal("127.0.0.1:10", (string?)populated[0]!["upstream"]);
        Assert.Equal((string?)created["listen"], (string?)populated[0]!["listen"]);
        Assert.Empty(populated[0]!["toxics"]!.AsArray());
    }

    [Fact]
    public async Task Populate_with_a_missing_field_creates_nothing_and_says_where()
    {
        var reply = await SendAsync(
            "POST", "/populate", $$"""[{{Link}},{"name":"second"}]""", HttpStatusCode.BadRequest);

        Assert.Equal("missing required field: upstream at proxy 2", (string?)reply["error"]);
        Assert.Equal(400, (int)reply["status"]!);
        Assert.True(reply.AsObject().ContainsKey("proxies"));
        Assert.Null(reply["proxies"]);
        Assert.Empty((await SendAsync("GET", "/proxies", null, HttpStatusCode.OK)).AsObject());
        await AssertErrorAsync(
            "POST", "/populate", """[{"upstream":"127.0.0.1:9"}]""", HttpStatusCode.BadRequest, "missing required field: name at proxy 1");
    }

    [Fact]
    public async Task Populate_keeps_the_proxies_before_the_one_that_cannot_listen()
    {
        var taken = (string)(await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created))["listen"]!;
        var first = """{"name":"first","listen":"127.0.0.1:0","upstream":"127.0.0.1:9"}""";
        var second = $$"""{"name":"second","listen":"{{taken}}","upstream":"127.0.0.1:9"}""";

        var reply = await SendAsync("POST", "/populate", $"[{first},{second}]", HttpStatusCode.InternalServerError);

        Assert.Contains($"listen tcp {taken}", (string)reply["error"]!, StringComparison.Ordinal);
        Assert.Equal("first", (string?)Assert.Single(reply["proxies"]!.AsArray())!["name"]);
    }

    [Fact]
    public async Task Toxic_has_defaults_and_can_be_read_changed_and_removed()
    {
        await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);

        var added = await SendAsync(
            "POST", "/proxies/link/toxics", """{"type":"latency","attributes":{"latency":5}}""", HttpStatusCode.OK);

        var expected = """
            {"attributes":{"latency":5,"jitter":0},"name":"latency_downstream","type":"latency","stream":"downstream","toxicity":1}
            """;
        AssertJson(expected, added);
        AssertJson(expected, await SendAsync("GET", "/proxies/link/toxics/latency_downstream", null, HttpStatusCode.OK));
        AssertJson($"[{expected}]", await SendAsync("GET", "/proxies/link/toxics", null, HttpStatusCode.OK));
        AssertJson($"[{expected}]", (await SendAsync("GET", "/proxies/link", null, HttpStatusCode.OK))["toxics"]!);

        expected = expected.Replace("\"jitter\":0", "\"jitter\":3", StringComparison.Ordinal)
            .Replace("\"toxicity\":1", "\"toxicity\":0.5", StringComparison.Ordinal);
        var change = """{"toxicity":0.5,"attributes":{"jitter":3}}""";
        AssertJson(expected, await SendAsync("PATCH", "/proxies/link/toxics/latency_downstream", change, HttpStatusCode.OK));
        AssertJson(expected, await SendAsync("POST", "/proxies/link/toxics/latency_downstream", "{}", HttpStatusCode.OK));

        Assert.Equal("", await SendRawAsync("DELETE", "/proxies/link/toxics/latency_downstream", null, HttpStatusCode.NoContent));
        AssertJson("[]", await SendAsync("GET", "/proxies/link/toxics", null, HttpStatusCode.OK));
    }

    [Fact]
    public async Task Toxics_of_the_upstream_direction_are_listed_first()
    {
        await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);
        foreach (var (name, stream) in new[] { ("a", "downstream"), ("b", "upstream"), ("c", "downstream"), ("d", "upstream") })
        {
            var body = $$"""{"name":"{{name}}","type":"latency","stream":"{{stream}}","toxicity":0.25}""";
            await SendAsync("POST", "/proxies/link/toxics", body, HttpStatusCode.OK);
        }

        var toxics = (await SendAsync("GET", "/proxies/link/toxics", null, HttpStatusCode.OK)).AsArray();
        Assert.Equal(["b", "d", "a", "c"], toxics.Select(toxic => (string?)toxic!["name"]));
    }

    [Fact]
    public async Task Reset_enables_all_proxies_and_removes_all_toxics()
    {
        await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);
        await SendAsync("POST", "/proxies/link/toxics", """{"type":"latency"}""", HttpStatusCode.OK);
        await SendAsync("POST", "/proxies/link", """{"enabled":false}""", HttpStatusCode.OK);

        Assert.Equal("", await SendRawAsync("POST", "/reset", null, HttpStatusCode.NoContent));

        var proxy = await SendAsync("GET", "/proxies/link", null, HttpStatusCode.OK);
        Assert.True((bool)proxy["enabled"]!);
        Assert.Empty(proxy["toxics"]!.AsArray());
    }

    public static TheoryData<string, string, string?, HttpStatusCode, string> Refusals => new()
    {
        { "POST", "/proxies", "", HttpStatusCode.BadRequest, "bad request body: *" },
        { "POST", "/proxies", "{", HttpStatusCode.BadRequest, "bad request body: *" },
        { "POST", "/proxies", "[]", HttpStatusCode.BadRequest, "bad request body: *" },
        { "POST", "/proxies", "\0\u0001", HttpStatusCode.BadRequest, "bad request body: *" },
        { "POST", "/proxies", """{"name":5}""", HttpStatusCode.BadRequest, "bad request body: *" },
        { "POST", "/proxies", "{}", HttpStatusCode.BadRequest, "missing required field: name" },
        { "POST", "/proxies", """{"name":"","upstream":"a:1"}""", HttpStatusCode.BadRequest, "missing required field: name" },
        { "POST", "/proxies", """{"name":"a"}""", HttpStatusCode.BadRequest, "missing required field: upstream" },
        { "POST", "/proxies", Link, HttpStatusCode.Conflict, "proxy already exists" },
        { "POST", "/populate", "{}", HttpStatusCode.BadRequest, "bad request body: *" },
        { "GET", "/proxies/none", null, HttpStatusCode.NotFound, "proxy not found" },
        { "PATCH", "/proxies/none", "{}", HttpStatusCode.NotFound, "proxy not found" },
        { "POST", "/proxies/none", "{", HttpStatusCode.NotFound, "proxy not found" },
        { "DELETE", "/proxies/none", null, HttpStatusCode.NotFound, "proxy not found" },
        { "POST", "/proxies/link", "{", HttpStatusCode.BadRequest, "bad request body: *" },
        { "GET", "/proxies/none/toxics", null, HttpStatusCode.NotFound, "proxy not found" },
        { "POST", "/proxies/none/toxics", "{}", HttpStatusCode.NotFound, "proxy not found" },
        { "GET", "/proxies/none/toxics/none", null, HttpStatusCode.NotFound, "proxy not found" },
        { "GET", "/proxies/link/toxics/none", null, HttpStatusCode.NotFound, "toxic not found" },
        { "PATCH", "/proxies/link/toxics/none", "{}", HttpStatusCode.NotFound, "toxic not found" },
        { "DELETE", "/proxies/link/toxics/none", null, HttpStatusCode.NotFound, "toxic not found" },
        { "POST", "/proxies/link/toxics", "x", HttpStatusCode.BadRequest, "bad request body: *" },
        { "POST", "/proxies/link/toxics", "{}", HttpStatusCode.BadRequest, "invalid toxic type" },
        { "POST", "/proxies/link/toxics", """{"type":"none"}""", HttpStatusCode.BadRequest, "invalid toxic type" },
        { "POST", "/proxies/link/toxics", """{"type":"latency"}""", HttpStatusCode.Conflict, "toxic already exists" },
        {
            "POST", "/proxies/link/toxics", """{"type":"latency","stream":"sideways"}""", HttpStatusCode.BadRequest,
            "stream was invalid, can be either upstream or downstream"
        },
        {
            "POST", "/proxies/link/toxics", """{"type":"latency","name":"b","attributes":{"latency":"1"}}""",
            HttpStatusCode.BadRequest, "bad request body: *"
        },
        {
            "POST", "/proxies/link/toxics", """{"type":"latency","name":"b","attributes":{"latency":1.5}}""",
            HttpStatusCode.BadRequest, "bad request body: *"
        },
        {
            "POST", "/proxies/link/toxics", """{"type":"latency","name":"b","attributes":[]}""",
            HttpStatusCode.BadRequest, "bad request body: *"
        },
        {
            "PATCH", "/proxies/link/toxics/latency_downstream", """{"attributes":{"jitter":true}}""",
            HttpStatusCode.BadRequest, "bad request body: *"
        },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refused_request_gets_status_and_error(
        string method, string path, string? body, HttpStatusCode status, string error)
    {
        await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created);
        await SendAsync("POST", "/proxies/link/toxics", """{"type":"latency"}""", HttpStatusCode.OK);

        await AssertErrorAsync(method, path, body, status, error);

        var proxies = await SendAsync("GET", "/proxies", null, HttpStatusCode.OK);
        var toxic = Assert.Single(Assert.Single(proxies.AsObject()).Value!["toxics"]!.AsArray())!;
        AssertJson("""{"latency":0,"jitter":0}""", toxic["attributes"]!);
    }

    [Fact]
    public async Task Address_in_use_is_a_server_error()
    {
        var taken = (await SendAsync("POST", "/proxies", Link, HttpStatusCode.Created))["listen"];

        await AssertErrorAsync(
            "POST", "/proxies", $$"""{"name":"b","listen":"{{taken}}","upstream":"127.0.0.1:9"}""",
            HttpStatusCode.InternalServerError, $"listen tcp {taken}: *");

        await AssertErrorAsync("GET", "/proxies/b", null, HttpStatusCode.NotFound, "proxy not found");
    }

    [Theory]
    [InlineData("PUT", "/proxies/link")]
    [InlineData("GET", "/populate")]
    [InlineData("GET", "/reset")]
    [InlineData("DELETE", "/proxies")]
    [InlineData("POST", "/version")]
    public async Task Wrong_method_is_not_allowed(string method, string path) =>
        await SendRawAsync(method, path, null, HttpStatusCode.MethodNotAllowed);

    [Fact]
    public async Task Unknown_path_is_not_found() => await SendRawAsync("GET", "/nothing", null, HttpStatusCode.NotFound);

    [Fact]
    public async Task Browser_is_refused()
    {
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0");

        var text = await SendRawAsync("GET", "/proxies", null, HttpStatusCode.Forbidden);

        Assert.Contains("User agent not allowed", text, StringComparison.Ordinal);
    }

    private static void AssertJson(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual.ToJsonString());

    /// <param name="method">Of the request.</param>
    /// <param name="path">Of the request.</param>
    /// <param name="body">Of the request.</param>
    /// <param name="status">Expected, also in the body.</param>
    /// <param name="error">Expected; a star at the end stands for anything.</param>
    private async Task AssertErrorAsync(string method, string path, string? body, HttpStatusCode status, string error)
    {
        var reply = await SendAsync(method, path, body, status);
        Assert.Equal((int)status, (int)reply["status"]!);
        var message = (string)reply["error"]!;
        if (error.EndsWith('*'))
        {
            Assert.StartsWith(error[..^1], message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(error, message);
        }
    }

    private async Task<JsonNode> SendAsync(string method, string path, string? body, HttpStatusCode expected)
    {
        var text = await SendRawAsync(method, path, body, expected);
        try
        {
            return JsonNode.Parse(text)!;
        }
        catch (JsonException failure)
        {
            throw new InvalidOperationException($"{method} {path}: not JSON: {text}", failure);
        }
    }

    private async Task<string> SendRawAsync(string method, string path, string? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{method} {path} {body}: {response.StatusCode}, not {expected}: {text}");
        return text;
    }
}
