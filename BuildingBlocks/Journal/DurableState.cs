using Microsoft.Extensions.Logging;

namespace Lab.Journal;

/// <summary>
/// A second copy of a state beside the one that is worked with: holds exactly what is durable, refuses records that could not
/// be read back, and is written down now and then so that whoever comes next has little to replay.
/// </summary>
/// <param name="state">When the segment begins; its own.</param>
/// <param name="segment">The writer's.</param>
/// <param name="every">Records between two snapshots.</param>
/// <param name="write">Makes a snapshot durable: where the journal goes on after it, and the state. Blocking.</param>
/// <param name="logger">Learns of snapshots that failed.</param>
/// <param name="sinceSnapshot">Records since the last snapshot.</param>
public sealed class DurableState<TState, TRecord>(TState state, long segment, int every, Action<long, byte[]> write, ILogger logger, long sinceSnapshot = 0)
    where TState : class, IJournalState<TState, TRecord>, new()
{
    private Task _writing = Task.CompletedTask;

    private long _sinceSnapshot = sinceSnapshot;

    /// <summary>As of the records that were applied last.</summary>
    internal TState State => state;

    /// <summary>Before a record is written. When the records cannot be written then, this state is of no more use.</summary>
    /// <exception cref="InvalidOperationException">The record cannot follow what is there.</exception>
    public void Apply(TRecord record)
    {
        state.Apply(record, segment);
        _sinceSnapshot++;
    }

    /// <summary>
    /// After records are durable, and their writer was not fenced. Writes a snapshot when it is time, beside the appends that
    /// follow; when one is still being written, later.
    /// </summary>
    /// <param name="position">Where the journal goes on after the records.</param>
    public void Written(long position)
    {
        if (_sinceSnapshot < every || !_writing.IsCompleted)
        {
            return;
        }

        var snapshot = state.ToSnapshot();
        _sinceSnapshot = 0;
        _writing = Task.Run(() => Write(position, snapshot));
    }

    /// <summary>Waits for the snapshot under way; blocking.</summary>
    public void Finish() => _writing.Wait();

    private void Write(long position, byte[] snapshot)
    {
        try
        {
            write(position, snapshot);
        }
        catch (Exception exception)
        {
            // Nothing is lost without it: whoever comes next replays more.
            logger.LogWarning("no snapshot at {Position}: {Reason}", position, exception.Message);
        }
    }
}
