namespace Lab.Harness.Load;

/// <summary>
/// One client of the load: does operation after operation, each when the one before is answered. Throws when an
/// operation is refused, fails, or is answered wrongly.
/// </summary>
/// <param name="index">Which client it is, from 0.</param>
public abstract class LoadClient(int index)
{
    public int Index { get; } = index;

    /// <summary>Its operations block, so that it needs a thread of its own.</summary>
    public virtual bool Blocks => false;

    /// <summary>Id of the request that the last operation made; 0 where requests have none.</summary>
    public virtual long LastRequestId => 0;

    /// <summary>
    /// Connects, if it is not connected, or not any more; called before the clients start together, and when a connection is lost.
    /// Without it, operations connect by themselves.
    /// </summary>
    public virtual ValueTask ReadyAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>One operation, from sending to the checked answer.</summary>
    public abstract ValueTask OperateAsync(CancellationToken cancellationToken);
}

/// <summary>The system answered, but not what it must answer.</summary>
public sealed class WrongAnswerException(string message) : Exception(message);
