using System.Data.Common;
using System.Text.Json;
using Dapper;
using Lab.Journal;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Accounts.MySql;

/// <summary>Reads what a market's tables hold.</summary>
internal static class MySqlHistory
{
    /// <summary>The accounts when a term begins, the number of the last append, and how many records the last snapshot has.</summary>
    /// <exception cref="FencedException">A later term has begun, and written.</exception>
    /// <exception cref="IOException">They are damaged.</exception>
    public static (Ledger Ledger, long Number, long SnapshotAt) ReadLast(
        DbConnection connection, string market, long term, ILogger logger, CancellationToken cancellationToken)
    {
        var (ledger, number) = ReadSnapshot(connection, market, logger) ?? (new Ledger(), 0);
        var snapshotAt = ledger.Records;
        ThrowIfLater(ledger.Term);
        try
        {
            foreach (var append in ReadAppends(connection, market, number))
            {
                cancellationToken.ThrowIfCancellationRequested();
                ThrowIfLater(append.Term);
                foreach (var record in append.Parse())
                {
                    ledger.Apply(record, append.Term);
                }

                number = append.Number;
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new IOException($"append {number + 1} of {market} is damaged: {exception.Message}", exception);
        }

        return (ledger, number, snapshotAt);

        void ThrowIfLater(long other)
        {
            if (other > term)
            {
                throw new FencedException($"term {term} of {market} is over: term {other} has begun");
            }
        }
    }

    /// <summary>Everything that ever happened, in order; blocking, as it is asked for.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public static IEnumerable<JournalEntry> Read(string connectionString, string market)
    {
        using var connection = Try(() => AccountsTables.Open(connectionString, market));
        using var appends = ReadAppends(connection, market, after: 0).GetEnumerator();
        var current = (Term: 0L, Trader: 0);
        while (Try(appends.MoveNext))
        {
            var append = appends.Current;
            foreach (var term in TermsUpTo(append.Term))
            {
                current = term;
                yield return new JournalEntry(term.Term, term.Trader, Record: null);
            }

            if (current.Term != append.Term)
            {
                throw new IOException($"append {append.Number} of {market} is of term {append.Term}, which is not there after term {current.Term}");
            }

            foreach (var record in append.Parse())
            {
                yield return new JournalEntry(current.Term, current.Trader, record);
            }
        }

        foreach (var (term, trader) in TermsUpTo(long.MaxValue))
        {
            yield return new JournalEntry(term, trader, Record: null);
        }

        List<(long Term, int Trader)> TermsUpTo(long last) => last == current.Term ? [] : Try(() => connection.Query<(long, int)>(
            "SELECT term, trader FROM term WHERE market = @market AND term > @after AND term <= @last ORDER BY term",
            new { market, after = current.Term, last }).AsList());
    }

    /// <summary>Forgets a market.</summary>
    /// <exception cref="IOException">The server cannot be used.</exception>
    public static void Clear(string connectionString, string market, CancellationToken cancellationToken) => Try(() =>
    {
        using var connection = AccountsTables.Open(connectionString, market);
        AccountsTables.Clear(connection, market, cancellationToken);
        return true;
    });

    private static (Ledger Ledger, long Number)? ReadSnapshot(DbConnection connection, string market, ILogger logger)
    {
        var snapshot = connection.QueryFirstOrDefault<(long Number, string? Ledger)>(
            "SELECT number, ledger FROM snapshot WHERE market = @market ORDER BY number DESC LIMIT 1", new { market });
        if (snapshot.Ledger is null)
        {
            return null;
        }

        try
        {
            return (Ledger.FromSnapshot(System.Text.Encoding.UTF8.GetBytes(snapshot.Ledger)), snapshot.Number);
        }
        catch (FormatException exception)
        {
            // The appends have everything, too.
            logger.LogWarning("the snapshot of {Market} cannot be used: {Reason}", market, exception.Message);
            return null;
        }
    }

    /// <summary>In pages, so that a long history needs little memory and no long query.</summary>
    private static IEnumerable<AppendRow> ReadAppends(DbConnection connection, string market, long after)
    {
        const int RowsAtATime = 1_000;
        const string Query = $"""
            SELECT number AS {nameof(AppendRow.Number)}, term AS {nameof(AppendRow.Term)}, records AS {nameof(AppendRow.Records)}
            FROM append WHERE market = @market AND number > @after ORDER BY number LIMIT @limit
            """;
        for (var rows = RowsAtATime; rows == RowsAtATime;)
        {
            rows = 0;
            foreach (var row in connection.Query<AppendRow>(Query, new { market, after, limit = RowsAtATime }))
            {
                if (row.Number != after + 1)
                {
                    throw new IOException($"append {after + 1} of {market} is missing");
                }

                yield return row;
                after = row.Number;
                rows++;
            }
        }
    }

    private static T Try<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (AccountsTables.IsFailure(exception))
        {
            throw AccountsTables.ToIOException(exception);
        }
    }

    private sealed record AppendRow(long Number, long Term, string Records)
    {
        public IReadOnlyList<AccountRecord> Parse()
        {
            try
            {
                return JsonSerializer.Deserialize(Records, AccountsJson.Default.IReadOnlyListAccountRecord) ?? throw new JsonException("it is null");
            }
            catch (JsonException exception)
            {
                throw new IOException($"append {Number} is damaged: {exception.Message}", exception);
            }
        }
    }
}
