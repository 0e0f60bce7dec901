namespace Lab.Coordination.Multicast;

/// <summary>
/// What is sent, received and delivered in one view. Each member has one stream of batches; each tells the others up to where it has their
/// streams, and that is what both algorithms decide by.
/// </summary>
internal abstract class ViewOrder
{
    /// <summary>So many batches of others wait here at most, of each or of all; more are not taken, and their senders have to wait.</summary>
    protected const int MostWaiting = 2 * IncomingStream.Window;

    /// <summary>No group comes that far; a number beyond it is a mistake, and would leave no room for what follows.</summary>
    private const long LatestClock = long.MaxValue / 2;

    private readonly IMulticastHost _host;
    private readonly MulticastOptions _options;
    private readonly GroupView _view;
    private readonly IncomingStream[] _streams;

    /// <summary>Of each member (first index), up to where it has the stream of each, as it has said.</summary>
    private readonly long[][] _acknowledged;

    private readonly bool[] _heard;
    private readonly bool[] _owes;

    /// <summary>Of each member, what it had of this one's stream at the last tick.</summary>
    private readonly long[] _acknowledgedAtTick;

    private readonly Queue<MulticastBatch> _underWay = new();
    private long _placeAtTick;

    protected ViewOrder(IMulticastHost host, MulticastOptions options, GroupView view, OwnMessages own, Delivery delivery)
    {
        (_host, _options, _view, Own, Delivery) = (host, options, view, own, delivery);
        Self = view.IndexOf(host.Id);
        var count = view.Members.Count;
        _streams = [.. Enumerable.Range(0, count).Select(_ => new IncomingStream())];
        _acknowledged = [.. Enumerable.Range(0, count).Select(_ => new long[count])];
        (_heard, _owes, _acknowledgedAtTick) = (new bool[count], new bool[count], new long[count]);
    }

    /// <summary>How many members there are.</summary>
    protected int Count => _streams.Length;

    /// <summary>The index of this member.</summary>
    protected int Self { get; }

    protected OwnMessages Own { get; }

    protected Delivery Delivery { get; }

    /// <summary>The number of the latest batch of this member.</summary>
    protected long Sent { get; private set; }

    protected MulticastMistake Mistake => _options.Mistake;

    protected int MaxBatchBytes => _options.MaxBatchBytes;

    /// <summary>There is something that all who get this member's stream should hear.</summary>
    protected bool HasNews { get; set; }

    /// <summary>False until this member has the state: then it neither delivers nor sends.</summary>
    public bool IsReady { get; private set; }

    public static ViewOrder Create(IMulticastHost host, MulticastOptions options, GroupView view, OwnMessages own, Delivery delivery) =>
        options.Algorithm == MulticastAlgorithm.Symmetric
            ? new SymmetricOrder(host, options, view, own, delivery)
            : new SequencerOrder(host, options, view, own, delivery);

    /// <summary>Delivery can begin. The others hear of it, and send again what they had sent before this member was there.</summary>
    public void Begin()
    {
        (IsReady, HasNews, _placeAtTick) = (true, true, Delivery.Place);
        Deliver();
    }

    /// <summary>Up to where this member has each stream.</summary>
    public long[] Received()
    {
        var received = new long[Count];
        for (var index = 0; index < Count; index++)
        {
            received[index] = index == Self ? Sent : _streams[index].Received;
        }

        return received;
    }

    /// <summary>The member has spoken in this view.</summary>
    public bool HasHeard(int id) => _heard[_view.IndexOf(id)];

    public void Receive(int from, MulticastMessage message)
    {
        if (message.Numbers.Count != Count || message.Numbers[Self] > Sent || message.Clock > LatestClock || message.Batch?.Clock > LatestClock)
        {
            return;
        }

        // Whoever sends what is known has not heard that it is.
        var isNew = message.Batch is null || (HasRoom(from) && IsValid(from, message.Batch) && _streams[from].TryAdd(message.Batch));
        _owes[from] |= message.Asks || !isNew;
        while (_streams[from].Next() is { } batch)
        {
            Arrived(from, batch);
        }

        for (var index = 0; index < Count; index++)
        {
            _acknowledged[from][index] = Math.Max(_acknowledged[from][index], message.Numbers[index]);
        }

        if (!_heard[from])
        {
            // It has come into the view later than this one, and has missed what was sent until then.
            _heard[from] = true;
            SendAgain(from);
        }

        Heard(from, message);
        Release();
        if (IsReady)
        {
            Deliver();
        }
    }

