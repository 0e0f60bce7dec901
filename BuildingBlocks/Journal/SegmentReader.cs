using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;

namespace Lab.Journal;

/// <summary>Reads what a segment holds.</summary>
internal sealed class SegmentReader<TState, TRecord> : IDisposable
    where TState : class, IJournalState<TState, TRecord>, new()
{
    private readonly JournalOptions<TState, TRecord> _journal;
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private JournalLineReader _lines;

    private SegmentReader(JournalOptions<TState, TRecord> journal, SafeFileHandle file, string path)
    {
        (_journal, _file, _path) = (journal, file, path);
        _lines = new JournalLineReader(journal.Folder, file, path, 0);
    }

    public SegmentStart Start { get; private set; } = null!;

    /// <summary>In bytes: where the last line that was read ends.</summary>
    public long Offset => _lines.Offset;

    /// <summary>In bytes: the file was acknowledged up to there before it was opened here, or holds a snapshot's place; 0: nobody knows.</summary>
    public long Confirmed { get; private set; }

    /// <returns>Null when the segment never began: whoever took it died, or still is at it.</returns>
    /// <exception cref="DamagedJournalException">It is missing or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SegmentReader<TState, TRecord>? TryOpen(JournalOptions<TState, TRecord> journal, long segment)
    {
        var folder = journal.Folder;
        var path = folder.Journal(segment);

        // First: what its writer writes and confirms meanwhile is read, too.
        var confirmed = ConfirmedEnd.Read(folder, segment);
        if (!Disk.Exists(path))
        {
            throw folder.Damaged(path, 0, "the file is missing");
        }

        var reader = new SegmentReader<TState, TRecord>(journal, JournalFolder.Open(path), path) { Confirmed = confirmed ?? 0 };
        try
        {
            if (reader.TryReadLine(JournalJson.Default.SegmentStart, out var start))
            {
                reader.Start = start.Segment == segment && (start.Base is null || start.Base.Segment < segment)
                    ? start
                    : throw folder.Damaged(path, 0, $"it says that it is segment {start.Segment} and continues {start.Base}: it is another one's file");
                return reader;
            }

            reader.MustReach(reader.Confirmed);
        }
        catch
        {
            reader.Dispose();
            throw;
        }

        reader.Dispose();
        return null;
    }

    /// <summary>What was appended at one time.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public bool TryRead([NotNullWhen(true)] out IReadOnlyList<TRecord>? records) =>
        TryReadLine(_journal.Records, out records);

    /// <summary>The state at the end of the file, by its last snapshot and what follows that.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public TState Replay(SegmentSnapshot? snapshot, CancellationToken cancellationToken)
    {
        if (snapshot is not null)
        {
            Confirmed = Math.Max(Confirmed, snapshot.Offset);
            if (snapshot.Offset > RandomAccess.GetLength(_file))
            {
                snapshot = null;
            }
            else
            {
                _lines = new JournalLineReader(_journal.Folder, _file, _path, snapshot.Offset);
            }
        }

        var state = _journal.Restore(JsonMarshal.GetRawUtf8Value(snapshot?.State ?? Start.State), _path);
        var begin = Offset;
        try
        {
            for (; TryRead(out var records); begin = Offset)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var record in records)
                {
                    state.Apply(record, Start.Segment);
                }
            }
        }
        catch (InvalidOperationException exception)
        {
            throw _journal.Folder.Damaged(_path, begin, exception.Message, exception);
        }

        MustReach(Confirmed);

        // What was read counts from here on, even if its writer is still waiting for the disk.
        Disk.Flush(_file, _path);
        return state;
    }

    /// <summary>To be called at its end.</summary>
    /// <param name="end">In bytes: the file is known to have been whole up to there.</param>
    /// <exception cref="DamagedJournalException">It ends before.</exception>
    public void MustReach(long end)
    {
        if (Offset < end)
        {
            throw _journal.Folder.Damaged(_path, Offset, FormattableString.Invariant($"it has lost its end, and was acknowledged up to byte {end}"));
        }
    }

    /// <summary>Goes to the next line without a look at what it says.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="DamagedJournalException">It is damaged there.</exception>
    public bool TrySkip() => _lines.TryRead(out _);

    public void Dispose() => _file.Dispose();

    private bool TryReadLine<T>(JsonTypeInfo<T> type, [NotNullWhen(true)] out T? content)
        where T : class
    {
        var begin = Offset;
        content = null;
        if (!_lines.TryRead(out var json))
        {
            return false;
        }

        try
        {
            content = JsonSerializer.Deserialize(json.Span, type) ?? throw new JsonException("it is null");
            return true;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw _journal.Folder.Damaged(_path, begin, $"{exception.Message}; the file is of another version, or was changed", exception);
        }
    }
}
