using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Lab.Storage.MySql;

/// <summary>Size and patience of a set of workers.</summary>
public sealed record DatabaseWorkerOptions
{
    /// <summary>Threads, each with a connection of its own: the connection pool.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>Jobs that may wait.</summary>
    public int MaxQueuedJobs { get; init; } = 10_000;

    /// <summary>A job that waited longer is failed instead of begun: nobody waits for it any more.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After a connection could not be opened, jobs fail at once for this long instead of trying again each.</summary>
    public TimeSpan ReconnectPause { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>
/// A fixed set of threads that own the database connections. Jobs are blocking code on one connection. Asynchronous
/// drivers that are not, and pools that deadlock when the thread pool is full, cannot hurt here.
/// </summary>
public sealed class DatabaseWorkers : IDisposable
{
    private readonly JobQueue _jobs;
    private readonly DatabaseRoutes _routes;
    private readonly DatabaseWorkerOptions _options;
    private readonly ILogger _logger;
    private readonly Thread[] _threads;
    private long _pauseUntilMs;

    public DatabaseWorkers(string name, DatabaseRoutes routes, DatabaseWorkerOptions options, ILogger logger)
    {
        _routes = routes;
        _options = options;
        _logger = logger;
        _jobs = new JobQueue(options.MaxQueuedJobs);
        _threads = [.. Enumerable.Range(0, options.Workers).Select(index => new Thread(Work)
        {
            IsBackground = true,
            Name = $"{name}-{index}",
        })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Runs blocking code on a connection. A read that loses its connection is tried once more on a new one.</summary>
    /// <exception cref="DatabaseUnavailableException">No connection, or it broke.</exception>
    /// <exception cref="DatabaseOverloadedException">Too many jobs wait.</exception>
    public Task<TResult> RunAsync<TResult>(DatabaseAccess access, Func<DbConnection, TResult> work)
    {
        var job = new SingleJob<TResult>(access, work);
        Enqueue(job);
        return job.Task;
    }

    internal void Enqueue(DatabaseJob job)
    {
        if (!_jobs.TryAdd(job))
        {
            throw new DatabaseOverloadedException();
        }
    }

    /// <summary>Waiting jobs are still done.</summary>
    public void Dispose()
    {
        _jobs.Complete();
        Array.ForEach(_threads, thread => thread.Join());
    }

    private void Work()
    {
        using var session = new WorkerSession(_routes);
        while (_jobs.TryTake(out var job))
        {
            if (Environment.TickCount64 - job.EnqueuedMs > _options.QueueTimeout.TotalMilliseconds)
            {
                job.Fail(new DatabaseUnavailableException("the database did not keep up", outcomeUnknown: false));
                continue;
            }

            Execute(session, job);
        }
    }

    private void Execute(WorkerSession session, DatabaseJob job)
    {
        const int MaxAttempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            if (!TryConnect(session, job))
            {
                return;
            }

            try
            {
                job.Execute(session.Connection);
                return;
            }
            catch (Exception exception) when (IsFromDriver(exception))
            {
                var connectionLost = !session.Recover(exception);
                var again = MySqlDriver.IsTransient(exception) || (connectionLost && job.Access == DatabaseAccess.Read);
                if (!again || attempt == MaxAttempts)
                {
                    job.Fail(connectionLost ? Lost(job, exception) : exception);
                    return;
                }
            }
            catch (Exception exception)
            {
                // The job's own refusal: out of stock, for example. What it began is undone.
                session.Recover(exception);
                job.Fail(exception);
                return;
            }
        }
    }

    private DatabaseUnavailableException Lost(DatabaseJob job, Exception exception)
    {
        _logger.LogWarning("the database connection broke: {Reason}", exception.Message);
        return new DatabaseUnavailableException(
            "the connection to the database broke", outcomeUnknown: job.Access == DatabaseAccess.Write, exception);
    }

    private bool TryConnect(WorkerSession session, DatabaseJob job)
    {
        if (session.IsReady())
        {
            return true;
        }

        if (Environment.TickCount64 >= Volatile.Read(ref _pauseUntilMs))
        {
            try
            {
                session.Connect();
                return true;
            }
            catch (Exception exception)
            {
                // Refused, unreachable, not yet initialised: whatever it is, the next job after the pause tries again.
                Volatile.Write(ref _pauseUntilMs, Environment.TickCount64 + (long)_options.ReconnectPause.TotalMilliseconds);
                _logger.LogWarning("no connection to the database: {Reason}", exception.Message);
            }
        }

        job.Fail(new DatabaseUnavailableException("the database cannot be reached", outcomeUnknown: false));
        return false;
    }

    /// <summary>The old driver lets bare I/O exceptions through when a connection breaks.</summary>
    private static bool IsFromDriver(Exception exception) =>
        exception is DbException or IOException or System.Net.Sockets.SocketException or TimeoutException;
}
