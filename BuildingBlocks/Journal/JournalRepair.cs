using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Journal;

/// <summary>
/// What has to be given up so that a damaged journal can be continued. Nothing is deleted: what no longer counts stays in the
/// journal's folder, under another name.
/// </summary>
public static class JournalRepair
{
    /// <summary>Part of the names of files that were set aside; the time follows.</summary>
    public const string Aside = ".damaged-";

    /// <summary>From the last segment on, until one is whole or has a part that is. Changes nothing.</summary>
    /// <returns>Empty: the next writer can go on as it is. Damage of earlier segments may be left, which hinders only readers of the history.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IReadOnlyList<JournalCut<TRecord>> Plan<TState, TRecord>(JournalOptions<TState, TRecord> journal, CancellationToken cancellationToken)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        var folder = journal.Folder;
        List<JournalCut<TRecord>> cuts = [];
        for (var segment = Directory.Exists(folder.Path) ? folder.HighestSegment() : 0; segment > 0; segment--)
        {
            if (WhatIsWrongWith(journal, segment, cancellationToken) is { } damage)
            {
                cuts.Add(CutFor(journal, segment, damage));
                if (cuts[^1].Kept == 0)
                {
                    continue;
                }
            }
            else if (!HasBegun(journal, segment))
            {
                continue;
            }

            break;
        }

        return cuts;
    }

    /// <summary>Nobody may use the journal meanwhile. Done in such an order that it can be begun again when it was interrupted.</summary>
    /// <exception cref="IOException">The disk failed: what it was about to change is there twice, or as it was.</exception>
    /// <param name="folder">Of the journal.</param>
    /// <param name="cuts">As planned: which segment, and how many of its bytes are kept.</param>
    public static void Apply(JournalFolder folder, IEnumerable<(long Segment, long Kept)> cuts)
    {
        var aside = Aside + DateTime.UtcNow.ToString("yyyyMMddTHHmmssfffZ", CultureInfo.InvariantCulture);
        foreach (var (segment, kept) in cuts)
        {
            var journal = folder.Journal(segment);
            if (Disk.Exists(journal))
            {
                // A copy, not a link: the file itself is cut next.
                File.Copy(journal, journal + aside);
                using var copy = File.OpenHandle(journal + aside, FileMode.Open, FileAccess.ReadWrite);
                Disk.Flush(copy, journal + aside);
            }

            Disk.FlushFolder(folder.Path);

            // Also when nothing is kept: without the file, writers of earlier segments would not know that they are fenced.
            using (var file = File.OpenHandle(journal, FileMode.OpenOrCreate, FileAccess.ReadWrite))
            {
                RandomAccess.SetLength(file, kept);
                Disk.Flush(file, journal);
            }

            SetAside(folder.Confirmed(segment), aside);
            if (kept == 0 || SnapshotFile.TryRead(folder, segment, NullLogger.Instance)?.Offset > kept)
            {
                SetAside(folder.Snapshot(segment), aside);
            }

            Disk.FlushFolder(folder.Path);
        }
    }

    private static DamagedJournalException? WhatIsWrongWith<TState, TRecord>(
        JournalOptions<TState, TRecord> journal, long segment, CancellationToken cancellationToken)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        try
        {
            _ = JournalHistory.TryRead(journal with { Logger = NullLogger.Instance }, segment, cancellationToken);
            return null;
        }
        catch (DamagedJournalException exception)
        {
            return exception;
        }
    }

    private static bool HasBegun<TState, TRecord>(JournalOptions<TState, TRecord> journal, long segment)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        using var reader = SegmentReader<TState, TRecord>.TryOpen(journal, segment);
        return reader is not null;
    }

    private static JournalCut<TRecord> CutFor<TState, TRecord>(JournalOptions<TState, TRecord> journal, long segment, DamagedJournalException damage)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        var path = journal.Folder.Journal(segment);
        if (damage.File != path)
        {
            // Only what says up to where the journal counted is damaged: all that it holds is kept.
            return new JournalCut<TRecord>(segment, damage.File, damage.At, damage.Why, Disk.Exists(path) ? new FileInfo(path).Length : 0, []);
        }

        return new JournalCut<TRecord>(segment, path, damage.At, damage.Why, damage.At, Disk.Exists(path) ? RecordsAfter(journal, path, damage.At) : []);
    }

    /// <summary>What whole lines behind the damage hold.</summary>
    private static List<TRecord> RecordsAfter<TState, TRecord>(JournalOptions<TState, TRecord> journal, string path, long at)
        where TState : class, IJournalState<TState, TRecord>, new()
    {
        using var file = JournalFolder.Open(path);
        List<TRecord> records = [];
        foreach (var json in new JournalLineReader(journal.Folder, file, path, at).WholeLines())
        {
            try
            {
                records.AddRange(JsonSerializer.Deserialize(json.Span, journal.Records) ?? []);
            }
            catch (Exception exception) when (exception is JsonException or NotSupportedException)
            {
                // The segment's first line, or one that nobody can read.
            }
        }

        return records;
    }

    private static void SetAside(string path, string aside)
    {
        if (Disk.Exists(path))
        {
            File.Move(path, path + aside);
        }
    }
}

/// <summary>What a repair gives up of one segment.</summary>
/// <param name="Segment">Which.</param>
/// <param name="File">The path of the file that is damaged, or missing.</param>
/// <param name="At">Where, in bytes.</param>
/// <param name="Why">In words.</param>
/// <param name="Kept">Bytes of the segment that still count: what is behind them is kept aside. 0: it is given up whole.</param>
/// <param name="Lost">Records that can be read behind the damage, and cannot follow what is before it.</param>
public sealed record JournalCut<TRecord>(long Segment, string File, long At, string Why, long Kept, IReadOnlyList<TRecord> Lost);
