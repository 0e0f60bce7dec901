using System.Data;
using System.Data.Common;

namespace Lab.Storage.MySql;

/// <summary>A worker's connection: opened when needed, changed with the route, undone and dropped after failures.</summary>
internal sealed class WorkerSession(DatabaseRoutes routes) : IDisposable
{
    /// <summary>After a pause the server may be another one than before: a write must not find that out.</summary>
    private static readonly TimeSpan TrustedPause = TimeSpan.FromSeconds(1);

    private DbConnection? _connection;
    private string? _route;
    private long _usedMs;

    public DbConnection Connection => _connection ?? throw new InvalidOperationException("not connected");

    /// <summary>Connected by the route of the moment; asks the server first when the connection has not been used for a while.</summary>
    public bool IsReady()
    {
        var nowMs = Environment.TickCount64;
        var isFresh = nowMs - _usedMs < TrustedPause.TotalMilliseconds;
        _usedMs = nowMs;
        return _connection is { State: ConnectionState.Open } && ReferenceEquals(_route, routes.Current) && (isFresh || TryExecute("DO 0"));
    }

    public void Connect()
    {
        Drop();
        var route = routes.Current;
        _connection = MySqlDriver.Open(routes.ConnectionString(route));
        _route = route;
    }

    /// <summary>Undoes whatever a failed job left open.</summary>
    /// <returns>False when the connection is lost.</returns>
    public bool Recover(Exception exception)
    {
        if (exception is DbException && !MySqlDriver.IsRefusedByServer(exception))
        {
            Drop();
            return false;
        }

        return TryExecute("ROLLBACK");
    }

    public void Dispose() => Drop();

    private bool TryExecute(string statement)
    {
        try
        {
            using var command = Connection.CreateCommand();
            command.CommandText = statement;
            command.ExecuteNonQuery();
            return true;
        }
        catch (Exception)
        {
            // A connection that cannot even do that is of no use; the server undoes what was open when it ends.
            Drop();
            return false;
        }
    }

    private void Drop()
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
}
