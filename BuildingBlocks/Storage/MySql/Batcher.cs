using System.Collections.Concurrent;
using Lab.Telemetry.Requests;

namespace Lab.Storage.MySql;

/// <summary>A request of a batch, with the place for its answer.</summary>
/// <param name="request">What is asked.</param>
/// <param name="number">Requests are numbered as they come.</param>
public sealed class BatchItem<TRequest, TResult>(TRequest request, long number)
{
    private readonly TaskCompletionSource<TResult> _answer = new();
    private readonly RequestWait _wait = RequestWait.Begin();
    private TResult? _result;
    private Exception? _refusal;

    public TRequest Request { get; } = request;

    internal long Number { get; } = number;

    internal Task<TResult> Answer => _answer.Task;

    internal RequestTrace? Trace => _wait.Request;

    /// <summary>Noted; published after the whole batch is durable.</summary>
    public void SetResult(TResult result) => (_result, _refusal) = (result, null);

    /// <summary>This request is refused, the others of its batch are not.</summary>
    public void Refuse(Exception refusal) => _refusal = refusal;

    /// <summary>Before <see cref="Publish"/>: whoever awaits the answer ends the request.</summary>
    internal void Note(DatabaseTimes times, int sharedBy) => _wait.Note(times, sharedBy);

    internal void Publish()
    {
        if (_refusal is not null)
        {
            _answer.SetException(_refusal);
        }
        else
        {
            _answer.SetResult(_result!);
        }
    }
}

/// <summary>How a kind of request is batched.</summary>
/// <param name="Access">Reads or writes.</param>
/// <param name="MaxBatch">Requests that share one statement and one commit at most.</param>
/// <param name="Parallelism">Batches under way at once; few, so that batches grow with the load.</param>
/// <param name="MaxQueued">Requests that may wait.</param>
public sealed record BatchOptions(DatabaseAccess Access, int MaxBatch = 128, int Parallelism = 1, int MaxQueued = 10_000);

/// <summary>
/// Lets concurrent requests of one kind share a database round trip, and writes a commit (group commit: DeWitt et al.,
/// "Implementation techniques for main memory database systems", 1984). Whatever arrived while the last batch was under
/// way is the next one; only under load does a batch of writes wait for company first (<see cref="TakeAsync"/>).
/// </summary>
public sealed class Batcher<TRequest, TResult>
{
    /// <summary>So many answers are published where the database was heard; more would keep that thread from all else.</summary>
    private const int PublishedInline = 4;

    private readonly DatabasePool _database;
    private readonly BatchOptions _options;
    private readonly Func<DatabaseSession, IReadOnlyList<BatchItem<TRequest, TResult>>, Task> _execute;
    private readonly ConcurrentQueue<BatchItem<TRequest, TResult>> _queue = new();
    private readonly Lock _taking = new();
    private long _lastNumber;
    private int _queued;
    private int _active;
    private int _recentBatch;

    /// <param name="database">Where the batches are done.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="execute">
    /// Does a batch on one connection and sets a result or refusal on every item. Throwing undoes the batch; it is then
    /// done item by item, so that one bad request costs the others nothing.
    /// </param>
    public Batcher(
        DatabasePool database,
        BatchOptions options,
        Func<DatabaseSession, IReadOnlyList<BatchItem<TRequest, TResult>>, Task> execute)
    {
        _database = database;
        _options = options;
        _execute = execute;
    }

    /// <returns>The answer. What awaits it may go on on the thread that hears the database, so it must not block.</returns>
    /// <exception cref="DatabaseUnavailableException">No connection, or it broke.</exception>
    /// <exception cref="DatabaseOverloadedException">Too many requests wait.</exception>
    public Task<TResult> RunAsync(TRequest request)
    {
        if (Interlocked.Increment(ref _queued) > _options.MaxQueued)
        {
            Interlocked.Decrement(ref _queued);
            throw new DatabaseOverloadedException();
        }

        var item = new BatchItem<TRequest, TResult>(request, Interlocked.Increment(ref _lastNumber));
        _queue.Enqueue(item);
        BeginIfNeeded();
        return item.Answer;
    }

