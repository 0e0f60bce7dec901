namespace Lab.Threading;

/// <summary>The timers of one thread, by name: of each name there is one.</summary>
public sealed class TimerQueue
{
    private const int MaxWaitMs = 1000;

    private readonly Dictionary<string, (long DueUs, Action Fire)> _set = new(StringComparer.Ordinal);
    private readonly PriorityQueue<(string Name, long DueUs), long> _due = new();

    /// <summary>Sets a timer, or sets it anew.</summary>
    public void Set(string name, long delayUs, Action fire)
    {
        var dueUs = MonotonicClock.NowUs + Math.Max(0, delayUs);
        _set[name] = (dueUs, fire);
        _due.Enqueue((name, dueUs), dueUs);
    }

    public void Cancel(string name) => _set.Remove(name);

    /// <summary>How long until the next one is due: 0 when one is.</summary>
    public int WaitMs()
    {
        while (_due.TryPeek(out var next, out var dueUs))
        {
            if (IsSet(next))
            {
                var leftUs = dueUs - MonotonicClock.NowUs;
                return leftUs <= 0 ? 0 : (int)Math.Min(MaxWaitMs, (leftUs + 999) / 1000);
            }

            _due.Dequeue();
        }

        return MaxWaitMs;
    }

    /// <summary>Fires those that are due now; those that they set fire later.</summary>
    public void FireDue()
    {
        var nowUs = MonotonicClock.NowUs;
        while (_due.TryPeek(out var next, out var dueUs) && dueUs <= nowUs)
        {
            _due.Dequeue();
            if (IsSet(next) && _set.Remove(next.Name, out var timer))
            {
                timer.Fire();
            }
        }
    }

    /// <summary>Entries of timers that were cancelled or set anew stay in the queue until they would have been due.</summary>
    private bool IsSet((string Name, long DueUs) entry) => _set.TryGetValue(entry.Name, out var timer) && timer.DueUs == entry.DueUs;
}
