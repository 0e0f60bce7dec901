namespace Lab.Coordination.Multicast;

/// <summary>
/// L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978: batches in the order of their logical times, ids deciding
/// between equal ones. A batch is delivered when nothing earlier can come from anybody, and all members are known to have it.
/// </summary>
internal sealed class SymmetricOrder : ViewOrder
{
    /// <summary>Of each member its batches that have not been delivered; times rise.</summary>
    private readonly Queue<MulticastBatch>[] _undelivered;

    /// <summary>Nothing will come from a member that is not later than this.</summary>
    private readonly long[] _horizons;

    /// <summary>What a member has said of its time, and the batch before which that does not count.</summary>
    private readonly (long Sent, long Clock)[] _said;

    private long _clock;

    public SymmetricOrder(IMulticastHost host, MulticastOptions options, GroupView view, OwnMessages own, Delivery delivery)
        : base(host, options, view, own, delivery)
    {
        _undelivered = [.. view.Members.Select(_ => new Queue<MulticastBatch>())];
        _horizons = new long[view.Members.Count];
        _said = new (long, long)[view.Members.Count];
    }

    protected override bool HasUndelivered => Array.Exists(_undelivered, batches => batches.Count > 0);

    protected override long Clock => _clock;

    public override void DeliverCut(IReadOnlyList<long> cut)
    {
        while (First((index, batch) => batch.Number <= cut[index]) is { } first)
        {
            Delivery.Deliver(_undelivered[first].Dequeue());
        }
    }

    protected override bool Gets(int index) => true;

    protected override bool Gives(int index) => true;

    /// <summary>Whoever has batches that wait does not hold up those of others.</summary>
    protected override bool HasRoom(int from) => _undelivered[from].Count < MostWaiting;

    protected override bool IsValid(int from, MulticastBatch batch) => IsOneRunOf(IdOf(from), batch);

    protected override void Arrived(int from, MulticastBatch batch)
    {
        _undelivered[from].Enqueue(batch);
        _horizons[from] = Math.Max(_horizons[from], batch.Clock);
        _clock = Math.Max(_clock, batch.Clock);
        HasNews = true;
    }

    protected override void Heard(int from, MulticastMessage message)
    {
        if (message.Clock > _said[from].Clock)
        {
            _said[from] = (message.Numbers[from], message.Clock);
        }

        if (ReceivedOf(from) >= _said[from].Sent)
        {
            _horizons[from] = Math.Max(_horizons[from], _said[from].Clock);
        }
    }

    protected override void Deliver()
    {
        while (First((_, _) => true) is { } first && (Mistake == MulticastMistake.NoAcknowledgementWait || IsDeliverable(first, _undelivered[first].Peek())))
        {
            Delivery.Deliver(_undelivered[first].Dequeue());
        }
    }

    protected override MulticastBatch? NextBatch(long number)
    {
        if (!Own.HasWaiting)
        {
            return null;
        }

        var batch = new MulticastBatch(number, ++_clock, [Own.Send()]);
        _undelivered[Self].Enqueue(batch);
        return batch;
    }

    /// <summary>The earliest batch is the first of some member.</summary>
    private int? First(Func<int, MulticastBatch, bool> counts)
    {
        int? first = null;
        for (var (index, earliest) = (0, long.MaxValue); index < Count; index++)
        {
            if (_undelivered[index].TryPeek(out var batch) && batch.Clock < earliest && counts(index, batch))
            {
                (first, earliest) = (index, batch.Clock);
            }
        }

        return first;
    }

    /// <summary>Of members of which there are undelivered batches the next ones are later, as the first are.</summary>
    private bool IsDeliverable(int stream, MulticastBatch batch)
    {
        for (var index = 0; index < Count; index++)
        {
            if (index != Self && _horizons[index] < batch.Clock && _undelivered[index].Count == 0)
            {
                return false;
            }
        }

        return Mistake == MulticastMistake.NotUniform || AcknowledgedByAll(stream) >= batch.Number;
    }
}
