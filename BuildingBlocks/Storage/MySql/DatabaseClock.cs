using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lab.Telemetry.Requests;

namespace Lab.Storage.MySql;

/// <summary>A request that waits for the database, when it is traced.</summary>
internal readonly struct RequestWait
{
    private RequestWait(RequestTrace request) => (Request, SinceTimestamp) = (request, Stopwatch.GetTimestamp());

    public RequestTrace? Request { get; }

    public long SinceTimestamp { get; }

    public bool IsTraced => Request is not null;

    /// <summary>Of the request that the caller works for.</summary>
    public static RequestWait Begin() => RequestTrace.Current is { } request ? new RequestWait(request) : default;
}

/// <summary>
/// Tells traced requests how long they waited for a connection, and how long the database worked for them. Runs only when
/// a job has such a request.
/// </summary>
internal readonly struct DatabaseClock
{
    [ThreadStatic]
    private static bool _isRunning;

    [ThreadStatic]
    private static long _commitTicks;

    private readonly long _started;
    private readonly long _ended;
    private readonly long _commit;

    private DatabaseClock(long started, long ended, long commit) => (_started, _ended, _commit) = (started, ended, commit);

    /// <summary>The worker of this thread executes a job with a traced request.</summary>
    public static bool IsRunning => _isRunning;

    public static DatabaseClock Start(bool isTraced)
    {
        _isRunning = isTraced;
        _commitTicks = 0;
        return isTraced ? new DatabaseClock(Stopwatch.GetTimestamp(), 0, 0) : default;
    }

    /// <summary>Adds the time of a commit to that of the job.</summary>
    public static void AddCommit(TimeSpan duration) => _commitTicks += (long)(duration.TotalSeconds * Stopwatch.Frequency);

    public DatabaseClock Stop()
    {
        _isRunning = false;
        return _started == 0 ? default : new DatabaseClock(_started, Stopwatch.GetTimestamp(), _commitTicks);
    }

    /// <summary>The commit is the end of what the database did.</summary>
    /// <param name="wait">A request of the job.</param>
    /// <param name="sharedBy">Requests of the job.</param>
    public void Note(RequestWait wait, int sharedBy)
    {
        if (wait.Request is not { } request || _started == 0)
        {
            return;
        }

        request.Add(RequestStage.Queue, wait.SinceTimestamp, _started);
        request.Add(RequestStage.Database, _started, _ended - _commit, sharedBy);
        if (_commit > 0)
        {
            request.Add(RequestStage.Commit, _ended - _commit, _ended, sharedBy);
        }
    }
}

/// <summary>Ends transactions; with a traced request, their commits are timed.</summary>
public static class Commits
{
    /// <summary>
    /// By the server's clock: statements and commit travel in one round trip, and asking for the commit by itself would cost
    /// another one.
    /// </summary>
    private const string Timed =
        "; SET @lab_commit = SYSDATE(6); COMMIT; SELECT TIMESTAMPDIFF(MICROSECOND, @lab_commit, SYSDATE(6))";

    /// <summary>Executes statements that begin with START TRANSACTION, and commits, in one round trip.</summary>
    /// <param name="command">Holds the statements' parameters.</param>
    /// <param name="statements">Separated by semicolons, none at the end.</param>
    public static void ExecuteAndCommit(this DbCommand command, StringBuilder statements)
    {
        if (DatabaseClock.IsRunning)
        {
            command.CommandText = statements.Append(Timed).ToString();
            DatabaseClock.AddCommit(TimeSpan.FromMicroseconds(Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture)));
        }
        else
        {
            command.CommandText = statements.Append("; COMMIT").ToString();
            command.ExecuteNonQuery();
        }
    }

    /// <summary>Commits what earlier statements of the connection began.</summary>
    public static void Commit(this DbConnection connection)
    {
        var begun = Stopwatch.GetTimestamp();
        using var command = connection.CreateCommand();
        command.CommandText = "COMMIT";
        command.ExecuteNonQuery();
        DatabaseClock.AddCommit(Stopwatch.GetElapsedTime(begun));
    }
}
