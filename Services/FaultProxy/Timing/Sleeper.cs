namespace Lab.FaultProxy.Timing;

/// <summary>How the timer thread waits: until a time, or until another thread wakes it. Never by spinning.</summary>
internal abstract class Sleeper : IDisposable
{
    /// <summary>The most precise one this system has.</summary>
    public static Sleeper Create() =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess ? new LinuxSleeper() : new PortableSleeper();

    /// <summary>Called once by the thread that will sleep, before it sleeps.</summary>
    public virtual void PrepareThread()
    {
    }

    /// <summary>Returns at <paramref name="dueNs"/> (<see cref="long.MaxValue"/>: never), when woken, or now and then for
    /// no reason. A wake that came while nobody slept ends the next sleep at once.</summary>
    public abstract void SleepUntil(long dueNs);

    public abstract void Wake();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}

/// <summary>Precise to about a millisecond, as all waits of the runtime are.</summary>
internal sealed class PortableSleeper : Sleeper
{
    private readonly AutoResetEvent _woken = new(initialState: false);

    public override void SleepUntil(long dueNs)
    {
        if (dueNs == long.MaxValue)
        {
            _woken.WaitOne();
            return;
        }

        // Rounded up: a delay may be longer than asked for, never shorter.
        var remainingMs = (dueNs - MonotonicClock.NowNs + MonotonicClock.NsPerMs - 1) / MonotonicClock.NsPerMs;
        if (remainingMs > 0)
        {
            _woken.WaitOne((int)Math.Min(remainingMs, int.MaxValue));
        }
    }

    public override void Wake() => _woken.Set();

    protected override void Dispose(bool disposing) => _woken.Dispose();
}
