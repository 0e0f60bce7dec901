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
    /// <exception cref="IOException">A file is missing, cannot be read or is damaged.</exception>
    public static (Ledger Ledger, TermBase? Base) ReadLast(
        JournalFolder folder, long highest, ILogger logger, CancellationToken cancellationToken)
    {
        using var last = FindLast(folder, highest);
        if (last is null)
        {
            return (new Ledger(), null);
        }

        var ledger = last.Replay(SnapshotFile.TryRead(folder, last.Claim.Term, logger), cancellationToken);
        return (ledger, new TermBase(last.Claim.Term, last.Offset));
    }

    /// <summary>
    /// Everything that ever happened, in order; blocking, as it is asked for. While a market trades, its last lines may turn
    /// out not to have happened: the next trader decides that.
    /// </summary>
    /// <exception cref="IOException">A file is missing, cannot be read or is damaged.</exception>
    public static IEnumerable<JournalEntry> Read(string folder)
    {
        var journal = new JournalFolder(folder);
        foreach (var (term, end) in FindTerms(journal))
        {
            using var reader = TermReader.TryOpen(journal, term) ?? throw new IOException($"{journal.Journal(term)} has lost its first line");
            yield return new JournalEntry(term, reader.Claim.Trader, Record: null);
            while (reader.Offset != end && reader.TryRead(out var records))
            {
                foreach (var record in records)
                {
                    yield return new JournalEntry(term, reader.Claim.Trader, record);
                }
            }

            if (end is { } must && reader.Offset != must)
            {
                throw new IOException($"{journal.Journal(term)} is damaged at byte {reader.Offset}: a later term says that it is whole up to byte {must}");
            }
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
                using var reader = TermReader.TryOpen(folder, before.Term)
                    ?? throw new IOException($"{folder.Journal(before.Term)} has lost its first line");
                before = reader.Claim.Base;
            }
        }

        return terms;
    }

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
