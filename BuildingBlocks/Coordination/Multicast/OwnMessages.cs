namespace Lab.Coordination.Multicast;

/// <summary>
/// Messages that this process has submitted and not yet delivered: those sent in the present view, and those that wait. Kept as runs, each in
/// one piece of memory, so that a message costs a copy and nothing else.
/// </summary>
internal sealed class OwnMessages(int node, MulticastOptions options)
{
    private const int LeastBufferBytes = 256;
    private const int MostLengthBytes = 5;

    /// <summary>Of one view and the next: what was sent and is not in the order waits again.</summary>
    private Queue<MulticastRun> _sent = new();
    private Queue<MulticastRun> _waiting = new();

    /// <summary>The run that grows.</summary>
    private byte[] _open = [];
    private int _openBytes;
    private int _openCount;
    private long _submitted;
    private int _lastRunBytes;

    public int Undelivered { get; private set; }

    public long UndeliveredBytes { get; private set; }

    public bool HasWaiting => _openCount > 0 || _waiting.Count > 0;

    /// <summary>False when it is too long, or too many have not been delivered.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload, out long number)
    {
        number = 0;
        if (payload.Length > options.MaxBatchBytes - MostLengthBytes || Undelivered >= options.MaxUndelivered || UndeliveredBytes + payload.Length > options.MaxUndeliveredBytes)
        {
            return false;
        }

        if (_openBytes + MostLengthBytes + payload.Length > options.MaxBatchBytes)
        {
            Close();
        }

        Grow(_openBytes + MostLengthBytes + payload.Length);
        var before = _openBytes;
        _openBytes += MulticastFormat.WriteLength(_open.AsSpan(_openBytes), payload.Length);
        payload.CopyTo(_open.AsSpan(_openBytes));
        _openBytes += payload.Length;
        _openCount++;
        Undelivered++;
        UndeliveredBytes += _openBytes - before;
        number = ++_submitted;
        return true;
    }

    /// <summary>The next run to be sent; there must be one.</summary>
    public MulticastRun Send()
    {
        if (_waiting.Count == 0)
        {
            Close();
        }

        var run = _waiting.Dequeue();
        _sent.Enqueue(run);
        return run;
    }

    /// <summary>Runs are delivered as they were sent.</summary>
    public void Delivered(MulticastRun run)
    {
        if (!_sent.TryDequeue(out var first) || first.First != run.First || first.Count != run.Count)
        {
            throw new InvalidOperationException($"own messages from {run.First} on, {run.Count} of them, are in the order, but those from {first.First} on, {first.Count}, were sent first: some node has changed them");
        }

        Undelivered -= run.Count;
        UndeliveredBytes -= run.Content.Length;
    }

    /// <summary>The view has ended: what was not delivered waits for the next one.</summary>
    public void Rewind()
    {
        foreach (var run in _waiting)
        {
            _sent.Enqueue(run);
        }

        (_sent, _waiting) = (_waiting, _sent);
        _sent.Clear();
    }

    /// <summary>Forgets all, and says which they were.</summary>
    public (long First, int Count) Clear()
    {
        var lost = (_submitted - Undelivered + 1, Undelivered);
        _sent.Clear();
        _waiting.Clear();
        (_openBytes, _openCount, Undelivered, UndeliveredBytes) = (0, 0, 0, 0);
        return lost;
    }

    private void Close()
    {
        _waiting.Enqueue(new MulticastRun(node, _submitted - _openCount + 1, _openCount, _open.AsMemory(0, _openBytes)));
        _lastRunBytes = _openBytes;
        (_open, _openBytes, _openCount) = ([], 0, 0);
    }

    private void Grow(int bytes)
    {
        if (bytes <= _open.Length)
        {
            return;
        }

        // The next run will be about as long as the one before.
        var larger = GC.AllocateUninitializedArray<byte>(Math.Min(options.MaxBatchBytes, Math.Max(Math.Max(bytes, 2 * _open.Length), Math.Max(LeastBufferBytes, _lastRunBytes + MostLengthBytes))));
        _open.AsSpan(0, _openBytes).CopyTo(larger);
        _open = larger;
    }
}
