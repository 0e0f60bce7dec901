using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Lab.Journal;

/// <summary>What a journal's records make of what was there: a pure function of them, that can be written down whole.</summary>
/// <typeparam name="TSelf">The state itself. Without arguments its constructor makes the one before the first record.</typeparam>
/// <typeparam name="TRecord">One change of it.</typeparam>
public interface IJournalState<TSelf, in TRecord>
    where TSelf : class, IJournalState<TSelf, TRecord>, new()
{
    /// <summary>Takes a record in; nothing has changed when it throws.</summary>
    /// <param name="record">The next one.</param>
    /// <param name="segment">In which it is written.</param>
    /// <exception cref="InvalidOperationException">The record cannot follow what is there.</exception>
    void Apply(TRecord record, long segment);

    /// <summary>Everything it holds, as JSON on one line.</summary>
    byte[] ToSnapshot();

    /// <summary>A state that behaves as the one that was written down.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    static abstract TSelf FromSnapshot(ReadOnlySpan<byte> snapshot);
}

/// <summary>A journal: where it is, and what it holds.</summary>
public sealed record JournalOptions<TState, TRecord>
    where TState : class, IJournalState<TState, TRecord>, new()
{
    /// <summary>Made when it is missing. One journal's alone.</summary>
    public required JournalFolder Folder { get; init; }

    /// <summary>The JSON in which records are durable.</summary>
    public required JsonTypeInfo<IReadOnlyList<TRecord>> Records { get; init; }

    /// <summary>
    /// Whether segments that are no longer needed stay, for whoever reads the history. If not, they are emptied as soon as a
    /// later one has begun; their names stay, as they fence.
    /// </summary>
    public required bool KeepsHistory { get; init; }

    /// <summary>Learns of what costs time but loses nothing.</summary>
    public required ILogger Logger { get; init; }

    /// <summary>Records between two snapshots: at most about so many are replayed when the journal is opened.</summary>
    public int SnapshotEvery { get; init; } = 5_000;

    /// <summary>A <see cref="JournalWriter{TState, TRecord}"/> takes the next segment when it has appended so many bytes to one.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    internal TState Restore(ReadOnlySpan<byte> snapshot, string path)
    {
        try
        {
            return TState.FromSnapshot(snapshot);
        }
        catch (FormatException exception)
        {
            throw Folder.Damaged(path, 0, exception.Message, exception);
        }
    }
}
