using System.Data.Common;
using System.Globalization;
using System.Text;
using Dapper;
using Lab.MedalTally.Tables;
using Lab.Storage.MySql;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Stores;

/// <summary>
/// The board in a MySQL server: a table of rows, read by key; writes that wait share a transaction. One process writes a
/// board: versions are its own.
/// </summary>
internal sealed class MySqlStore : ITallyStore
{
    private const string Schema = "lab_medal_tally";
    private const string Table = Schema + ".board_row";

    /// <summary>The row whose <c>version</c> is the board's.</summary>
    private const string Version = "";

    private readonly DatabasePool _pool;
    private readonly Batcher<TallyWrite, TallyRow> _writes;
    private readonly string _board;

    private MySqlStore(string connectionString, string board, ILogger logger)
    {
        const string Direct = "direct";
        _board = board;
        _pool = new DatabasePool(
            new DatabaseRoutes(new Dictionary<string, string>(StringComparer.Ordinal) { [Direct] = connectionString }, Direct), new DatabasePoolOptions(), logger);
        _writes = new Batcher<TallyWrite, TallyRow>(_pool, new BatchOptions(DatabaseAccess.Write), WriteAsync);
    }

    public UpdateLog Updates { get; } = new();

    /// <summary>Makes what is missing.</summary>
    /// <param name="connectionString">Of the server.</param>
    /// <param name="board">Tells the boards of a server apart.</param>
    /// <param name="logger">Hears of connections that break.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StoreException">The server cannot be used.</exception>
    public static async Task<MySqlStore> OpenAsync(string connectionString, string board, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => Create(connectionString, board), cancellationToken);
        }
        catch (DbException exception)
        {
            throw new StoreException($"the board in MySQL cannot be opened: {exception.Message}", isOutcomeUnknown: false, exception);
        }

        var store = new MySqlStore(connectionString, board, logger);
        store.Updates.StartAfter((await store.ReadBoardAsync(cancellationToken)).Version);
        return store;
    }

    public async ValueTask<TallyRow> ReadAsync(RowKind kind, int index)
    {
        var rows = await RunAsync(_pool.RunAsync(DatabaseAccess.Read, session => SelectAsync(session, "AND name = @name", Name(kind, index))));
        return rows is [var row] ? row : throw new StoreException($"the board in MySQL has lost its row {Name(kind, index)}", isOutcomeUnknown: false);
    }

    public async ValueTask<TallyRow> WriteAsync(TallyWrite write) => await RunAsync(_writes.RunAsync(write));

    public async ValueTask<BoardState> ReadBoardAsync(CancellationToken cancellationToken)
    {
        var rows = await RunAsync(_pool.RunAsync(DatabaseAccess.Read, session => SelectAsync(session, "", Version)));
        return new BoardState(rows.Select(row => row.Version).Append(0).Max(), rows);
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();

    private static async Task<T> RunAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (DatabaseUnavailableException exception)
        {
            throw new StoreException(exception.Message, exception.OutcomeUnknown, exception);
        }
        catch (Exception exception) when (exception is DatabaseOverloadedException or DbException)
        {
            throw new StoreException(exception.Message, isOutcomeUnknown: false, exception);
        }
    }

    /// <summary>
    /// One round trip: all changes, the rows they change as they are then, the commit. What each write made of its row follows
    /// from that, backwards.
    /// </summary>
    private async Task WriteAsync(DatabaseSession session, IReadOnlyList<BatchItem<TallyWrite, TallyRow>> items)
    {
        await using var command = session.Connection.CreateCommand();
        var rows = items.Select(item => (item.Request.Kind, item.Request.Index)).Distinct().ToList();
        var text = new StringBuilder("START TRANSACTION");
        Add(command, "board", _board);
        text.Append(CultureInfo.InvariantCulture, $"; UPDATE {Table} SET version = version + {items.Count} WHERE board = @board AND name = '{Version}'");
        for (var number = 0; number < rows.Count; number++)
        {
            var writes = items.Select(item => item.Request).Where(write => (write.Kind, write.Index) == rows[number]).ToList();
            Add(command, FormattableString.Invariant($"name{number}"), Name(rows[number].Kind, rows[number].Index));
            text.Append(CultureInfo.InvariantCulture, $"; UPDATE {Table} SET {Change(writes)} WHERE board = @board AND name = @name{number}");
        }

        text.Append(CultureInfo.InvariantCulture, $"; SELECT {Columns} FROM {Table} WHERE board = @board AND name IN ('{Version}', {string.Join(", ", rows.Select((_, number) => FormattableString.Invariant($"@name{number}")))})");
        command.CommandText = text.Append("; COMMIT").ToString();
        IReadOnlyList<TallyRow> changed;
        long version;
        await using (var reader = await command.ExecuteReaderAsync())
        {
            (changed, version) = await ReadRowsAsync(reader);

            // Whether it is committed is said by what follows.
            await reader.NextResultAsync();
        }

        Answer(items, changed.ToDictionary(row => (row.Kind, row.Index)), version);
    }

    private void Answer(IReadOnlyList<BatchItem<TallyWrite, TallyRow>> items, Dictionary<(RowKind, int), TallyRow> after, long version)
    {
        var updates = new TallyRow[items.Count];
        for (var number = items.Count - 1; number >= 0; number--)
        {
            var write = items[number].Request;
            var row = after[(write.Kind, write.Index)] with { Version = version - (items.Count - 1 - number) };
            updates[number] = write.Kind == RowKind.Event ? row with { First = write.Rome, Second = write.Gaul } : row;
            items[number].SetResult(updates[number]);
            if (write.Kind == RowKind.Team)
            {
                after[(write.Kind, write.Index)] = row with
                {
                    First = row.First - (write.Medal == Medal.Gold ? 1 : 0),
                    Second = row.Second - (write.Medal == Medal.Silver ? 1 : 0),
                    Third = row.Third - (write.Medal == Medal.Bronze ? 1 : 0),
                };
            }
        }

        if (updates[0].Version != Updates.Last + 1)
        {
            // Writes whose outcome nobody heard of have changed the board meanwhile.
            Updates.StartAfter(updates[0].Version - 1);
        }

        Updates.Add(updates);
    }

    /// <summary>Of one row; its version is the board's by then.</summary>
    private static string Change(List<TallyWrite> writes) => writes[0].Kind == RowKind.Event
        ? FormattableString.Invariant($"first = {writes[^1].Rome}, second = {writes[^1].Gaul}")
        : FormattableString.Invariant($"first = first + {writes.Count(write => write.Medal == Medal.Gold)}, second = second + {writes.Count(write => write.Medal == Medal.Silver)}, third = third + {writes.Count(write => write.Medal == Medal.Bronze)}");

    private async Task<IReadOnlyList<TallyRow>> SelectAsync(DatabaseSession session, string condition, string name)
    {
        await using var command = session.Connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM {Table} WHERE board = @board {condition} ORDER BY name";
        Add(command, "board", _board);
        Add(command, "name", name);
        await using var reader = await command.ExecuteReaderAsync();
        var (rows, version) = await ReadRowsAsync(reader);
        return [.. rows.Select(row => row with { Version = Math.Max(row.Version, version) })];
    }

    /// <returns>The rows of the catalog, and the board's version; 0: that was not asked for.</returns>
    private static async Task<(IReadOnlyList<TallyRow> Rows, long Version)> ReadRowsAsync(DbDataReader reader)
    {
        var (rows, version) = (new List<TallyRow>(), 0L);
        while (await reader.ReadAsync())
        {
            if (ToRow(reader) is { } row)
            {
                rows.Add(row);
            }
            else
            {
                version = reader.GetInt64(4);
            }
        }

        return (rows, version);
    }

    private const string Columns = "name, first, second, third, version";

    /// <returns>Null: it is the row with the board's version, or of no catalog.</returns>
    private static TallyRow? ToRow(DbDataReader reader)
    {
        var name = reader.GetString(0);
        var kind = Catalog.Find(Catalog.Teams, name) >= 0 ? RowKind.Team : RowKind.Event;
        var index = Catalog.Find(kind == RowKind.Team ? Catalog.Teams : Catalog.Events, name);
        return index < 0 ? null : new TallyRow(kind, index, reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
    }

    private static string Name(RowKind kind, int index) => kind == RowKind.Team ? Catalog.Teams[index] : Catalog.Events[index];

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }

    private static void Create(string connectionString, string board)
    {
        using var connection = MySqlDriver.Open(connectionString);
        connection.Execute($"CREATE DATABASE IF NOT EXISTS {Schema}");
        connection.Execute($"""
            CREATE TABLE IF NOT EXISTS {Table} (
                board VARCHAR(64) NOT NULL,
                name VARCHAR(64) NOT NULL,
                first BIGINT NOT NULL DEFAULT 0,
                second BIGINT NOT NULL DEFAULT 0,
                third BIGINT NOT NULL DEFAULT 0,
                version BIGINT NOT NULL DEFAULT 0,
                PRIMARY KEY (board, name)
            ) ENGINE = InnoDB
            """);
        foreach (var name in Catalog.Teams.Concat(Catalog.Events).Append(Version))
        {
            connection.Execute($"INSERT IGNORE INTO {Table} (board, name) VALUES (@board, @name)", new { board, name });
        }
    }
}
