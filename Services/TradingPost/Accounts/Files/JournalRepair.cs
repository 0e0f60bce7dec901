using System.Globalization;
using System.Text.Json;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>
/// What has to be given up so that a damaged journal can be continued. Nothing is deleted: what no longer counts stays in the
/// journal's folder, under another name.
/// </summary>
internal static class JournalRepair
{
    /// <summary>Part of the names of files that were set aside; the time follows.</summary>
    public const string Aside = ".damaged-";

    /// <summary>From the last term on, until one is whole or has a part that is. Changes nothing.</summary>
    /// <returns>Empty: the next trader can go on as it is. Damage of earlier terms may be left, which hinders only readers of the history.</returns>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IReadOnlyList<RepairStep> Plan(string path, CancellationToken cancellationToken)
    {
        var folder = new JournalFolder(path);
        List<RepairStep> steps = [];
        for (var term = Directory.Exists(folder.Path) ? folder.HighestTerm() : 0; term > 0; term--)
        {
            if (WhatIsWrongWith(folder, term, cancellationToken) is { } damage)
            {
                steps.Add(StepFor(folder, term, damage));
                if (steps[^1].Kept == 0)
                {
                    continue;
                }
            }
            else if (TryOpen(folder, term) is { } whole)
            {
                whole.Dispose();
            }
            else
            {
                // It never began.
                continue;
            }

            break;
        }

        return steps;
    }

    /// <summary>Nobody may use the journal meanwhile. Done in such an order that it can be begun again when it was interrupted.</summary>
    /// <exception cref="IOException">The disk failed: what it was about to change is there twice, or as it was.</exception>
    public static void Apply(string path, IEnumerable<RepairStep> steps)
    {
        var folder = new JournalFolder(path);
        var aside = Aside + DateTime.UtcNow.ToString("yyyyMMddTHHmmssfffZ", CultureInfo.InvariantCulture);
        foreach (var step in steps)
        {
            var journal = folder.Journal(step.Term);
            if (Disk.Exists(journal))
            {
                // A copy, not a link: the file itself is cut next.
                File.Copy(journal, journal + aside);
                using var copy = File.OpenHandle(journal + aside, FileMode.Open, FileAccess.ReadWrite);
                Disk.Flush(copy, journal + aside);
            }

            Disk.FlushFolder(folder.Path);

            // Also when nothing is kept: without the file, traders of earlier terms would not know that they are fenced.
            using (var file = File.OpenHandle(journal, FileMode.OpenOrCreate, FileAccess.ReadWrite))
            {
                RandomAccess.SetLength(file, step.Kept);
                Disk.Flush(file, journal);
            }

            SetAside(folder.Confirmed(step.Term), aside);
            if (step.Kept == 0 || SnapshotFile.TryRead(folder, step.Term, NullLogger.Instance)?.Offset > step.Kept)
            {
                SetAside(folder.Snapshot(step.Term), aside);
            }

            Disk.FlushFolder(folder.Path);
        }
    }

    private static DamagedJournalException? WhatIsWrongWith(JournalFolder folder, long term, CancellationToken cancellationToken)
    {
        try
        {
            _ = JournalHistory.TryRead(folder, term, NullLogger.Instance, cancellationToken);
            return null;
        }
        catch (DamagedJournalException exception)
        {
            return exception;
        }
    }

    /// <summary>Null: it never began, or not even its first line can be read.</summary>
    private static TermReader? TryOpen(JournalFolder folder, long term)
    {
        try
        {
            return TermReader.TryOpen(folder, term);
        }
        catch (DamagedJournalException)
        {
            return null;
        }
    }

    private static RepairStep StepFor(JournalFolder folder, long term, DamagedJournalException damage)
    {
        var path = folder.Journal(term);
        if (damage.File != path)
        {
            // Only what says up to where the journal counted is damaged: all that it holds is kept.
            return new RepairStep(term, damage.File, damage.At, damage.Why, Disk.Exists(path) ? new FileInfo(path).Length : 0, 0, 0);
        }

        var (records, sales) = Disk.Exists(path) ? CountAfter(path, damage.At) : (0, 0);
        return new RepairStep(term, path, damage.At, damage.Why, damage.At, records, sales);
    }

    /// <summary>What whole lines behind the damage hold.</summary>
    private static (int Records, int Sales) CountAfter(string path, long at)
    {
        using var file = JournalFolder.Open(path);
        var (records, sales) = (0, 0);
        foreach (var json in new JournalLineReader(file, path, at).WholeLines())
        {
            try
            {
                var line = JsonSerializer.Deserialize(json.Span, AccountsJson.Default.IReadOnlyListAccountRecord) ?? [];
                records += line.Count;
                sales += line.Count(record => record is Sold);
            }
            catch (JsonException)
            {
                // The term's first line, or one that nobody can read.
            }
        }

        return (records, sales);
    }

    private static void SetAside(string path, string aside)
    {
        if (Disk.Exists(path))
        {
            File.Move(path, path + aside);
        }
    }
}
