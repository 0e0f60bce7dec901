using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Lab.MedalTally.Stores;
using Lab.MedalTally.Tables;
using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Api;

/// <summary>
/// Pushes changes to subscribers. Each reads the common log at its own pace, so one that is slow holds nobody up: when the log
/// has gone on further than it reaches, the subscriber is dropped, with the reason, and can come back where it was by
/// <c>Last-Event-ID</c> as long as the log still knows that place.
/// </summary>
internal sealed class UpdateStream(ITallyStore store, IHostApplicationLifetime lifetime, ILogger<UpdateStream> logger)
{
    /// <summary>Each is a connection that stays.</summary>
    private const int MostSubscribers = 5000;

    private const int MostTogether = 256;

    /// <summary>An empty event now and then: without it nobody would notice that the other side is gone.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private readonly LogLimiter _dropped = new();
    private int _subscribers;

    public IResult Serve(HttpContext context, string? @event)
    {
        var index = @event is null ? (int?)null : Catalog.Find(Catalog.Events, @event);
        if (index < 0)
        {
            return TallyApi.Unknown("event", @event!, Catalog.Events);
        }

        var given = context.Request.Headers["Last-Event-ID"].ToString();
        var after = -1L;
        if (given.Length > 0 && !long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            return TypedResults.Problem("Last-Event-ID is the id of an event", statusCode: StatusCodes.Status400BadRequest, title: "no such event");
        }

        if (Interlocked.Increment(ref _subscribers) > MostSubscribers)
        {
            Interlocked.Decrement(ref _subscribers);
            return TypedResults.Problem($"at most {MostSubscribers} subscribers", statusCode: StatusCodes.Status503ServiceUnavailable, title: "too many subscribers");
        }

        context.Response.OnCompleted(() =>
        {
            Interlocked.Decrement(ref _subscribers);
            return Task.CompletedTask;
        });
        store.Follow();
        return TypedResults.ServerSentEvents(FollowAsync(index, given.Length > 0 ? after : null, context.RequestAborted));
    }

    /// <param name="index">Of the event; null: everything is followed.</param>
    /// <param name="given">What the subscriber has seen; null: nothing, so that it begins with everything as it is now.</param>
    /// <param name="aborted">The subscriber is gone.</param>
    private async IAsyncEnumerable<SseItem<Update>> FollowAsync(int? index, long? given, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var log = store.Updates;
        var after = given ?? -1;
        if (log.Read(after, 1) is null)
        {
            (log, var board, var problem) = await ReadBoardAsync(ending.Token);
            if (board is null)
            {
                yield return new SseItem<Update>(new Update(Reason: problem), "dropped");
                yield break;
            }

            // A log that has only now begun to follow the board may know the place by now.
            if (log.Read(after, 1) is null)
            {
                after = board.Version;
                yield return new SseItem<Update>(new Update(Board: Board.Of(board)), "board") { EventId = Id(after) };
            }
        }

        while (!ending.IsCancellationRequested)
        {
            if (store.Updates != log)
            {
                yield return new SseItem<Update>(new Update(Reason: "another board has taken the place of the one that was followed; connect again"), "dropped");
                yield break;
            }

            if (log.Read(after, MostTogether) is not { } updates)
            {
                NoteDropped();
                yield return new SseItem<Update>(new Update(Reason: "too slow: the changes that come next are no longer known here; connect again"), "dropped");
                yield break;
            }

            foreach (var update in updates)
            {
                after = update.Version;
                if (index is null || (update.Kind == RowKind.Event && update.Index == index))
                {
                    yield return update.Kind == RowKind.Team
                        ? new SseItem<Update>(new Update(Tally: TeamMedals.Of(update)), "tally") { EventId = Id(after) }
                        : new SseItem<Update>(new Update(Score: EventScore.Of(update)), "score") { EventId = Id(after) };
                }
            }

            if (updates.Count == 0 && !await WaitAsync(log, after, ending.Token) && !ending.IsCancellationRequested)
            {
                yield return new SseItem<Update>(new Update(), "heartbeat") { EventId = Id(after) };
            }
        }
    }

    private static string Id(long version) => version.ToString(CultureInfo.InvariantCulture);

    private void NoteDropped()
    {
        if (_dropped.Allows(out var more))
        {
            logger.LogWarning("a subscriber was too slow and is dropped, and {More} before", more);
        }
    }

    /// <returns>False: nothing came for a while.</returns>
    private static async Task<bool> WaitAsync(UpdateLog log, long after, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Heartbeat);
        await log.WaitAsync(after, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !patience.IsCancellationRequested;
    }

    /// <summary>The board, once the log has come as far: it may come by another way.</summary>
    private async Task<(UpdateLog Log, BoardState? Board, string? Problem)> ReadBoardAsync(CancellationToken cancellationToken)
    {
        const int MostAttempts = 10;
        try
        {
            for (var attempt = 1; attempt <= MostAttempts; attempt++)
            {
                var log = store.Updates;
                var board = await store.ReadBoardAsync(cancellationToken);
                while (store.Updates == log && log.Last < board.Version && await WaitAsync(log, log.Last, cancellationToken))
                {
                }

                if (store.Updates == log && log.Read(board.Version, 1) is not null)
                {
                    return (log, board, null);
                }
            }

            return (store.Updates, null, "the changes cannot be followed here now; connect again");
        }
        catch (StoreException exception)
        {
            return (store.Updates, null, exception.Message);
        }
    }
}
