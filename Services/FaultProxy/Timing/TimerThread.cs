namespace Lab.FaultProxy.Timing;

/// <summary>
/// Calls timers when they are due, to within some tens of microseconds. One thread for the whole process: it sleeps until
/// the earliest timer, so an idle proxy costs nothing and a busy one no busy waiting. A due timer does its work on this
/// thread, which saves the detour over the thread pool; it must therefore be short.
/// </summary>
internal sealed class TimerThread : IDisposable
{
    private const long Awake = long.MinValue;

    private readonly Lock _gate = new();
    private readonly TimerHeap _heap = new();
    private readonly Sleeper _sleeper;
    private readonly Thread _thread;
    private long _sleepsUntilNs = Awake;
    private bool _stopping;

    public TimerThread()
        : this(Sleeper.Create())
    {
    }

    public TimerThread(Sleeper sleeper)
    {
        _sleeper = sleeper;
        _thread = new Thread(Run) { IsBackground = true, Name = "timers" };
        _thread.Start();
    }

    /// <summary>Sets or moves a timer; <see cref="long.MaxValue"/> takes it out. It may be called on any thread.</summary>
    public void Set(DelayTimer timer, long dueNs)
    {
        bool wake;
        lock (_gate)
        {
            if (dueNs == long.MaxValue)
            {
                _heap.Remove(timer);
                return;
            }

            _heap.Set(timer, dueNs);
            wake = !_stopping && dueNs < _sleepsUntilNs;
            if (wake)
            {
                _sleepsUntilNs = dueNs;
            }
        }

        if (wake)
        {
            _sleeper.Wake();
        }
    }

    /// <summary>Timers that are still set are never called.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        _sleeper.Wake();
        _thread.Join();
        _sleeper.Dispose();
    }

    private void Run()
    {
        _sleeper.PrepareThread();
        while (true)
        {
            var nowNs = MonotonicClock.NowNs;
            DelayTimer? due;
            long sleepUntilNs;
            lock (_gate)
            {
                if (_stopping)
                {
                    return;
                }

                due = _heap.PopDue(nowNs);
                sleepUntilNs = _heap.NextDueNs;
                _sleepsUntilNs = due is null ? sleepUntilNs : Awake;
            }

            if (due is null)
            {
                _sleeper.SleepUntil(sleepUntilNs);
            }
            else
            {
                due.OnDue(nowNs);
            }
        }
    }
}