    /// <summary>Sends what is due.</summary>
    public void EndTurn()
    {
        if (!IsReady)
        {
            return;
        }

        while (_underWay.Count < _options.MaxBatchesUnderWay && NextBatch(Sent + 1) is { } batch)
        {
            Sent++;
            HasNews = false;
            _underWay.Enqueue(batch);
            SendAll(Message(batch));
        }

        if (HasNews)
        {
            HasNews = false;
            SendAll(Message());
        }

        for (var index = 0; index < Count; index++)
        {
            if (_owes[index])
            {
                Send(index, Message());
            }
        }

        if (Count == 1)
        {
            Release();
            Deliver();
        }
    }

    /// <summary>Says again what has not been acknowledged since the last tick, and asks when nothing gets on.</summary>
    public void Tick()
    {
        if (!IsReady)
        {
            return;
        }

        var isStuck = Delivery.Place == _placeAtTick && (HasUndelivered || Own.Undelivered > 0);
        for (var index = 0; index < Count; index++)
        {
            var acknowledged = _acknowledged[index][Self];
            if (index == Self || !(Gets(index) || Gives(index)))
            {
                continue;
            }

            if (Gets(index) && acknowledged < Sent && acknowledged == _acknowledgedAtTick[index])
            {
                SendAgain(index);
            }
            else if (isStuck)
            {
                Send(index, Message(asks: true));
            }

            _acknowledgedAtTick[index] = acknowledged;
        }

        _placeAtTick = Delivery.Place;
    }

    /// <summary>A sign of life, to one of the others.</summary>
    public void Greet()
    {
        if (IsReady && Count > 1)
        {
            var index = _host.Random.Next(Count - 1);
            Send(index < Self ? index : index + 1, Message());
        }
    }

    /// <summary>Delivers what is in the cut and has not been delivered, and nothing else.</summary>
    public abstract void DeliverCut(IReadOnlyList<long> cut);

    /// <summary>Batches are there that have not been delivered.</summary>
    protected abstract bool HasUndelivered { get; }

    /// <summary>The logical time of this member.</summary>
    protected virtual long Clock => 0;

    protected virtual long Stable => 0;

    /// <summary>Whether the member gets this one's stream.</summary>
    protected abstract bool Gets(int index);

    /// <summary>Whether this member gets that one's stream.</summary>
    protected abstract bool Gives(int index);

    /// <summary>Fewer than <see cref="MostWaiting"/> batches wait.</summary>
    protected abstract bool HasRoom(int from);

    /// <summary>Whether the member may send such a batch.</summary>
    protected abstract bool IsValid(int from, MulticastBatch batch);

    /// <summary>The next batch of the member's stream has come.</summary>
    protected abstract void Arrived(int from, MulticastBatch batch);

    /// <summary>The rest of a message that has come, with its batch or without.</summary>
    protected abstract void Heard(int from, MulticastMessage message);

    /// <summary>Delivers what can be delivered.</summary>
    protected abstract void Deliver();

    /// <summary>What this member sends next, if there is anything.</summary>
    protected abstract MulticastBatch? NextBatch(long number);

    /// <summary>All others who get the stream have it up to there.</summary>
    protected long AcknowledgedByAll(int stream)
    {
        var least = stream == Self ? Sent : _streams[stream].Received;
        for (var index = 0; index < Count; index++)
        {
            if (index != Self && index != stream)
            {
                least = Math.Min(least, _acknowledged[index][stream]);
            }
        }

        return least;
    }

    protected long ReceivedOf(int index) => _streams[index].Received;

    protected static bool IsOneRunOf(int id, MulticastBatch batch) => batch.Runs.Count == 1 && batch.Runs[0].Sender == id;

    protected int IdOf(int index) => _view.Members[index].Id;

    protected bool IsMember(int id) => _view.IndexOf(id) >= 0;

    private void Release()
    {
        var least = Sent;
        for (var index = 0; index < Count; index++)
        {
            if (index != Self && Gets(index))
            {
                least = Math.Min(least, _acknowledged[index][Self]);
            }
        }

        while (_underWay.TryPeek(out var oldest) && oldest.Number <= least)
        {
            _underWay.Dequeue();
        }
    }

    private void SendAgain(int index)
    {
        if (Gets(index))
        {
            foreach (var batch in _underWay)
            {
                if (batch.Number > _acknowledged[index][Self])
                {
                    Send(index, Message(batch, asks: true));
                }
            }
        }
    }

    private void SendAll(MulticastMessage message)
    {
        for (var index = 0; index < Count; index++)
        {
            if (index != Self && Gets(index))
            {
                Send(index, message);
            }
        }
    }

    private void Send(int index, MulticastMessage message)
    {
        _owes[index] = false;
        _host.Send(IdOf(index), message);
    }

    private MulticastMessage Message(MulticastBatch? batch = null, bool asks = false) => new()
    {
        Kind = MulticastMessageKind.Traffic,
        View = _view.Number,
        Numbers = Received(),
        Clock = Clock,
        Stable = Stable,
        Asks = asks,
        Batch = batch,
    };
}
