using System.Threading.Channels;

namespace Lab.Journal;

/// <summary>
/// A journal that one process writes, for any number of callers at once: what waits is written together, as one line, with one
/// wait for the disk. Whoever opens the journal fences the one that wrote it before.
/// </summary>
/// <remarks>
/// The writer is a loop on the thread pool, of which it holds one thread while it waits for the disk. Against a thread of its
/// own that saves two switches of threads for each wait, which is much where the disk takes some ten microseconds.
/// </remarks>
public sealed class JournalWriter<TState, TRecord> : IAsyncDisposable
    where TState : class, IJournalState<TState, TRecord>, new()
{
    /// <summary>More appends do not wait: they are refused.</summary>
    public const int MostWaiting = 65_536;

    /// <summary>Of one line, which so stays far below the longest that a journal takes.</summary>
    private const int MostRecords = 1024;

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Action<TState, long, IReadOnlyList<TRecord>> _committed;
    private readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private Exception? _failure;
    private bool _isClosing;

    /// <summary>What follows is the loop's alone.</summary>
    private readonly List<Waiting> _taken = [];
    private readonly List<Waiting> _batch = [];
    private SegmentWriter<TState, TRecord> _segment;

    internal JournalWriter(SegmentWriter<TState, TRecord> segment, TState state, Action<TState, long, IReadOnlyList<TRecord>> committed)
    {
        (_segment, State, _committed) = (segment, state, committed);
        _running = Task.Run(RunAsync);
    }

    /// <summary>As the journal left it when it was opened; only what is told of commits changes it. The caller's, with its locks.</summary>
    public TState State { get; }

    /// <summary>Completes with why nothing can be appended any more; then the journal must be opened again, by this process or another. When this is disposed of, too.</summary>
    public Task<Exception> Failed => _failed.Task;

    /// <summary>Completes when the record is durable, and was told to be committed. By any thread, any number at once.</summary>
    /// <exception cref="InvalidOperationException">The record cannot follow what is there: it was not written.</exception>
    /// <exception cref="JournalBusyException">Too many wait already: it was not written.</exception>
    /// <exception cref="FencedException">Another one has opened the journal: it may not be acknowledged.</exception>
    /// <exception cref="IOException">The disk has failed: nobody knows whether the record is there.</exception>
    public Task AppendAsync(TRecord record)
    {
        var waiting = new Waiting(record);
        if (Volatile.Read(ref _failure) is { } failure)
        {
            waiting.SetException(ToCaller(failure));
        }
        else if (!_waiting.Writer.TryWrite(waiting))
        {
            waiting.SetException(Volatile.Read(ref _isClosing) ? new ObjectDisposedException(nameof(JournalWriter)) : new JournalBusyException(MostWaiting));
        }

        return waiting.Task;
    }

    /// <summary>What was appended until now is written first.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isClosing, true);
        _waiting.Writer.TryComplete();
        await _running;
        Fail(new ObjectDisposedException(nameof(JournalWriter)));
        _segment.Dispose();
    }

    private async Task RunAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            // Everything that was appended while the line before was being written.
            while (_taken.Count < MostRecords && _waiting.Reader.TryRead(out var waiting))
            {
                _taken.Add(waiting);
            }

            Write();
            _taken.Clear();
            _batch.Clear();
        }
    }

    private void Write()
    {
        try
        {
            if (_failure is null)
            {
                Commit();
            }
        }
        catch (Exception exception)
        {
            // Whatever it is: what is on the disk nobody knows, and the state in memory may be ahead of it.
            Fail(exception);
        }

        if (_failure is { } failure)
        {
            _taken.ForEach(waiting => waiting.TrySetException(ToCaller(failure)));
            return;
        }

        _batch.ForEach(waiting => waiting.SetResult());
        TakeNextWhenFull();
    }

    private void Commit()
    {
        foreach (var waiting in _taken)
        {
            try
            {
                _segment.Apply(waiting.Record);
                _batch.Add(waiting);
            }
            catch (InvalidOperationException refusal)
            {
                waiting.SetException(refusal);
            }
        }

        if (_batch.Count > 0)
        {
            var records = _batch.ConvertAll(waiting => waiting.Record);
            _segment.Write(records);
            _committed(State, _segment.Segment, records);
        }
    }

    private void TakeNextWhenFull()
    {
        if (!_segment.IsFull)
        {
            return;
        }

        try
        {
            using var full = _segment;
            _segment = full.Next(Environment.ProcessId);
        }
        catch (Exception exception)
        {
            // Nothing waits for this. Its file may be there, which fences: so it is over.
            Fail(exception);
        }
    }

    private void Fail(Exception reason) =>
        _failed.TrySetResult(Interlocked.CompareExchange(ref _failure, reason, null) ?? reason);

    /// <summary>Each caller gets its own: exceptions note where they were thrown.</summary>
    private static Exception ToCaller(Exception failure) => failure is FencedException
        ? new FencedException(failure.Message)
        : new IOException($"nothing can be appended until the journal is opened again: {failure.Message}", failure);

    /// <summary>Who is told goes on elsewhere: the loop has more to write.</summary>
    private sealed class Waiting(TRecord record) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TRecord Record => record;
    }
}

/// <summary>Opens journals.</summary>
public static class JournalWriter
{
    /// <summary>Takes the next segment, reads what earlier ones left, and begins.</summary>
    /// <param name="journal">Which.</param>
    /// <param name="committed">
    /// Called by the writer with <see cref="JournalWriter{TState, TRecord}.State"/>, the segment, and records that are durable now, in their order, before
    /// anybody who appended one of them is told. Shall apply them. Must not throw, nor wait for long: nothing is written meanwhile.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FencedException">Another one has opened it meanwhile.</exception>
    /// <exception cref="DamagedJournalException">A file is missing or damaged; the message says what to do.</exception>
    /// <exception cref="IOException">The disk failed, or may not be written.</exception>
    public static Task<JournalWriter<TState, TRecord>> OpenAsync<TState, TRecord>(
        JournalOptions<TState, TRecord> journal, Action<TState, long, IReadOnlyList<TRecord>> committed, CancellationToken cancellationToken)
        where TState : class, IJournalState<TState, TRecord>, new() =>
        Task.Run(
            () =>
            {
                journal.Folder.Create();
                var segment = new SegmentWriter<TState, TRecord>(journal);
                try
                {
                    return new JournalWriter<TState, TRecord>(segment, segment.Begin(Environment.ProcessId, cancellationToken), committed);
                }
                catch
                {
                    segment.Dispose();
                    throw;
                }
            },
            cancellationToken);
}

/// <summary>An append was refused, and not written: it may be tried again.</summary>
public sealed class JournalBusyException(int waiting) : Exception($"{waiting} appends wait for the disk already");
