using System.Data.Common;
using System.Net.Sockets;
using Dapper;
using Lab.Storage.MySql;

namespace Lab.TradingPost.Accounts.MySql;

/// <summary>The schema, on a server that other systems may use, too.</summary>
internal static class AccountsTables
{
    private const string Schema = "lab_trading_post";

    private static readonly string[] Statements =
    [
        // The row that fences: whoever appends must find its own term here.
        """
        CREATE TABLE IF NOT EXISTS market (
          name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
          term BIGINT NOT NULL
        ) ENGINE = InnoDB
        """,
        """
        CREATE TABLE IF NOT EXISTS term (
          market VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
          term   BIGINT NOT NULL,
          trader INT NOT NULL,
          PRIMARY KEY (market, term)
        ) ENGINE = InnoDB
        """,
        // What was appended at one time; number counts from 1. Text, because a JSON column would sort the members.
        """
        CREATE TABLE IF NOT EXISTS append (
          market  VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
          number  BIGINT NOT NULL,
          term    BIGINT NOT NULL,
          records LONGTEXT CHARACTER SET utf8mb4 NOT NULL,
          PRIMARY KEY (market, number)
        ) ENGINE = InnoDB
        """,
        // The accounts after the append of that number.
        """
        CREATE TABLE IF NOT EXISTS snapshot (
          market VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
          number BIGINT NOT NULL,
          ledger LONGTEXT CHARACTER SET utf8mb4 NOT NULL,
          PRIMARY KEY (market, number)
        ) ENGINE = InnoDB
        """,
    ];

    /// <summary>A connection to the schema, which is made when it is missing; blocking.</summary>
    /// <exception cref="DbException">The server cannot be reached, or refuses.</exception>
    public static DbConnection Open(string connectionString, string market)
    {
        return Open(connectionString, connection =>
        {
            connection.Execute($"CREATE DATABASE IF NOT EXISTS {Schema}");
            connection.ChangeDatabase(Schema);
            foreach (var statement in Statements)
            {
                connection.Execute(statement);
            }

            connection.Execute("INSERT IGNORE INTO market (name, term) VALUES (@market, 0)", new { market });
        });
    }

    /// <summary>A connection to the schema, which is there; blocking.</summary>
    /// <inheritdoc cref="Open(string, string)"/>
    public static DbConnection OpenAgain(string connectionString) => Open(connectionString, connection => connection.ChangeDatabase(Schema));

    private static DbConnection Open(string connectionString, Action<DbConnection> prepare)
    {
        var connection = MySqlDriver.Open(connectionString);
        try
        {
            prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Removes all that is there of a market.</summary>
    public static void Clear(DbConnection connection, string market, CancellationToken cancellationToken)
    {
        const int RowsAtATime = 10_000;

        // First, so that a trader that is still there is fenced.
        connection.Execute("DELETE FROM market WHERE name = @market", new { market });
        foreach (var table in new[] { "term", "snapshot", "append" })
        {
            while (connection.Execute($"DELETE FROM {table} WHERE market = @market LIMIT {RowsAtATime}", new { market }) == RowsAtATime)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>What the driver throws when a server cannot be used, or a connection breaks: not always what it should.</summary>
    public static bool IsFailure(Exception exception) => exception is DbException or SocketException or TimeoutException;

    public static IOException ToIOException(Exception exception) => new($"the accounts in MySQL: {exception.Message}", exception);
}
