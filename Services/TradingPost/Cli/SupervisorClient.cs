using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Lab.ServiceDefaults;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>The supervisor's admin calls.</summary>
internal sealed class SupervisorClient : IDisposable
{
    /// <summary>A market opens when all of its processes are up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string RepairPath = "admin/journal/repair";

    private readonly HttpClient _http;

    public SupervisorClient(MarketAddress address)
    {
        _http = new HttpClient { BaseAddress = address.Admin, Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", address.AdminToken);
    }

    /// <summary>The market; null when none is open.</summary>
    /// <exception cref="HttpRequestException">The supervisor does not answer, or not in time.</exception>
    /// <exception cref="SupervisorException">It refuses.</exception>
    public async Task<MarketState?> StateAsync(CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(HttpMethod.Get, "admin/market", content: null, cancellationToken);
        if (reply.StatusCode != HttpStatusCode.NotFound)
        {
            WhyClosed = null;
            return await ReadAsync<MarketState>(reply, cancellationToken);
        }

        WhyClosed = Reason(await reply.Content.ReadAsStringAsync(cancellationToken));
        return null;
    }

    /// <summary>Why no market is open, as the supervisor has said last; null when one is.</summary>
    public string? WhyClosed { get; private set; }

    /// <summary>Ends the market that is open, and opens another one.</summary>
    /// <inheritdoc cref="StateAsync"/>
    public async Task<MarketState> OpenAsync(MarketSettings settings, CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(HttpMethod.Put, "admin/market", JsonContent.Create(settings), cancellationToken);
        return await ReadAsync<MarketState>(reply, cancellationToken) ?? throw new SupervisorException("the supervisor opened no market");
    }

    /// <summary>Opens the market again that is kept on the disk.</summary>
    /// <returns>Null: none is.</returns>
    /// <inheritdoc cref="StateAsync"/>
    public async Task<MarketState?> ReopenAsync(CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(HttpMethod.Post, "admin/market/reopen", content: null, cancellationToken);
        return reply.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync<MarketState>(reply, cancellationToken);
    }

    /// <summary>What a repair of the journal would give up; empty: it needs none.</summary>
    /// <inheritdoc cref="StateAsync"/>
    public async Task<IReadOnlyList<RepairStep>> PlanRepairAsync(CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(HttpMethod.Get, RepairPath, content: null, cancellationToken);
        return await ReadAsync<IReadOnlyList<RepairStep>>(reply, cancellationToken) ?? [];
    }

    /// <summary>Repairs it, and opens the market again.</summary>
    /// <param name="agreed">As planned.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="StateAsync"/>
    public async Task RepairAsync(IReadOnlyList<RepairStep> agreed, CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(HttpMethod.Post, RepairPath, JsonContent.Create(agreed), cancellationToken);
        await CheckAsync(reply, cancellationToken);
    }

    /// <param name="peer">Its id; null: whoever trades.</param>
    /// <inheritdoc cref="StateAsync"/>
    public async Task SteerAsync(SteerAction action, int? peer, CancellationToken cancellationToken)
    {
        var path = FormattableString.Invariant($"admin/peers/{peer?.ToString() ?? "trader"}/{action.ToString().ToLowerInvariant()}");
        using var reply = await SendAsync(HttpMethod.Post, path, content: null, cancellationToken);
        await CheckAsync(reply, cancellationToken);
    }

    /// <summary>Events after one; waits for the first of them, but not longer than some time.</summary>
    /// <inheritdoc cref="StateAsync"/>
    public async Task<IReadOnlyList<MarketEvent>> EventsAsync(long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        var path = FormattableString.Invariant($"admin/events?after={after}&wait_ms={(long)wait.TotalMilliseconds}");
        using var reply = await SendAsync(HttpMethod.Get, path, content: null, cancellationToken);
        return reply.StatusCode == HttpStatusCode.NotFound ? [] : await ReadAsync<IReadOnlyList<MarketEvent>>(reply, cancellationToken) ?? [];
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"there was no answer within {Patience.TotalSeconds:0} s", exception);
        }
    }

    private static async Task<T?> ReadAsync<T>(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        await CheckAsync(reply, cancellationToken);
        return await reply.Content.ReadFromJsonAsync<T>(cancellationToken);
    }

    private static async Task CheckAsync(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        if (reply.IsSuccessStatusCode)
        {
            return;
        }

        var text = await reply.Content.ReadAsStringAsync(cancellationToken);
        throw new SupervisorException(Reason(text) ?? $"the supervisor refuses: {(int)reply.StatusCode} {reply.ReasonPhrase}");
    }

    private static string? Reason(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<AdminError>(text, JsonSerializerOptions.Web)?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The supervisor refuses what it was asked for; the message says why.</summary>
internal sealed class SupervisorException(string message) : Exception(message)
{
    /// <param name="why">As the supervisor says; null: it has said nothing.</param>
    public static SupervisorException NoMarket(string? why = null) => new(why ?? "no market is open; 'open' opens one");
}
