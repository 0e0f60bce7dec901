using System.Data.Common;
#if LAB_FEED_FULL
using MySqlConnector;
#else
using System.Collections;
using System.Reflection;
using MySql.Data.MySqlClient;
#endif

namespace Lab.Storage.MySql;

/// <summary>The only file that names the MySQL driver; everything else works with System.Data.Common.</summary>
public static class MySqlDriver
{
    private const int DuplicateKey = 1062;
    private const int LockWaitTimeout = 1205;
    private const int Deadlock = 1213;

    public static string Name => DriverVersion.Describe(typeof(MySqlConnection));

#if !LAB_FEED_FULL
    static MySqlDriver() => LearnCharacterSetAlias();

    /// <summary>
    /// This driver does not know that today's servers call <c>utf8</c> <c>utf8mb3</c>, and fails on the first result
    /// that says so (server metadata). Its internal map learns the alias here, once.
    /// </summary>
    private static void LearnCharacterSetAlias()
    {
        const BindingFlags Internal = BindingFlags.Static | BindingFlags.NonPublic;
        var map = typeof(MySqlConnection).Assembly.GetType("MySql.Data.MySqlClient.CharSetMap");
        map?.GetMethod("InitializeMapping", Internal)?.Invoke(null, null);
        if (map?.GetField("_mapping", Internal)?.GetValue(null) is IDictionary names)
        {
            names["utf8mb3"] = names["utf8"];
        }
    }

    /// <summary>
    /// This driver asks the kernel twice for every row: for its length, then for so many bytes. A buffer between the two
    /// reads what has come at once. Where its fields are called otherwise, it stays as slow as it is.
    /// </summary>
    private static void BufferReads(MySqlConnection connection)
    {
        const int BufferBytes = 16 * 1024;
        var stream = Field(Field(Field(connection, "driver"), "handler"), "stream");
        var input = FieldInfo(stream, "inStream");
        if (input?.GetValue(stream) is Stream unbuffered)
        {
            input.SetValue(stream, new BufferedStream(unbuffered, BufferBytes));
        }
    }

    private static object? Field(object? owner, string name) => FieldInfo(owner, name)?.GetValue(owner);

    private static FieldInfo? FieldInfo(object? owner, string name)
    {
        for (var type = owner?.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic) is { } field)
            {
                return field;
            }
        }

        return null;
    }
#endif

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
#if !LAB_FEED_FULL
            BufferReads(connection);
#endif
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