    private void BeginIfNeeded()
    {
        while (!_queue.IsEmpty)
        {
            var active = Volatile.Read(ref _active);
            if (active >= _options.Parallelism)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _active, active + 1, active) == active)
            {
                _ = RunBatchAsync();
                return;
            }
        }
    }

    /// <summary>Takes its items when it has a connection, which is as late as possible.</summary>
    private async Task RunBatchAsync()
    {
        List<BatchItem<TRequest, TResult>>? items = null;
        var lastNumber = Volatile.Read(ref _lastNumber);
        try
        {
            await _database.RunAsync(_options.Access, async session => await ExecuteAsync(session, items ??= await TakeAsync()));
        }
        catch (Exception exception)
        {
            // Without a connection those fail who waited for it from the beginning. Who came meanwhile has a try of its own.
            items ??= Take(lastNumber);
            items.ForEach(item => item.Refuse(exception));
        }

        Interlocked.Decrement(ref _active);
        BeginIfNeeded();
        if (items!.Count <= PublishedInline)
        {
            items.ForEach(item => item.Publish());
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static items => items.ForEach(item => item.Publish()), items, preferLocal: false);
        }
    }

    /// <summary>
    /// Small commits that follow each other closely cost as much processor time as large ones, and are soon all that a
    /// busy server does. When batches were large lately, a batch waits a moment, so that they stay large: what
    /// PostgreSQL calls commit_delay and commit_siblings. Ten clients never wait; a hundred store up to twice as much.
    /// </summary>
    private async ValueTask<List<BatchItem<TRequest, TResult>>> TakeAsync()
    {
        const int Siblings = 16;
        const int DelayMs = 1;
        if (_options.Access == DatabaseAccess.Write && Volatile.Read(ref _recentBatch) >= Siblings)
        {
            await Task.Delay(DelayMs);
        }

        return Take();
    }

    private List<BatchItem<TRequest, TResult>> Take(long lastNumber = long.MaxValue)
    {
        // One at a time: what was looked at is what is taken.
        lock (_taking)
        {
            var items = new List<BatchItem<TRequest, TResult>>(Math.Min(_options.MaxBatch, Volatile.Read(ref _queued)));
            while (items.Count < _options.MaxBatch && _queue.TryPeek(out var next) && next.Number <= lastNumber && _queue.TryDequeue(out var item))
            {
                items.Add(item);
            }

            Interlocked.Add(ref _queued, -items.Count);
            // The largest of late, forgotten by an eighth with every batch.
            _recentBatch = Math.Max(items.Count, _recentBatch - Math.Max(1, _recentBatch / 8));
            return items;
        }
    }

    private async Task ExecuteAsync(DatabaseSession session, List<BatchItem<TRequest, TResult>> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        var traced = items.Find(item => item.Trace is { IsSampled: true }) ?? items.Find(item => item.Trace is not null);
        if (traced is { Trace: { } request })
        {
            session.StartClock(request);
        }

        try
        {
            await _execute(session, items);
        }
        catch (Exception exception) when (items.Count > 1 && IsAboutOneItem(exception))
        {
            await session.RollBackAsync();
            foreach (var item in items)
            {
                await ExecuteAloneAsync(session, item);
            }
        }

        var times = session.StopClock();
        items.ForEach(item => item.Note(times, items.Count));
    }

    private async Task ExecuteAloneAsync(DatabaseSession session, BatchItem<TRequest, TResult> item)
    {
        const int MaxAttempts = 3;
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            try
            {
                await _execute(session, [item]);
                return;
            }
            catch (Exception exception) when (MySqlDriver.IsRefusedByServer(exception))
            {
                // Not retried by the pool: items before this one are durable already.
                await session.RollBackAsync();
                item.Refuse(exception);
                if (!MySqlDriver.IsTransient(exception))
                {
                    return;
                }
            }
        }
    }

    private static bool IsAboutOneItem(Exception exception) =>
        MySqlDriver.IsRefusedByServer(exception) && !MySqlDriver.IsTransient(exception);
}
