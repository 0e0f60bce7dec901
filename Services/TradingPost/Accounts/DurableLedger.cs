using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Accounts;

/// <summary>
/// A second copy of the ledger beside the trader's: holds exactly what is durable, refuses records that could not be read
/// back, and is written down now and then so that the next claim has little to replay.
/// </summary>
/// <param name="ledger">When the term begins; its own.</param>
/// <param name="term">The writer's.</param>
/// <param name="snapshotAt">Records in the last snapshot.</param>
/// <param name="every">Records between two snapshots.</param>
/// <param name="write">Makes a snapshot durable: where the journal goes on after it, and the ledger. Blocking.</param>
/// <param name="logger">Learns of snapshots that failed.</param>
internal sealed class DurableLedger(
    Ledger ledger, long term, long snapshotAt, int every, Action<long, byte[]> write, ILogger logger)
{
    private long _snapshotAt = snapshotAt;
    private Task _writing = Task.CompletedTask;

    /// <summary>Before records are written. When it throws, or they cannot be written, this ledger is of no more use.</summary>
    /// <exception cref="InvalidOperationException">A record cannot follow what is there.</exception>
    public void Apply(IReadOnlyList<AccountRecord> records)
    {
        foreach (var record in records)
        {
            ledger.Apply(record, term);
        }
    }

    /// <summary>
    /// After records are durable, and no higher term is there. Writes a snapshot when it is time, beside the appends that
    /// follow; when one is still being written, later.
    /// </summary>
    /// <param name="position">Where the journal goes on after the records.</param>
    public void Written(long position)
    {
        if (ledger.Records - _snapshotAt < every || !_writing.IsCompleted)
        {
            return;
        }

        var snapshot = ledger.ToSnapshot();
        _snapshotAt = ledger.Records;
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
            // Nothing is lost without it: the next claim replays more.
            logger.LogWarning("no snapshot of the accounts at {Position}: {Reason}", position, exception.Message);
        }
    }
}
