using System.Data.Common;
using System.Net;
using Dapper;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Running;
using Lab.Harness.Verdicts;
using Lab.Storage.MySql;
using Lab.Topology.Systems;
using Lab.Transport;

namespace Lab.Harness.Systems.Calibration;

/// <summary>
/// What the machine gives without the system under test, by the same driver at the same concurrency: a TCP round trip, a GET, a
/// SELECT by primary key, a durable INSERT of one row.
/// </summary>
public sealed class CalibrationScenario(LabControl lab, long seed) : IScenario
{
    public string System => CalibrationTopology.Name;

    public int Concurrency(Cell cell) => cell.Number(CalibrationModule.Clients);

    public string PopulationKey(Cell cell) => $"{cell.Operation} by {cell.Number(CalibrationModule.Clients)}";

    public async Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken)
    {
        var database = lab.Endpoints.Databases[CalibrationTopology.Database];
        var http = new Uri($"http://{lab.Endpoints.Services[CalibrationTopology.HttpServer].Endpoints[CalibrationTopology.ClientEndpoint]}/");
        var echo = Addresses.Parse(lab.Endpoints.Services[CalibrationTopology.EchoServer].Endpoints[CalibrationTopology.ClientEndpoint]);
        if (cell.Operation is CalibrationModule.Select or CalibrationModule.Insert)
        {
            await Task.Run(() => CalibrationTable.Create(database), cancellationToken);
        }

        return new CalibrationPopulation(lab, [.. Enumerable.Range(0, cell.Number(CalibrationModule.Clients)).Select(index => NewClient(cell, index, database, echo, http))]);
    }

    private LoadClient NewClient(Cell cell, int index, string database, DnsEndPoint echo, Uri http) => cell.Operation switch
    {
        CalibrationModule.RoundTrip => new EchoClient(index, echo),
        CalibrationModule.HttpGet => new ConstantReader(index, http),
        CalibrationModule.Select => new RowReader(index, database, WorkloadSeed.For(seed, CalibrationModule.Select, index)),
        CalibrationModule.Insert => new RowWriter(index, database),
        _ => throw new NotSupportedException($"calibration has no operation '{cell.Operation}'"),
    };

    private sealed class CalibrationPopulation(LabControl lab, IReadOnlyList<LoadClient> clients) : IPopulation
    {
        /// <summary>No factor concerns a calibration; but what has crashed must be there again.</summary>
        public Task ApplyAsync(Cell cell, CancellationToken cancellationToken) => cell.Operation switch
        {
            CalibrationModule.RoundTrip => lab.WaitUntilHealthyAsync(CalibrationTopology.EchoServer, cancellationToken),
            CalibrationModule.HttpGet => lab.WaitUntilHealthyAsync(CalibrationTopology.HttpServer, cancellationToken),
            _ => lab.WaitForDatabaseAsync(CalibrationTopology.Database, cancellationToken),
        };

        public ILoad Load(Cell cell) => new ClosedLoop(clients);

        public Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyDictionary<Cell, VerdictResult>>(
                cells.ToDictionary(cell => cell, _ => VerdictResult.Kept("every answer was checked by its client")));

        public async ValueTask DisposeAsync()
        {
            foreach (var client in clients)
            {
                await (client is IAsyncDisposable open ? open.DisposeAsync() : default);
                (client as IDisposable)?.Dispose();
            }
        }
    }
}

/// <summary>A table of its own schema, which no system sees.</summary>
internal static class CalibrationTable
{
    public const string Name = "lab_calibration.sample";
    public const int Rows = 1000;

    public static void Create(string connectionString)
    {
        using var connection = MySqlDriver.Open(connectionString);
        connection.Execute("CREATE DATABASE IF NOT EXISTS lab_calibration");
        connection.Execute($"CREATE TABLE IF NOT EXISTS {Name} (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, payload VARCHAR(64) NOT NULL) ENGINE = InnoDB");
        if (connection.ExecuteScalar<long>($"SELECT COUNT(*) FROM {Name}") < Rows)
        {
            var values = string.Join(',', Enumerable.Range(1, Rows).Select(id => $"({id},'{PayloadOf(id)}')"));
            connection.Execute($"REPLACE INTO {Name} (id, payload) VALUES {values}");
        }
    }

    public static string PayloadOf(long id) => $"row number {id}";
}

/// <summary>A client with a connection of its own, blocking: the shortest way from the driver to the database.</summary>
internal abstract class DatabaseClient(int index, string connectionString) : LoadClient(index), IAsyncDisposable
{
    private DbCommand? _command;
    private bool _isLost;

    public sealed override bool Blocks => true;

    public sealed override async ValueTask ReadyAsync(CancellationToken cancellationToken)
    {
        if (_isLost)
        {
            Close();
        }

        // A thread of its own: a hundred blocking openings would leave the driver no pool thread to finish them on.
        _command ??= await Task.Factory.StartNew(
            () => Prepare(MySqlDriver.Open(connectionString)), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public sealed override ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        try
        {
            Operate(_command ?? throw new IOException("there is no connection"));
        }
        catch (Exception exception) when (exception is DbException or IOException or InvalidOperationException)
        {
            // Whatever it was, the connection's state is not known any more.
            _isLost = true;
            throw;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private void Close()
    {
        _command?.Connection?.Dispose();
        _command?.Dispose();
        (_command, _isLost) = (null, false);
    }

    protected abstract DbCommand Prepare(DbConnection connection);

    protected abstract void Operate(DbCommand command);

    protected static DbCommand Prepare(DbConnection connection, string sql, object parameterValue)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@value";
        parameter.Value = parameterValue;
        command.Parameters.Add(parameter);
        command.Prepare();
        return command;
    }
}

/// <summary>SELECT by primary key.</summary>
internal sealed class RowReader(int index, string connectionString, Random random) : DatabaseClient(index, connectionString)
{
    protected override DbCommand Prepare(DbConnection connection) =>
        Prepare(connection, $"SELECT id, payload FROM {CalibrationTable.Name} WHERE id = @value", 1L);

    protected override void Operate(DbCommand command)
    {
        var id = (long)random.Next(1, CalibrationTable.Rows + 1);
        command.Parameters[0].Value = id;
        using var reader = command.ExecuteReader();
        if (!reader.Read() || reader.GetInt64(0) != id || reader.GetString(1) != CalibrationTable.PayloadOf(id))
        {
            throw new WrongAnswerException($"row {id} was not found");
        }
    }
}

/// <summary>INSERT of one row; durable when it returns.</summary>
internal sealed class RowWriter(int index, string connectionString) : DatabaseClient(index, connectionString)
{
    protected override DbCommand Prepare(DbConnection connection) =>
        Prepare(connection, $"INSERT INTO {CalibrationTable.Name} (payload) VALUES (@value)", "");

    protected override void Operate(DbCommand command)
    {
        command.Parameters[0].Value = "a row that is written under load";
        if (command.ExecuteNonQuery() != 1)
        {
            throw new WrongAnswerException("the row was not inserted");
        }
    }
}
