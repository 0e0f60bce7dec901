using System.Data.Common;
using System.Text.Json;
using Dapper;
using Lab.Journal;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Accounts.MySql;

/// <summary>Accounts in a MySQL server that all peers can reach (<c>docs/journal.md</c>).</summary>
/// <param name="connectionString">Of the server.</param>
/// <param name="market">Tells the markets of a server apart.</param>
/// <param name="snapshotEvery">Records between two snapshots.</param>
/// <param name="logger">Learns of what costs time but loses nothing.</param>
/// <remarks>
/// Claim and append are one packet each, with the commit: a peer that is stopped in the middle of a call holds no lock, since
/// the server ends the transaction without it.
/// </remarks>
public sealed class MySqlAccounts(string connectionString, string market, int snapshotEvery, ILogger logger) : AccountsStore
{
    private const string TakeTerm = """
        DO LAST_INSERT_ID(0);
        START TRANSACTION;
        UPDATE market SET term = LAST_INSERT_ID(term + 1) WHERE name = @market;
        INSERT INTO term (market, term, trader) SELECT name, term, @trader FROM market WHERE name = @market;
        COMMIT;
        SELECT LAST_INSERT_ID()
        """;

    /// <summary>A transaction of its own. A claim waits for the lock until the row is durable, and so reads it.</summary>
    private const string AppendIfNotFenced = """
        INSERT INTO append (market, number, term, records)
        SELECT name, @number, term, @records FROM market WHERE name = @market AND term = @term LOCK IN SHARE MODE
        """;

    private DbConnection? _connection;
    private DurableState<Ledger, AccountRecord>? _ledger;
    private long _term;
    private long _number;

    protected override void Prepare() => _connection ??= AccountsTables.Open(connectionString, market);

    protected override ClaimedAccounts Claim(int trader, CancellationToken cancellationToken)
    {
        if (_connection is not null)
        {
            try
            {
                return Claim(_connection, trader, cancellationToken);
            }
            catch (Exception exception) when (exception is not FencedException && !cancellationToken.IsCancellationRequested)
            {
                // It was opened long ago, perhaps to a server that has been restarted since.
                logger.LogInformation("connecting to the accounts again: {Reason}", exception.Message);
                Disconnect();
            }
        }

        _connection = AccountsTables.Open(connectionString, market);
        try
        {
            return Claim(_connection, trader, cancellationToken);
        }
        catch
        {
            Disconnect();
            throw;
        }
    }

    private ClaimedAccounts Claim(DbConnection connection, int trader, CancellationToken cancellationToken)
    {
        var term = connection.ExecuteScalar<long>(TakeTerm, new { market, trader });
        if (term < 1)
        {
            throw new IOException($"there is no {market} among the markets: it was removed");
        }

        var (ledger, number, snapshotAt) = MySqlHistory.ReadLast(connection, market, term, logger, cancellationToken);
        _ledger = new DurableState<Ledger, AccountRecord>(
            Ledger.FromSnapshot(ledger.ToSnapshot()), term, snapshotEvery, WriteSnapshot, logger, ledger.Records - snapshotAt);
        (_term, _number) = (term, number);
        return new ClaimedAccounts(term, ledger);
    }

    protected override bool WasGiven(long term, int? trader)
    {
        Prepare();
        try
        {
            return _connection!.ExecuteScalar<int?>("SELECT trader FROM term WHERE market = @market AND term = @term", new { market, term }) is { } given
                && given == (trader ?? given);
        }
        catch
        {
            // A term that is held goes with its connection: its next append fails, and a claim connects again.
            Disconnect();
            throw;
        }
    }

    protected override void Append(IReadOnlyList<AccountRecord> records)
    {
        if (_ledger is null || _connection is null)
        {
            throw new IOException("no term is held: claim one first");
        }

        try
        {
            foreach (var record in records)
            {
                _ledger.Apply(record);
            }
        }
        catch
        {
            GiveUp();
            throw;
        }

        var row = new
        {
            market,
            number = _number + 1,
            term = _term,
            records = JsonSerializer.Serialize(records, AccountsJson.Default.IReadOnlyListAccountRecord),
        };
        try
        {
            if (_connection.Execute(AppendIfNotFenced, row) == 0)
            {
                throw new FencedException($"term {_term} of {market} is over");
            }
        }
        catch (FencedException)
        {
            GiveUp();
            throw;
        }
        catch (Exception exception)
        {
            // Whatever it is: the packet may have arrived.
            GiveUp();
            Disconnect();
            throw ToIOException(exception);
        }

        _number++;
        _ledger.Written(_number);
    }

    /// <summary>On a connection of its own, beside the appends.</summary>
    private void WriteSnapshot(long number, byte[] ledger)
    {
        using var connection = AccountsTables.OpenAgain(connectionString);
        connection.Execute(
            "INSERT IGNORE INTO snapshot (market, number, ledger) VALUES (@market, @number, @ledger)",
            new { market, number, ledger = System.Text.Encoding.UTF8.GetString(ledger) });
        connection.Execute("DELETE FROM snapshot WHERE market = @market AND number < @number", new { market, number });
    }

    protected override void GiveUp()
    {
        _ledger?.Finish();
        _ledger = null;
    }

    protected override void Close()
    {
        GiveUp();
        Disconnect();
    }

    private void Disconnect()
    {
        try
        {
            _connection?.Dispose();
        }
        catch (Exception)
        {
            // Saying goodbye over a broken connection may fail; it is dropped all the same.
        }

        _connection = null;
    }

    protected override bool IsFailure(Exception exception) => AccountsTables.IsFailure(exception);

    protected override IOException ToIOException(Exception exception) => AccountsTables.ToIOException(exception);
}
