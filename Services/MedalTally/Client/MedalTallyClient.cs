using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Lab.MedalTally.Api;
using Lab.MedalTally.Group;
using Lab.Transport.Client;
using Microsoft.AspNetCore.Mvc;

namespace Lab.MedalTally.Client;

/// <summary>
/// A client of the medal tally: of a single server, or of a front-end that the dispatcher names. One request at a time. A
/// front-end that is lost is left for another one by <see cref="ReadyAsync"/>.
/// </summary>
public sealed class MedalTallyClient : IDisposable
{
    private HttpConnection _http;
    private readonly MedalTallyClientOptions _options;
    private readonly AuthenticationHeaderValue _announcer;
    private Uri? _server;
    private int? _frontEnd;
    private bool _isLost = true;

    public MedalTallyClient(MedalTallyClientOptions options)
    {
        _options = options;
        _announcer = new AuthenticationHeaderValue("Bearer", options.AnnouncerSecret);
        _http = new HttpConnection(options.Timeout);
    }

    /// <summary>The front-end that serves this client; null: none, or there are no front-ends.</summary>
    public int? FrontEnd => _frontEnd;

    /// <summary>Finds out whom to ask, where that is not known, or not there any more.</summary>
    /// <exception cref="IOException">Nobody can be reached.</exception>
    /// <exception cref="TallyException">No front-end is there now.</exception>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        if (!_isLost)
        {
            return;
        }

        // What is left of the connections to the front-end before would count there as a client.
        _http.Dispose();
        _http = new HttpConnection(_options.Timeout);
        if (_options.IsDispatcher)
        {
            var lost = _frontEnd is { } number ? FormattableString.Invariant($"?lost={number}") : "";
            var address = await SendAsync(HttpMethod.Get, new Uri(_options.Server, "/front-end" + lost), ApiJson.Default.FrontEndAddress, isWrite: false, cancellationToken);
            (_server, _frontEnd) = (new Uri(address.Url), address.Number);
        }
        else
        {
            _server = _options.Server;
        }

