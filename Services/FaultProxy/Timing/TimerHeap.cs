namespace Lab.FaultProxy.Timing;

/// <summary>
/// Timers by due time: a binary heap in which every timer knows its place, so that it can be moved or taken out in
/// O(log n). It holds a timer at most once and therefore never more entries than there are timers. Not thread-safe.
/// </summary>
internal sealed class TimerHeap
{
    private readonly List<DelayTimer> _timers = [];

    /// <summary>When the earliest timer is due; <see cref="long.MaxValue"/> when none is set.</summary>
    public long NextDueNs => _timers.Count == 0 ? long.MaxValue : _timers[0].DueNs;

    public int Count => _timers.Count;

    public void Set(DelayTimer timer, long dueNs)
    {
        if (timer.HeapIndex < 0)
        {
            timer.HeapIndex = _timers.Count;
            _timers.Add(timer);
        }

        timer.DueNs = dueNs;
        SiftDown(SiftUp(timer.HeapIndex));
    }

    public void Remove(DelayTimer timer)
    {
        var index = timer.HeapIndex;
        if (index < 0)
        {
            return;
        }

        timer.HeapIndex = -1;
        var last = _timers[^1];
        _timers.RemoveAt(_timers.Count - 1);
        if (index < _timers.Count)
        {
            Put(index, last);
            SiftDown(SiftUp(index));
        }
    }

    /// <summary>Takes out the earliest timer if its time has come.</summary>
    public DelayTimer? PopDue(long nowNs)
    {
        if (NextDueNs > nowNs || _timers.Count == 0)
        {
            return null;
        }

        var timer = _timers[0];
        Remove(timer);
        return timer;
    }

    private int SiftUp(int index)
    {
        var timer = _timers[index];
        while (index > 0)
        {
            var parent = (index - 1) / 2;
            if (_timers[parent].DueNs <= timer.DueNs)
            {
                break;
            }

            Put(index, _timers[parent]);
            index = parent;
        }

        Put(index, timer);
        return index;
    }

    private void SiftDown(int index)
    {
        var timer = _timers[index];
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _timers.Count)
            {
                break;
            }

            if (child + 1 < _timers.Count && _timers[child + 1].DueNs < _timers[child].DueNs)
            {
                child++;
            }

            if (_timers[child].DueNs >= timer.DueNs)
            {
                break;
            }

            Put(index, _timers[child]);
            index = child;
        }

        Put(index, timer);
    }

    private void Put(int index, DelayTimer timer)
    {
        _timers[index] = timer;
        timer.HeapIndex = index;
    }
}
