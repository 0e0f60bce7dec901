using System.Net.Http.Json;
using System.Text.Json;

namespace Lab.FaultProxy.Client;

/// <summary>
/// Steers a fault proxy, this one or Shopify's Toxiproxy (2.7 or later): both speak the same HTTP API. All methods throw
/// <see cref="ToxiproxyException"/> with the server's message when it says no, cannot be reached or answers nonsense.
/// </summary>
public sealed class ToxiproxyClient : IDisposable
{
    private const int MaxReplyBytes = 16 * 1024 * 1024;

    private readonly HttpClient _http;

    /// <param name="url">Where the API is: <c>http://127.0.0.1:8474</c>.</param>
    /// <param name="timeout">How long a call may take; 30 s by default.</param>
    public ToxiproxyClient(Uri url, TimeSpan? timeout = null) => _http = new HttpClient
    {
        BaseAddress = url,
        Timeout = timeout ?? TimeSpan.FromSeconds(30),
        MaxResponseContentBufferSize = MaxReplyBytes,
    };

    public async Task<string> VersionAsync(CancellationToken cancellationToken)
    {
        var reply = await SendAsync<VersionReply>(HttpMethod.Get, "/version", null, cancellationToken);
        return reply.Version;
    }

    /// <summary>All proxies by name.</summary>
    public async Task<IReadOnlyDictionary<string, Proxy>> GetProxiesAsync(CancellationToken cancellationToken) =>
        await SendAsync<Dictionary<string, Proxy>>(HttpMethod.Get, "/proxies", null, cancellationToken);

    public Task<Proxy> GetProxyAsync(string proxy, CancellationToken cancellationToken) =>
        SendAsync<Proxy>(HttpMethod.Get, PathOf(proxy), null, cancellationToken);

    /// <summary>
    /// Creates these proxies; one that exists with the same addresses is left as it is, one with others is replaced.
    /// </summary>
    /// <returns>The proxies in the order asked for, with real ports.</returns>
    public async Task<IReadOnlyList<Proxy>> PopulateAsync(IEnumerable<ProxySpec> proxies, CancellationToken cancellationToken)
    {
        var reply = await SendAsync<PopulateReply>(HttpMethod.Post, "/populate", proxies, cancellationToken);
        return reply.Proxies ?? [];
    }

    /// <summary>A disabled proxy refuses connections and closes those it has.</summary>
    public Task<Proxy> SetEnabledAsync(string proxy, bool enabled, CancellationToken cancellationToken) =>
        SendAsync<Proxy>(HttpMethod.Post, PathOf(proxy), new { enabled }, cancellationToken);

    public Task DeleteProxyAsync(string proxy, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, PathOf(proxy), cancellationToken);

    public Task<Toxic> AddToxicAsync(string proxy, ToxicSpec toxic, CancellationToken cancellationToken)
    {
        var body = new { name = toxic.EffectiveName, toxic.Type, toxic.Stream, toxic.Toxicity, toxic.Attributes };
        return SendAsync<Toxic>(HttpMethod.Post, $"{PathOf(proxy)}/toxics", body, cancellationToken);
    }

    /// <summary>Changes toxicity and attributes of the toxic that has the name of <paramref name="toxic"/>.</summary>
    public Task<Toxic> UpdateToxicAsync(string proxy, ToxicSpec toxic, CancellationToken cancellationToken)
    {
        // POST although PATCH is the newer way: Toxiproxy knows PATCH only since 2.6.
        var body = new { toxic.Toxicity, toxic.Attributes };
        return SendAsync<Toxic>(HttpMethod.Post, PathOf(proxy, toxic.EffectiveName), body, cancellationToken);
    }

    public Task RemoveToxicAsync(string proxy, string toxic, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, PathOf(proxy, toxic), cancellationToken);

    /// <summary>Enables all proxies and removes all toxics.</summary>
    public Task ResetAsync(CancellationToken cancellationToken) => SendAsync(HttpMethod.Post, "/reset", cancellationToken);

    public void Dispose() => _http.Dispose();

    private static string PathOf(string proxy) => $"/proxies/{Uri.EscapeDataString(proxy)}";

    private static string PathOf(string proxy, string toxic) => $"{PathOf(proxy)}/toxics/{Uri.EscapeDataString(toxic)}";

    private async Task SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var response = await ExchangeAsync(method, path, null, cancellationToken);
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var response = await ExchangeAsync(method, path, body, cancellationToken);
        try
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            return JsonSerializer.Deserialize<T>(text, ToxiproxyJson.Options) ?? throw new JsonException("the reply is null");
        }
        catch (JsonException failure)
        {
            throw new ToxiproxyException(
                $"{method} {path}: the reply is not what Toxiproxy would say: {failure.Message}", response.StatusCode, failure);
        }
    }

    private async Task<HttpResponseMessage> ExchangeAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body, options: ToxiproxyJson.Options);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ToxiproxyException($"{method} {_http.BaseAddress}{path[1..]}: {failure.Message}", null, failure);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            throw new ToxiproxyException(FindMessage(text) ?? $"{method} {path}: status {(int)response.StatusCode}", response.StatusCode);
        }
    }

    /// <summary>Toxiproxy says errors in JSON, but not all of them.</summary>
    private static string? FindMessage(string reply)
    {
        try
        {
            return JsonSerializer.Deserialize<ErrorReply>(reply, ToxiproxyJson.Options)?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