        _isLost = false;
    }

    /// <summary>Asks whom to go to once more: front-ends may have come or gone.</summary>
    public void Forget() => (_isLost, _frontEnd) = (true, null);

    public Task<TeamMedals> GetMedalTallyAsync(string team, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, $"/getMedalTally/{Uri.EscapeDataString(team)}", ApiJson.Default.TeamMedals, isWrite: false, cancellationToken);

    public Task<EventScore> GetScoreAsync(string @event, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, $"/getScore/{Uri.EscapeDataString(@event)}", ApiJson.Default.EventScore, isWrite: false, cancellationToken);

    public Task<Board> GetBoardAsync(CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, "/board", ApiJson.Default.Board, isWrite: false, cancellationToken);

    /// <summary>Durable when it returns.</summary>
    public Task<TeamMedals> IncrementAsync(string team, string medal, CancellationToken cancellationToken) => AskAsync(
        HttpMethod.Post, $"/incrementMedalTally/{Uri.EscapeDataString(team)}/{Uri.EscapeDataString(medal)}", ApiJson.Default.TeamMedals, isWrite: true, cancellationToken);

    /// <summary>Durable when it returns.</summary>
    public Task<EventScore> SetScoreAsync(string @event, long rome, long gaul, CancellationToken cancellationToken) => AskAsync(
        HttpMethod.Put,
        FormattableString.Invariant($"/setScore/{Uri.EscapeDataString(@event)}/{rome}/{gaul}"),
        ApiJson.Default.EventScore,
        isWrite: true,
        cancellationToken);

    /// <summary>Draws a winner of the raffle, where a group orders requests.</summary>
    public Task<RaffleView> DrawAsync(CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, "/raffle/draw", GroupJson.Default.RaffleView, isWrite: true, cancellationToken);

    public Task<RaffleView> GetRaffleAsync(CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, "/raffle", GroupJson.Default.RaffleView, isWrite: false, cancellationToken);

    /// <summary>
    /// Changes as they happen. When the connection ends, or its front-end dies, it goes on where it was, at another one; it ends
    /// only when it is cancelled.
    /// </summary>
    /// <param name="event">Only this event's; null: all.</param>
    /// <param name="lastId">After which update to begin; null: with the board as it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<SseItem<Update>> WatchAsync(string? @event, string? lastId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!cancellationToken.IsCancellationRequested)
        {
            HttpResponseMessage? response = null;
            try
            {
                await ReadyAsync(cancellationToken);
                var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server!, @event is null ? "/updates" : $"/updates/{Uri.EscapeDataString(@event)}"));
                if (lastId is not null)
                {
                    request.Headers.Add("Last-Event-ID", lastId);
                }

                response = await _http.OpenAsync(request, cancellationToken);
                await ThrowIfRefusedAsync(response, isWrite: false, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or TimeoutException or TallyException { IsTransient: true })
            {
                response?.Dispose();
                response = null;
                _isLost = true;
                await Task.Delay(pause, cancellationToken);
            }

            if (response is null)
            {
                continue;
            }

            using (response)
            {
                await using var events = ReadEvents(response, cancellationToken).GetAsyncEnumerator(cancellationToken);
                while (await MoveNextAsync(events))
                {
                    lastId = events.Current.EventId ?? lastId;
                    yield return events.Current;
                }
            }

            // Also one that answers and ends at once, again and again, is not asked without a rest.
            _isLost = true;
            await Task.Delay(pause, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async IAsyncEnumerable<SseItem<Update>> ReadEvents(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream, static (_, data) => JsonSerializer.Deserialize(data, ApiJson.Default.Update)!).EnumerateAsync(cancellationToken))
        {
            yield return item;
        }
    }

    /// <returns>False at the end, also when the connection has broken.</returns>
    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<SseItem<Update>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return false;
        }
    }

    private async Task<T> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, bool isWrite, CancellationToken cancellationToken)
    {
        if (_isLost)
        {
            await ReadyAsync(cancellationToken);
        }

        try
        {
            return await SendAsync(method, new Uri(_server!, path), type, isWrite, cancellationToken);
        }
        catch (IOException)
        {
            _isLost = true;
            throw;
        }
    }

    private Task<T> SendAsync<T>(HttpMethod method, Uri uri, JsonTypeInfo<T> type, bool isWrite, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, uri);
        if (isWrite)
        {
            request.Headers.Authorization = _announcer;
        }

        if (!_options.KeepsConnection)
        {
            request.Headers.ConnectionClose = true;
        }

        if (_options.Name.Length > 0)
        {
            request.Headers.Add(OrderedRequests.ClientHeader, _options.Name);
        }

        return _http.SendAsync(
            request,
            async (response, token) =>
            {
                await ThrowIfRefusedAsync(response, isWrite, token);
                try
                {
                    return JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(token), type) ?? throw new JsonException("the answer is empty");
                }
                catch (JsonException exception)
                {
                    throw new IOException($"the answer of {uri.Authority} cannot be read: {exception.Message}", exception);
                }
            },
            cancellationToken);
    }

    private static async Task ThrowIfRefusedAsync(HttpResponseMessage response, bool isWrite, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        ProblemDetails? problem = null;
        try
        {
            problem = text.Length == 0 ? null : JsonSerializer.Deserialize(text, ApiJson.Default.ProblemDetails);
        }
        catch (JsonException)
        {
            // Somebody between here and there has answered instead.
        }

        throw new TallyException(response.StatusCode, problem?.Detail ?? problem?.Title ?? response.ReasonPhrase ?? "refused", isWrite && response.StatusCode == HttpStatusCode.GatewayTimeout);
    }
}

/// <summary>How a client works.</summary>
public sealed record MedalTallyClientOptions
{
    /// <summary>Of the server, or of the dispatcher.</summary>
    public required Uri Server { get; init; }

    /// <summary>It names front-ends, and serves nothing itself.</summary>
    public bool IsDispatcher { get; init; }

    /// <summary>What the announcer must say; needed for writes.</summary>
    public string AnnouncerSecret { get; init; } = "";

    /// <summary>By which it is in the raffle; at most 64 bytes of it count.</summary>
    public string Name { get; init; } = "";

    /// <summary>One connection for all requests; false: one for each, as the published clients did.</summary>
    public bool KeepsConnection { get; init; } = true;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without the secret.</summary>
    public override string ToString() => Server.ToString();
}

/// <summary>The medal tally refused, or could not do it.</summary>
/// <param name="status">As HTTP says it.</param>
/// <param name="message">Why.</param>
/// <param name="isOutcomeUnknown">The write may be there all the same.</param>
public sealed class TallyException(HttpStatusCode status, string message, bool isOutcomeUnknown) : Exception(message), IErrorCode
{
    public HttpStatusCode Status => status;

    public bool IsOutcomeUnknown => isOutcomeUnknown;

    /// <summary>It may be done when it is tried again.</summary>
    public bool IsTransient => status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    public string Code => status switch
    {
        HttpStatusCode.Unauthorized => "unauthorized",
        HttpStatusCode.NotFound => "unknown_name",
        HttpStatusCode.BadRequest => "bad_request",
        HttpStatusCode.GatewayTimeout => "outcome_unknown",
        _ => "unavailable",
    };
}
