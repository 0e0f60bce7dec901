using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Lab.Journal;
using Lab.ServiceDefaults;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lab.TradingPost.Supervision;

/// <summary>
/// What the supervisor is told through its admin endpoint: <c>GET|PUT|DELETE /admin/market</c>, <c>POST /admin/market/reopen</c>,
/// <c>GET|POST /admin/journal/repair</c>,
/// <c>POST /admin/peers/{id|trader}/kill|pause|resume|restart|resign</c> (<c>restart?disk=keep|lose</c>),
/// <c>GET /admin/events?after=N[&amp;wait_ms=M]</c>, <c>GET /admin/journal</c> and <c>GET /admin/ledgers</c> as lines of JSON.
/// </summary>
internal static class AdminCalls
{
    private const string TraderAlias = "trader";
    private const int LongestWaitMs = 30_000;
    private const int FlushLines = 1000;

    /// <summary>A setting that does not exist is an error, not a default. By reflection: generated code forgets the defaults of settings.</summary>
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/market", (Supervisor supervisor) => WithMarket(supervisor, market => Results.Ok(market.State())));
        admin.MapPut("/market", OpenAsync);
        admin.MapDelete("/market", CloseAsync);
        admin.MapPost("/market/reopen", (Supervisor supervisor, CancellationToken cancellationToken) =>
            OrFailureAsync(async () => await supervisor.ReopenAsync(cancellationToken) is { } market ? Results.Ok(market) : NoMarket(supervisor)));
        admin.MapGet("/journal/repair", (Supervisor supervisor, CancellationToken cancellationToken) =>
            OrFailureAsync(async () => Results.Ok(await supervisor.PlanRepairAsync(cancellationToken))));
        admin.MapPost("/journal/repair", (IReadOnlyList<RepairStep> agreed, Supervisor supervisor, CancellationToken cancellationToken) =>
            OrFailureAsync(async () => await supervisor.RepairAsync(agreed, cancellationToken) is { } market ? Results.Ok(market) : NoMarket(supervisor)));
        admin.MapPost("/peers/{peer}/{action}", ActAsync);
        admin.MapGet("/events", EventsAsync);
        admin.MapGet("/journal", (Supervisor supervisor, HttpResponse response, CancellationToken cancellationToken) => OrFailureAsync(async () =>
        {
            // Before the first line leaves: afterwards nobody could be told what is wrong.
            await (supervisor.Market is { } open ? AccountsFactory.CheckHistoryAsync(open.Accounts, cancellationToken) : Task.CompletedTask);
            return await StreamAsync(
                supervisor, response, market => AccountsFactory.ReadHistory(market.Accounts), TradingPostJson.Default.JournalEntry, cancellationToken);
        }));
        admin.MapGet("/ledgers", (Supervisor supervisor, HttpResponse response, CancellationToken cancellationToken) => StreamAsync(
            supervisor, response, market => market.Ledgers(), TradingPostJson.Default.OwnLine, cancellationToken));
    }

    private static async Task<IResult> OpenAsync(HttpRequest request, Supervisor supervisor, CancellationToken cancellationToken)
    {
        MarketSettings? settings;
        try
        {
            settings = await JsonSerializer.DeserializeAsync<MarketSettings>(request.Body, Strict, cancellationToken);
        }
        catch (JsonException exception)
        {
            return Results.BadRequest(new AdminError($"these are no settings of a market: {exception.Message}"));
        }

        var whyNot = settings is null ? "settings of a market are wanted" : supervisor.Options.WhyNot(settings);
        return whyNot is null
            ? await OrFailureAsync(async () => Results.Ok(await supervisor.OpenAsync(settings!, cancellationToken)))
            : Results.BadRequest(new AdminError(whyNot));
    }

    private static async Task<IResult> CloseAsync(Supervisor supervisor, CancellationToken cancellationToken)
    {
        await supervisor.CloseAsync(cancellationToken);
        return Results.NoContent();
    }

    private static Task<IResult> ActAsync(string peer, string action, string? disk, Supervisor supervisor, CancellationToken cancellationToken) =>
        supervisor.AloneAsync(() => OrFailureAsync(async () =>
        {
            if (supervisor.Market is not { } market)
            {
                return NoMarket(supervisor);
            }

            if (Which(peer, market) is not { } id)
            {
                return Results.NotFound(new AdminError(peer == TraderAlias
                    ? "nobody is known to trade now"
                    : $"there is no peer '{peer}': they are 0 to {market.Settings.Peers - 1}, or '{TraderAlias}'"));
            }

            switch (action)
            {
                case "kill":
                    return Answer(market.Kill(id), market);
                case "pause":
                    return Answer(market.Pause(id), market);
                case "resume":
                    return Answer(market.Resume(id), market);
                case "resign":
                    return Answer(market.Resign(id), market);
                case "restart" when disk is null or "keep" or "lose":
                    await market.RestartAsync(id, keepsDisk: disk != "lose", cancellationToken);
                    return Results.Ok(market.State());
                case "restart":
                    return Results.BadRequest(new AdminError($"disk is keep or lose, not '{disk}'"));
                default:
                    return Results.NotFound(new AdminError($"'{action}' cannot be done to a peer: kill, pause, resume, restart, resign"));
            }
        }), cancellationToken);

    private static async Task<IResult> EventsAsync(string? after, string? wait_ms, Supervisor supervisor, CancellationToken cancellationToken)
    {
        if (!long.TryParse(after ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !int.TryParse(wait_ms ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var waitMs) || waitMs > LongestWaitMs)
        {
            return Results.BadRequest(new AdminError($"after is the number of an event, wait_ms is 0 to {LongestWaitMs}"));
        }

        return supervisor.Market is { } market
            ? Results.Ok(await market.Events.AfterAsync(number, TimeSpan.FromMilliseconds(waitMs), cancellationToken))
            : NoMarket(supervisor);
    }

    private static int? Which(string peer, OpenMarket market) => peer == TraderAlias
        ? market.Trader
        : int.TryParse(peer, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < market.Settings.Peers ? id : null;

    private static IResult Answer(string? whyNot, OpenMarket market) =>
        whyNot is null ? Results.Ok(market.State()) : Results.Conflict(new AdminError(whyNot));

    private static IResult WithMarket(Supervisor supervisor, Func<OpenMarket, IResult> answer) =>
        supervisor.Market is { } market ? answer(market) : NoMarket(supervisor);

    private static IResult NoMarket(Supervisor supervisor) =>
        Results.NotFound(new AdminError($"no market is open: {supervisor.WhyClosed ?? "PUT /admin/market opens one"}"));

    private static async Task<IResult> OrFailureAsync(Func<Task<IResult>> act)
    {
        try
        {
            return await act();
        }
        catch (DamagedJournalException exception)
        {
            return Results.Json(new DamageError(exception.Message, exception.File, exception.At), statusCode: StatusCodes.Status409Conflict);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Results.Json(new AdminError(exception.Message), statusCode: StatusCodes.Status500InternalServerError);
        }
    }

    /// <summary>The source reads, and blocks, as it is asked for.</summary>
    private static async Task<IResult> StreamAsync<T>(
        Supervisor supervisor, HttpResponse response, Func<OpenMarket, IEnumerable<T>> source, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        if (supervisor.Market is not { } market)
        {
            return NoMarket(supervisor);
        }

        response.ContentType = "application/x-ndjson";
        var lines = 0;
        using var buffer = new MemoryStream();
        foreach (var item in source(market))
        {
            JsonSerializer.Serialize(buffer, item, type);
            buffer.WriteByte((byte)'\n');
            if (++lines % FlushLines == 0)
            {
                await SendAsync();
            }
        }

        await SendAsync();
        return Results.Empty;

        async Task SendAsync()
        {
            await response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
            buffer.SetLength(0);
        }
    }
}

/// <summary>A journal is damaged.</summary>
/// <param name="Error">In words.</param>
/// <param name="File">Which of its files.</param>
/// <param name="Byte">Where in it.</param>
internal sealed record DamageError(string Error, string File, long Byte);
