using System.Data.Common;

namespace Lab.Storage.MySql;

/// <summary>What a job does decides what a broken connection means for it.</summary>
public enum DatabaseAccess
{
    /// <summary>Can be done again.</summary>
    Read,

    /// <summary>May have been done when its connection breaks.</summary>
    Write,
}

/// <summary>Blocking work on one connection.</summary>
internal abstract class DatabaseJob(DatabaseAccess access)
{
    public DatabaseAccess Access { get; } = access;

    public long EnqueuedMs { get; protected set; } = Environment.TickCount64;

    /// <summary>May run more than once (deadlock, lost connection of a read); publishes its results last.</summary>
    public abstract void Execute(DbConnection connection);

    public abstract void Fail(Exception reason);
}

/// <summary>One request's work.</summary>
internal sealed class SingleJob<TResult>(DatabaseAccess access, Func<DbConnection, TResult> work) : DatabaseJob(access)
{
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestWait _wait = RequestWait.Begin();

    public Task<TResult> Task => _result.Task;

    public override void Execute(DbConnection connection)
    {
        var clock = DatabaseClock.Start(_wait.IsTraced);
        var result = work(connection);
        clock.Stop().Note(_wait, sharedBy: 1);
        _result.SetResult(result);
    }

    public override void Fail(Exception reason) => _result.SetException(reason);
}
