namespace Lab.Coordination.Multicast;

/// <summary>
/// The member with the lowest id numbers all messages: the others send theirs to it alone, and it sends all to all, in order. A batch is delivered
/// when the sequencer knows, and has said, that all members have it.
/// </summary>
internal sealed class SequencerOrder(IMulticastHost host, MulticastOptions options, GroupView view, OwnMessages own, Delivery delivery)
    : ViewOrder(host, options, view, own, delivery)
{
    private const int Sequencer = 0;

    /// <summary>Numbered, and not delivered.</summary>
    private readonly Queue<MulticastBatch> _undelivered = new();

    /// <summary>At the sequencer: not numbered yet.</summary>
    private readonly Queue<MulticastRun> _waiting = new();

    /// <summary>All members have the sequencer's stream up to there.</summary>
    private long _stable;

    protected override bool HasUndelivered => _undelivered.Count > 0 || _waiting.Count > 0;

    protected override long Stable => _stable;

    private bool IsSequencer => Self == Sequencer;

    public override void DeliverCut(IReadOnlyList<long> cut) => DeliverTo(cut[Sequencer]);

    protected override bool Gets(int index) => IsSequencer || index == Sequencer;

    protected override bool Gives(int index) => Gets(index);

    protected override bool HasRoom(int from) => _undelivered.Count < MostWaiting && _waiting.Count < MostWaiting;

    protected override bool IsValid(int from, MulticastBatch batch) =>
        from == Sequencer ? batch.Runs.All(run => IsMember(run.Sender)) : IsSequencer && IsOneRunOf(IdOf(from), batch);

    protected override void Arrived(int from, MulticastBatch batch)
    {
        HasNews = true;
        if (from == Sequencer)
        {
            _undelivered.Enqueue(batch);
            return;
        }

        foreach (var run in batch.Runs)
        {
            _waiting.Enqueue(run);
        }
    }

    protected override void Heard(int from, MulticastMessage message)
    {
        if (from == Sequencer)
        {
            _stable = Math.Max(_stable, message.Stable);
        }
    }

    protected override void Deliver()
    {
        if (IsSequencer && AcknowledgedByAll(Sequencer) is var stable && stable > _stable)
        {
            _stable = stable;
            HasNews = true;
        }

        DeliverTo(Mistake == MulticastMistake.DeliverBeforeStable ? long.MaxValue : _stable);
    }

    protected override MulticastBatch? NextBatch(long number)
    {
        if (!IsSequencer)
        {
            return Own.HasWaiting ? new MulticastBatch(number, 0, [Own.Send()]) : null;
        }

        if (_waiting.Count == 0 && !Own.HasWaiting)
        {
            return null;
        }

        // A run of its own, and one of the others' in any case: nobody waits for ever for those who send much.
        List<MulticastRun> runs = [];
        var bytes = 0;
        if (Own.HasWaiting)
        {
            runs.Add(Own.Send());
            bytes = runs[0].Content.Length;
        }

        while (_waiting.TryPeek(out var run) && (runs.Count <= 1 || bytes + run.Content.Length <= MaxBatchBytes))
        {
            runs.Add(_waiting.Dequeue());
            bytes += run.Content.Length;
        }

        var batch = new MulticastBatch(number, 0, runs);
        _undelivered.Enqueue(batch);
        return batch;
    }

    private void DeliverTo(long number)
    {
        while (_undelivered.TryPeek(out var batch) && batch.Number <= number)
        {
            Delivery.Deliver(_undelivered.Dequeue());
        }
    }
}
