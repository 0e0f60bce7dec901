using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lab.Telemetry.Requests;

namespace Lab.Storage.MySql;

/// <summary>
/// A connection while a job has it. With a traced request, it times the job, and apart from the rest its commits; what the
/// driver does meanwhile stands below the request's span of it.
/// </summary>
public sealed class DatabaseSession
{
    /// <summary>
    /// By the server's clock: statements and commit travel in one round trip, and asking for the commit by itself would cost
    /// another one.
    /// </summary>
    private const string TimedCommit =
        "; SET @lab_commit = SYSDATE(6); COMMIT; SELECT TIMESTAMPDIFF(MICROSECOND, @lab_commit, SYSDATE(6))";

    private long _startedTimestamp;
    private long _commitTicks;
    private Activity? _span;

    internal DatabaseSession(DbConnection connection) => Connection = connection;

    /// <summary>For the time of the job.</summary>
    public DbConnection Connection { get; }

    private bool IsTimed => _startedTimestamp != 0;

    /// <summary>Executes statements that begin with START TRANSACTION, and commits, in one round trip.</summary>
    /// <param name="command">Holds the statements' parameters.</param>
    /// <param name="statements">Separated by semicolons, none at the end.</param>
    public async Task ExecuteAndCommitAsync(DbCommand command, StringBuilder statements)
    {
        if (!IsTimed)
        {
            command.CommandText = statements.Append("; COMMIT").ToString();
            await command.ExecuteNonQueryAsync();
            return;
        }

        command.CommandText = statements.Append(TimedCommit).ToString();
        var commit = TimeSpan.FromMicroseconds(Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture));
        _commitTicks += (long)(commit.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>Commits what earlier statements of the job began.</summary>
    public async Task CommitAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        await ExecuteAsync("COMMIT");
        _commitTicks += Stopwatch.GetTimestamp() - begun;
    }

    /// <summary>Undoes what earlier statements of the job began.</summary>
    public Task RollBackAsync() => ExecuteAsync("ROLLBACK");

    internal async Task ExecuteAsync(string statement)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The work for a traced request begins.</summary>
    /// <param name="request">Of several, one that becomes a trace.</param>
    internal void StartClock(RequestTrace request)
    {
        _span = request.Begin(RequestStage.Database);
        (_startedTimestamp, _commitTicks) = (Stopwatch.GetTimestamp(), 0);
    }

    /// <returns>What the job took; nothing when its clock was not started.</returns>
    internal DatabaseTimes StopClock() => IsTimed ? new DatabaseTimes(_startedTimestamp, Stopwatch.GetTimestamp(), _commitTicks, _span) : default;

    /// <summary>The job has failed: nobody will ask for its times.</summary>
    internal void AbandonClock()
    {
        _span?.SetStatus(ActivityStatusCode.Error);
        _span?.Stop();
    }
}

/// <summary>When a job was done, in timestamps; the commit is the end of it.</summary>
/// <param name="StartedTimestamp">Of the job.</param>
/// <param name="EndedTimestamp">Likewise.</param>
/// <param name="CommitTicks">What of it was the commit.</param>
/// <param name="Span">Of the request for which the clock was started, where that becomes a trace.</param>
internal readonly record struct DatabaseTimes(long StartedTimestamp, long EndedTimestamp, long CommitTicks, Activity? Span);
