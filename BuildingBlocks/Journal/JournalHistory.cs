namespace Lab.Journal;

/// <summary>Reads a journal over all its segments.</summary>
public static class JournalHistory
{
    /// <summary>What the last segment left that has begun.</summary>
    /// <param name="journal">Which.</param>
    /// <param name="highest">Later segments are not looked at; 0: there is nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DamagedJournalException">A file is missing or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal static (TState State, SegmentBase? Base) ReadLast<TState, TRecord>(
        JournalOptions<TState, TRecord> journal, long highest, CancellationToken cancellationToken)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        for (var segment = highest; segment > 0; segment--)
        {
            if (TryRead(journal, segment, cancellationToken) is { } last)
            {
                return last;
            }
        }

        return (new TState(), null);
    }

    /// <summary>Looks whether the journal can be opened, without taking a segment.</summary>
    /// <inheritdoc cref="ReadLast"/>
    public static void CheckLast<TState, TRecord>(JournalOptions<TState, TRecord> journal, CancellationToken cancellationToken)
        where TState : class, IJournalState<TState, TRecord>, new() =>
        ReadLast(journal, journal.Folder.HighestSegment(), cancellationToken);

    /// <summary>What one segment left; null: it never began.</summary>
    /// <inheritdoc cref="ReadLast"/>
    internal static (TState State, SegmentBase? Base)? TryRead<TState, TRecord>(
        JournalOptions<TState, TRecord> journal, long segment, CancellationToken cancellationToken)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        using var reader = SegmentReader<TState, TRecord>.TryOpen(journal, segment);
        return reader is null
            ? null
            : (reader.Replay(SnapshotFile.TryRead(journal.Folder, segment, journal.Logger), cancellationToken), new SegmentBase(segment, reader.Offset));
    }

    /// <summary>
    /// Everything that ever happened, in order; blocking, as it is asked for. While it is written, its last lines may
    /// turn out not to have happened: the next writer decides that. Only of a journal that keeps its history.
    /// </summary>
    /// <exception cref="DamagedJournalException">A file is missing or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IEnumerable<JournalEntry<TRecord>> Read<TState, TRecord>(JournalOptions<TState, TRecord> journal)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        foreach (var (segment, end) in FindSegments(journal))
        {
            using var reader = OpenBegun(journal, segment);
            yield return new JournalEntry<TRecord>(segment, reader.Start.Writer, IsStart: true, default);
            while (reader.Offset != end && reader.TryRead(out var records))
            {
                foreach (var record in records)
                {
                    yield return new JournalEntry<TRecord>(segment, reader.Start.Writer, IsStart: false, record);
                }
            }

            reader.MustReach(end ?? reader.Confirmed);
        }
    }

    /// <summary>Looks whether every line can be read, without a look at what it says: a million takes a fraction of a second.</summary>
    /// <inheritdoc cref="Read"/>
    public static void Check<TState, TRecord>(JournalOptions<TState, TRecord> journal, CancellationToken cancellationToken)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        foreach (var (segment, end) in FindSegments(journal))
        {
            using var reader = OpenBegun(journal, segment);
            while (reader.Offset != end && reader.TrySkip())
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            reader.MustReach(end ?? reader.Confirmed);
        }
    }

    /// <summary>From the first segment to the last, leaving out those that nobody continued.</summary>
    /// <returns>With each the place in its file, in bytes, up to which it counts; null: to the end.</returns>
    private static Stack<(long Segment, long? End)> FindSegments<TState, TRecord>(JournalOptions<TState, TRecord> journal)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        var segments = new Stack<(long Segment, long? End)>();
        using (var last = FindLast(journal))
        {
            if (last is null)
            {
                return segments;
            }

            segments.Push((last.Start.Segment, null));
            for (var before = last.Start.Base; before is not null;)
            {
                segments.Push((before.Segment, before.Offset));
                using var reader = OpenBegun(journal, before.Segment);
                before = reader.Start.Base;
            }
        }

        return segments;
    }

    private static SegmentReader<TState, TRecord> OpenBegun<TState, TRecord>(JournalOptions<TState, TRecord> journal, long segment)
        where TState : class, IJournalState<TState, TRecord>, new() =>
        SegmentReader<TState, TRecord>.TryOpen(journal, segment)
            ?? throw journal.Folder.Damaged(journal.Folder.Journal(segment), 0, "it has lost its first line");

    private static SegmentReader<TState, TRecord>? FindLast<TState, TRecord>(JournalOptions<TState, TRecord> journal)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        for (var segment = journal.Folder.HighestSegment(); segment > 0; segment--)
        {
            if (SegmentReader<TState, TRecord>.TryOpen(journal, segment) is { } reader)
            {
                return reader;
            }
        }

        return null;
    }
}

/// <summary>A line of the whole history.</summary>
/// <param name="Segment">In which it was written.</param>
/// <param name="Writer">By whom.</param>
/// <param name="IsStart">The segment began, and there is no record.</param>
/// <param name="Record">What happened.</param>
public readonly record struct JournalEntry<TRecord>(long Segment, int Writer, bool IsStart, TRecord? Record);
