using System.Data.Common;
using MySqlConnector;

namespace Lab.Storage.MySql;

/// <summary>The only file that names the MySQL driver; everything else works with System.Data.Common.</summary>
public static class MySqlDriver
{
    private const int DuplicateKey = 1062;
    private const int LockWaitTimeout = 1205;
    private const int Deadlock = 1213;

    public static string Name => DriverVersion.Describe(typeof(MySqlConnection));

    /// <summary>Connections are held by workers for their whole life, so the driver's own pool is off.</summary>
    private static string Complete(string connectionString) => new MySqlConnectionStringBuilder(connectionString)
    {
        Pooling = false,
        AllowUserVariables = true,
        AllowPublicKeyRetrieval = true,
        ConnectionTimeout = 3,
        DefaultCommandTimeout = 10,
        CharacterSet = "utf8mb4",
    }.ConnectionString;

    /// <summary>Opens a connection of its own; blocking.</summary>
    /// <exception cref="DbException">The server cannot be reached or refuses the login.</exception>
    public static DbConnection Open(string connectionString)
    {
        var connection = new MySqlConnection(Complete(connectionString));
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
