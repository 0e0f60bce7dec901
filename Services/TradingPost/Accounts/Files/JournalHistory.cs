using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>Reads a journal over all its terms.</summary>
internal static class JournalHistory
{
    /// <summary>What the last term left that has begun.</summary>
    /// <param name="folder">The journal.</param>
    /// <param name="highest">Later terms are not looked at; 0: there is nothing.</param>
    /// <param name="logger">Learns of snapshots that cannot be used.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DamagedJournalException">A file is missing or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static (Ledger Ledger, TermBase? Base) ReadLast(
        JournalFolder folder, long highest, ILogger logger, CancellationToken cancellationToken)
    {
        for (var term = highest; term > 0; term--)
        {
            if (TryRead(folder, term, logger, cancellationToken) is { } last)
            {
                return last;
            }
        }

        return (new Ledger(), null);
    }

    /// <summary>What one term left; null: it never began.</summary>
    /// <inheritdoc cref="ReadLast"/>
    public static (Ledger Ledger, TermBase? Base)? TryRead(
        JournalFolder folder, long term, ILogger logger, CancellationToken cancellationToken)
    {
        using var reader = TermReader.TryOpen(folder, term);
        return reader is null
            ? null
            : (reader.Replay(SnapshotFile.TryRead(folder, term, logger), cancellationToken), new TermBase(term, reader.Offset));
    }

    /// <summary>
    /// Everything that ever happened, in order; blocking, as it is asked for. While a market trades, its last lines may turn
    /// out not to have happened: the next trader decides that.
    /// </summary>
    /// <exception cref="DamagedJournalException">A file is missing or damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IEnumerable<JournalEntry> Read(string folder)
    {
        var journal = new JournalFolder(folder);
        foreach (var (term, end) in FindTerms(journal))
        {
            using var reader = OpenBegun(journal, term);
            yield return new JournalEntry(term, reader.Claim.Trader, Record: null);
            while (reader.Offset != end && reader.TryRead(out var records))
            {
                foreach (var record in records)
                {
                    yield return new JournalEntry(term, reader.Claim.Trader, record);
                }
            }

            reader.MustReach(end ?? reader.Confirmed);
        }
    }

    /// <summary>Looks whether every line can be read, without a look at what it says: a million takes a fraction of a second.</summary>
    /// <inheritdoc cref="Read"/>
    public static void Check(string folder, CancellationToken cancellationToken)
    {
        var journal = new JournalFolder(folder);
        foreach (var (term, end) in FindTerms(journal))
        {
            using var reader = OpenBegun(journal, term);
            while (reader.Offset != end && reader.TrySkip())
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            reader.MustReach(end ?? reader.Confirmed);
        }
    }

    /// <summary>From the first term to the last, leaving out those that nobody continued.</summary>
    /// <returns>With each the place in its file, in bytes, up to which it counts; null: to the end.</returns>
    private static Stack<(long Term, long? End)> FindTerms(JournalFolder folder)
    {
        var terms = new Stack<(long Term, long? End)>();
        using (var last = FindLast(folder, folder.HighestTerm()))
        {
            if (last is null)
            {
                return terms;
            }

            terms.Push((last.Claim.Term, null));
            for (var before = last.Claim.Base; before is not null;)
            {
                terms.Push((before.Term, before.Offset));
                using var reader = OpenBegun(folder, before.Term);
                before = reader.Claim.Base;
            }
        }

        return terms;
    }

    private static TermReader OpenBegun(JournalFolder folder, long term) =>
        TermReader.TryOpen(folder, term) ?? throw new DamagedJournalException(folder.Journal(term), 0, "it has lost its first line");

    private static TermReader? FindLast(JournalFolder folder, long highest)
    {
        for (var term = highest; term > 0; term--)
        {
            if (TermReader.TryOpen(folder, term) is { } reader)
            {
                return reader;
            }
        }

        return null;
    }
}
