using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Lab.Journal;

/// <summary>
/// Who has taken a segment, and so fences every earlier writer. Blocking, one call at a time. After any exception but that of
/// <see cref="Apply"/> it is of no more use.
/// </summary>
public sealed class SegmentWriter<TState, TRecord> : IDisposable
    where TState : class, IJournalState<TState, TRecord>, new()
{
    private readonly JournalOptions<TState, TRecord> _journal;
    private readonly SegmentFile _file;
    private DurableState<TState, TRecord>? _state;
    private long _begin;

    /// <summary>Takes the next segment: from here on earlier writers are fenced.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public SegmentWriter(JournalOptions<TState, TRecord> journal)
        : this(journal, journal.Folder.Take())
    {
    }

    private SegmentWriter(JournalOptions<TState, TRecord> journal, (long Segment, SafeFileHandle File) taken) =>
        (_journal, Segment, _file) = (journal, taken.Segment, new SegmentFile(journal.Folder, taken.Segment, taken.File, journal.Logger));

    /// <summary>Given to nobody else.</summary>
    public long Segment { get; }

    /// <summary>It has appended as much to the segment as one shall hold.</summary>
    internal bool IsFull => _file.Offset - _begin >= _journal.SegmentBytes;

    /// <summary>Reads what earlier segments left, and begins this one with it.</summary>
    /// <param name="writer">Who this is, for people who read the file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The caller's own copy.</returns>
    /// <exception cref="FencedException">A later segment was taken meanwhile.</exception>
    /// <exception cref="DamagedJournalException">A file is missing or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public TState Begin(int writer, CancellationToken cancellationToken)
    {
        try
        {
            var (state, continues) = JournalHistory.ReadLast(_journal, Segment - 1, cancellationToken);
            Begin(writer, continues, state);
            return state;
        }
        catch (DamagedJournalException) when (!_journal.KeepsHistory && _journal.Folder.WasTaken(Segment + 1))
        {
            // Whoever took that has begun, and emptied what was being read here.
            throw _file.Fenced();
        }
    }

    /// <summary>Before a record is written. Records that were applied and not written make this writer useless.</summary>
    /// <exception cref="InvalidOperationException">It cannot follow what is there; nothing has changed.</exception>
    public void Apply(TRecord record)
    {
        ObjectDisposedException.ThrowIf(_state is null, this);
        _state.Apply(record);
    }

    /// <summary>One line, durable when it returns: all records or none.</summary>
    /// <param name="records">At least one; all have been applied.</param>
    /// <exception cref="FencedException">A later segment was taken: nothing of this may be acknowledged.</exception>
    /// <exception cref="IOException">Nobody knows whether the records are there.</exception>
    public void Write(IReadOnlyList<TRecord> records)
    {
        ObjectDisposedException.ThrowIf(_state is null, this);
        _file.Append(records, _journal.Records);
        _state.Written(_file.Offset);
    }

    /// <summary>Takes the segment after this one, and begins it with the state as it is. This one is to be disposed of, whatever happens.</summary>
    /// <inheritdoc cref="Begin(int, CancellationToken)"/>
    internal SegmentWriter<TState, TRecord> Next(int writer)
    {
        ObjectDisposedException.ThrowIf(_state is null, this);
        _state.Finish();
        var file = _journal.Folder.TryTake(Segment + 1) ?? throw _file.Fenced();
        var next = new SegmentWriter<TState, TRecord>(_journal, (Segment + 1, file));
        try
        {
            next.Begin(writer, new SegmentBase(Segment, _file.Offset), _state.State);
            return next;
        }
        catch
        {
            next.Dispose();
            throw;
        }
    }

    /// <summary>The segment stays: without it, writers of earlier ones would not know that they are fenced.</summary>
    public void Dispose()
    {
        _state?.Finish();
        _state = null;
        _file.Dispose();
    }

    private void Begin(int writer, SegmentBase? continues, TState state)
    {
        var folder = _journal.Folder;
        using var snapshot = JsonDocument.Parse(state.ToSnapshot());
        _state = new DurableState<TState, TRecord>(
            _journal.Restore(JsonMarshal.GetRawUtf8Value(snapshot.RootElement), folder.Path),
            Segment,
            _journal.SnapshotEvery,
            (offset, content) => SnapshotFile.Write(folder, Segment, offset, content),
            _journal.Logger);
        _file.Append(new SegmentStart(Segment, writer, continues, snapshot.RootElement), JournalJson.Default.SegmentStart);
        Disk.FlushFolder(folder.Path);
        _begin = _file.Offset;
        if (!_journal.KeepsHistory)
        {
            folder.EmptyBefore(Segment, _journal.Logger);
        }
    }
}
