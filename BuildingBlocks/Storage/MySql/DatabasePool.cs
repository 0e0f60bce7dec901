using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Lab.Storage.MySql;

/// <summary>What a job does decides what a broken connection means for it.</summary>
public enum DatabaseAccess
{
    /// <summary>Can be done again.</summary>
    Read,

    /// <summary>May have been done when its connection breaks.</summary>
    Write,
}

/// <summary>Size and patience of a pool.</summary>
public sealed record DatabasePoolOptions
{
    /// <summary>Jobs that are done at once, each on a connection of its own.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>Jobs that may wait.</summary>
    public int MaxQueuedJobs { get; init; } = 10_000;

    /// <summary>A job that waited longer is failed instead of begun: nobody waits for it any more.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After a connection could not be opened, jobs fail at once for this long instead of trying again each.</summary>
    public TimeSpan ReconnectPause { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>
/// A few connections, and the jobs that take turns on them. A job runs on whatever thread asks for it or hears the database
/// answer, so nothing in it may block: a request of a quiet server is handed from no thread to another.
/// </summary>
/// <param name="routes">The ways to the database.</param>
/// <param name="options">Sizes.</param>
/// <param name="logger">Hears of connections that break or cannot be had.</param>
public sealed class DatabasePool(DatabaseRoutes routes, DatabasePoolOptions options, ILogger logger) : IAsyncDisposable
{
    private const int MaxAttempts = 3;

    /// <summary>After a pause the server may be another one than before: a write must not find that out.</summary>
    private static readonly TimeSpan TrustedPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _free = new(options.Connections, options.Connections);
    private int _waiting;
    private long _pauseUntilMs;
    private long _usedMs;

    /// <summary>
    /// Does a job on a connection. A read that loses its connection is tried again on a new one, and so is everything that the
    /// server undid in favour of another transaction; a job that fails is undone.
    /// </summary>
    /// <exception cref="DatabaseUnavailableException">No connection, or it broke.</exception>
    /// <exception cref="DatabaseOverloadedException">Too many jobs wait.</exception>
    public async Task<TResult> RunAsync<TResult>(DatabaseAccess access, Func<DatabaseSession, Task<TResult>> work)
    {
        var wait = RequestWait.Begin();
        TResult result = default!;
        await RunAsync(access, async session =>
        {
            if (wait.Request is { } request)
            {
                session.StartClock(request);
            }

            result = await work(session);
            wait.Note(session.StopClock(), sharedBy: 1);
        });
        return result;
    }

    /// <inheritdoc cref="RunAsync{TResult}"/>
    internal async Task RunAsync(DatabaseAccess access, Func<DatabaseSession, Task> work)
    {
        await EnterAsync();
        try
        {
            for (var attempt = 1; !await TryAsync(access, work, isLast: attempt == MaxAttempts); attempt++)
            {
            }
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Jobs that have begun are still done.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var connection = 0; connection < options.Connections; connection++)
        {
            await _free.WaitAsync();
        }

        await routes.CloseAsync(options.Connections);
        _free.Dispose();
    }

    private async ValueTask EnterAsync()
    {
        if (_free.Wait(0, CancellationToken.None))
        {
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) > options.MaxQueuedJobs)
            {
                throw new DatabaseOverloadedException();
            }

            if (!await _free.WaitAsync(options.QueueTimeout))
            {
                throw new DatabaseUnavailableException("the database did not keep up", outcomeUnknown: false);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <returns>False when it is worth another attempt.</returns>
    private async Task<bool> TryAsync(DatabaseAccess access, Func<DatabaseSession, Task> work, bool isLast)
    {
        await using var connection = await ConnectAsync();
        var session = new DatabaseSession(connection);
        try
        {
            await work(session);
            return true;
        }
        catch (Exception exception)
        {
            session.AbandonClock();
            var isLost = !await RecoverAsync(session, exception);
            if (exception is not DbException)
            {
                // The job's own refusal: out of stock, for example. What it began is undone.
                throw;
            }

            if (!isLast && (MySqlDriver.IsTransient(exception) || (isLost && access == DatabaseAccess.Read)))
            {
                return false;
            }

            if (!isLost)
            {
                throw;
            }

            logger.LogWarning("the database connection broke: {Reason}", exception.Message);
            throw new DatabaseUnavailableException(
                "the connection to the database broke", outcomeUnknown: access == DatabaseAccess.Write, exception);
        }
        finally
        {
            Volatile.Write(ref _usedMs, Environment.TickCount64);
        }
    }

    /// <summary>By the route of the moment; asks the server first when nothing has been asked for a while.</summary>
    private async Task<DbConnection> ConnectAsync()
    {
        if (Environment.TickCount64 < Volatile.Read(ref _pauseUntilMs))
        {
            throw new DatabaseUnavailableException("the database cannot be reached", outcomeUnknown: false);
        }

        var connection = routes.Connect(options.Connections);
        try
        {
            await connection.OpenAsync();
            if (Environment.TickCount64 - Volatile.Read(ref _usedMs) < TrustedPause.TotalMilliseconds || await AnswersAsync(connection))
            {
                return connection;
            }

            await connection.OpenAsync();
            return connection;
        }
        catch (Exception exception)
        {
            // Refused, unreachable, not yet initialised: whatever it is, the next job after the pause tries again.
            await connection.DisposeAsync();
            Volatile.Write(ref _pauseUntilMs, Environment.TickCount64 + (long)options.ReconnectPause.TotalMilliseconds);
            logger.LogWarning("no connection to the database: {Reason}", exception.Message);
            throw new DatabaseUnavailableException("the database cannot be reached", outcomeUnknown: false, exception);
        }
    }

    /// <returns>False when it does not: the connection is closed then, and those like it are forgotten.</returns>
    private static async Task<bool> AnswersAsync(DbConnection connection) =>
        await TryExecuteAsync(new DatabaseSession(connection), "DO 0");

    /// <summary>Undoes whatever a failed job left open.</summary>
    /// <returns>False when the connection is lost.</returns>
    private static async Task<bool> RecoverAsync(DatabaseSession session, Exception exception)
    {
        if (exception is DbException && !MySqlDriver.IsRefusedByServer(exception))
        {
            await MySqlDriver.CloseAsync(session.Connection);
            return false;
        }

        return await TryExecuteAsync(session, "ROLLBACK");
    }

    private static async Task<bool> TryExecuteAsync(DatabaseSession session, string statement)
    {
        try
        {
            await session.ExecuteAsync(statement);
            return true;
        }
        catch (Exception)
        {
            // A connection that cannot even do that is of no use; the server undoes what was open when it ends.
            await MySqlDriver.CloseAsync(session.Connection);
            return false;
        }
    }
}
