using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.Tests.Unit.ServiceDefaults;

public sealed class AdminEndpointTests : IAsyncLifetime
{
    private readonly ColourFactor _colour = new();
    private readonly HttpClient _http = new();
    private WebApplication _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(["--Service:AdminToken=letmein"]);
        builder.Services.AddSingleton<IRuntimeFactor>(_colour);
        _app = builder.Build();
        _app.MapLabDefaults();
        await _app.StartAsync();
        _http.BaseAddress = new Uri(_app.Urls.First());
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "letmein");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Factors_are_listed_and_set()
    {
        using var reply = await PutAsync(("colour", "blue"));
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal("blue", _colour.Current);
        Assert.Contains("\"current\":\"blue\"", await _http.GetStringAsync(new Uri("/admin/factors", UriKind.Relative), Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_says_which_process_it_is()
    {
        var process = await _http.GetFromJsonAsync<RunningProcess>(new Uri("/admin/process", UriKind.Relative), Token);
        Assert.Equal(RunningProcess.This(), process);
        Assert.Equal(Environment.ProcessId, process!.Pid);
    }

    [Theory]
    [InlineData("colour", "green", "it can be: red, blue")]
    [InlineData("size", "large", "known: colour")]
    public async Task What_cannot_be_set_is_refused_and_nothing_changes(string name, string value, string message)
    {
        using var reply = await PutAsync(("colour", "blue"), (name == "colour" ? "colour " : name, value));
        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Equal("red", _colour.Current);
        using var alone = await PutAsync((name, value));
        Assert.Contains(message, await alone.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Without_the_token_nothing_is_done(string? token)
    {
        _http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var put = await PutAsync(("colour", "blue"));
        using var process = await _http.GetAsync(new Uri("/admin/process", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, process.StatusCode);
        using var crash = await _http.PostAsync(new Uri("/admin/crash", UriKind.Relative), content: null, Token);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (put.StatusCode, crash.StatusCode));
        Assert.Equal("red", _colour.Current);
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync(new Uri("/health", UriKind.Relative), Token)).StatusCode);
    }

    [Theory]
    [InlineData("http://0.0.0.0:5000")]
    [InlineData("http://8.8.8.8:5000")]
    [InlineData("http://example.org:5000")]
    [InlineData("https://127.0.0.1:5000")]
    [InlineData("nonsense")]
    public async Task An_admin_endpoint_that_the_world_could_reach_is_not_opened(string url)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService([$"--Service:AdminUrl={url}"]);
        builder.Logging.ClearProviders();
        Assert.StartsWith("Service:AdminUrl must be ", Assert.Throws<OptionsValidationException>(builder.BuildLab).Message, StringComparison.Ordinal);

        // Nor by a service that does not look before it starts.
        builder = ServiceDefaultsExtensions.CreateLabService([$"--Service:AdminUrl={url}"]);
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        await Assert.ThrowsAsync<OptionsValidationException>(() => app.StartAsync(Token));
    }

    [Fact]
    public async Task In_a_private_network_it_may_listen_on_every_address()
    {
        await using var app = ServiceDefaultsExtensions.CreateLabService(["--Service:AdminUrl=http://0.0.0.0:0", "--Service:PrivateNetwork=true"]).Build();
        await app.StartAsync(Token);
        Assert.NotEmpty(app.Urls);
    }

    private Task<HttpResponseMessage> PutAsync(params (string Name, string Value)[] factors) => _http.PutAsJsonAsync(
        new Uri("/admin/factors", UriKind.Relative), factors.ToDictionary(factor => factor.Name, factor => factor.Value), Token);

    private sealed class ColourFactor : IRuntimeFactor
    {
        public string Name => "colour";

        public IReadOnlyList<string> Values => ["red", "blue"];

        public string Current { get; private set; } = "red";

        public Task SetAsync(string value, CancellationToken cancellationToken)
        {
            Current = value;
            return Task.CompletedTask;
        }
    }
}
