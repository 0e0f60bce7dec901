using System.Collections.Concurrent;
using System.Data.Common;
using MySqlConnector;

namespace Lab.Storage.MySql;

/// <summary>
/// The only file that works with the MySQL driver; everything else works with System.Data.Common. (Under which name it tells of
/// itself stands in ServiceDefaults.)
/// </summary>
public static class MySqlDriver
{
    private const int DuplicateKey = 1062;
    private const int LockWaitTimeout = 1205;
    private const int Deadlock = 1213;

    public static string Name => DriverVersion.Describe(typeof(MySqlConnection));

    private static readonly ConcurrentDictionary<(string ConnectionString, int Size), string> PooledStrings = new();

    /// <summary>Why something is no connection string, or null. The reason repeats no secret.</summary>
    public static string? WhyNot(string connectionString)
    {
        try
        {
            return new MySqlConnectionStringBuilder(connectionString).Server.Length > 0 ? null : "it names no server";
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Opens a connection of its own; blocking.</summary>
    /// <exception cref="DbException">The server cannot be reached or refuses the login.</exception>
    public static DbConnection Open(string connectionString)
    {
        var connection = new MySqlConnection(new MySqlConnectionStringBuilder(Complete(connectionString)) { Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A connection of the driver's pool, which keeps so many; not yet open.</summary>
    internal static DbConnection Pooled(string connectionString, int size) => new MySqlConnection(PooledString(connectionString, size));

    /// <summary>Closes a connection that is in doubt, and those of its pool: what has befallen it may have befallen them.</summary>
    internal static async Task CloseAsync(DbConnection connection)
    {
        await MySqlConnection.ClearPoolAsync((MySqlConnection)connection);
        await connection.CloseAsync();
    }

    /// <summary>Closes what a pool keeps.</summary>
    internal static async Task ClosePoolAsync(string connectionString, int size)
    {
        await using var connection = Pooled(connectionString, size);
        await CloseAsync(connection);
    }

    /// <summary>Jobs leave their connections clean, so the driver need not ask the server for that before every use.</summary>
    private static string PooledString(string connectionString, int size) => PooledStrings.GetOrAdd((connectionString, size), static given =>
    {
        var settings = new MySqlConnectionStringBuilder(Complete(given.ConnectionString))
        {
            MaximumPoolSize = (uint)given.Size,
            ConnectionReset = false,
        };
        // The pool's name among the driver's metrics; otherwise it would be the whole connection string.
        settings.ApplicationName = $"{settings.Server}:{settings.Port}";
        return settings.ConnectionString;
    });

    private static string Complete(string connectionString) => new MySqlConnectionStringBuilder(connectionString)
    {
        AllowUserVariables = true,
        AllowPublicKeyRetrieval = true,
        ConnectionTimeout = 3,
        DefaultCommandTimeout = 10,
        CharacterSet = "utf8mb4",
    }.ConnectionString;

    /// <summary>A unique key refused a row.</summary>
    public static bool IsDuplicateKey(Exception exception) =>
        exception is MySqlException { Number: DuplicateKey };

    /// <summary>The server rolled the transaction back in favour of another one: doing it again may succeed.</summary>
    public static bool IsTransient(Exception exception) =>
        exception is MySqlException { Number: Deadlock or LockWaitTimeout };

    /// <summary>The server understood the statement and refused it: the connection is sound, nothing is in doubt.</summary>
    public static bool IsRefusedByServer(Exception exception) =>
        exception is MySqlException
        {
            Number: >= 1000 and < 2000 and not ServerShutdown and not NormalShutdown and not AbortingConnection,
        };

    private const int ServerShutdown = 1053;
    private const int NormalShutdown = 1077;
    private const int AbortingConnection = 1152;
}
