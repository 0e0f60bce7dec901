namespace Lab.Coordination.Multicast;

/// <summary>Puts the batches of one sender in one view into their order.</summary>
internal sealed class IncomingStream
{
    /// <summary>No sender has more batches under way than this.</summary>
    public const int Window = 32;

    private readonly Dictionary<long, MulticastBatch> _early = [];

    /// <summary>All batches up to this number are there.</summary>
    public long Received { get; private set; }

    /// <summary>Keeps a batch. False when it is known already, or too early to be kept.</summary>
    public bool TryAdd(MulticastBatch batch) =>
        batch.Number > Received && batch.Number <= Received + Window && _early.TryAdd(batch.Number, batch);

    /// <summary>The next one in order, if it is there.</summary>
    public MulticastBatch? Next()
    {
        if (!_early.Remove(Received + 1, out var batch))
        {
            return null;
        }

        Received++;
        return batch;
    }
}
