using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Lab.Harness.Running;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>Steers a market through the supervisor's admin endpoint. Every call throws <see cref="LabControlException"/> when it is refused.</summary>
internal sealed class MarketControl(LabControl lab, string service)
{
    /// <summary>Waited for at most in one call: the supervisor allows 30 s.</summary>
    private const int LongestWaitMs = 10_000;

    /// <summary>Ends the market before and opens another one; returns when all peers run.</summary>
    public Task<MarketState> OpenAsync(MarketSettings settings, CancellationToken cancellationToken) => lab.CallAsync<MarketState>(
        service, HttpMethod.Put, "/admin/market", JsonContent.Create(settings), cancellationToken);

    /// <summary>Ends the market and its peers, if one is open.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => lab.CallAsync(
        service, HttpMethod.Delete, "/admin/market", content: null, static (_, _) => Task.FromResult(true), cancellationToken);

    public Task<MarketState> StateAsync(CancellationToken cancellationToken) => lab.CallAsync<MarketState>(
        service, HttpMethod.Get, "/admin/market", content: null, cancellationToken);

    /// <summary>kill -9.</summary>
    public Task<MarketState> KillAsync(int peer, CancellationToken cancellationToken) => ActAsync(peer, "kill", cancellationToken);

    /// <summary>SIGSTOP: it falls silent, with its connections open.</summary>
    public Task<MarketState> PauseAsync(int peer, CancellationToken cancellationToken) => ActAsync(peer, "pause", cancellationToken);

    public Task<MarketState> ResumeAsync(int peer, CancellationToken cancellationToken) => ActAsync(peer, "resume", cancellationToken);

    /// <summary>Kills it, if it lives, and starts it again; returns when it takes part.</summary>
    public Task<MarketState> RestartAsync(int peer, CancellationToken cancellationToken) => ActAsync(peer, "restart", cancellationToken);

    /// <summary>Events with higher numbers; waits for one when there is none, but not for ever.</summary>
    public async Task<IReadOnlyList<MarketEvent>> EventsAsync(long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        var waitMs = (long)Math.Clamp(wait.TotalMilliseconds, 0, LongestWaitMs);
        return await lab.CallAsync<List<MarketEvent>>(
            service,
            HttpMethod.Get,
            FormattableString.Invariant($"/admin/events?after={after}&wait_ms={waitMs}"),
            content: null,
            cancellationToken);
    }

    /// <summary>Lines of all peers' own ledgers.</summary>
    public Task<List<OwnLine>> LedgersAsync(CancellationToken cancellationToken) => lab.CallAsync(
        service,
        HttpMethod.Get,
        "/admin/ledgers",
        content: null,
        async (content, token) =>
        {
            var lines = new List<OwnLine>();
            await ForEachLineAsync(content, TradingPostJson.Default.OwnLine, lines.Add, token);
            return lines;
        },
        cancellationToken);

    /// <summary>Reads the whole history, entry by entry: a long run has millions of them.</summary>
    public Task ReadHistoryAsync(Action<JournalEntry> entry, CancellationToken cancellationToken) => lab.CallAsync(
        service,
        HttpMethod.Get,
        "/admin/journal",
        content: null,
        async (content, token) =>
        {
            await ForEachLineAsync(content, TradingPostJson.Default.JournalEntry, entry, token);
            return true;
        },
        cancellationToken);

    private Task<MarketState> ActAsync(int peer, string action, CancellationToken cancellationToken) => lab.CallAsync<MarketState>(
        service,
        HttpMethod.Post,
        FormattableString.Invariant($"/admin/peers/{peer}/{action}"),
        content: null,
        cancellationToken);

    private static async Task ForEachLineAsync<T>(HttpContent content, JsonTypeInfo<T> type, Action<T> use, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            use(JsonSerializer.Deserialize(line, type) ?? throw new JsonException("an empty line"));
        }
    }
}
