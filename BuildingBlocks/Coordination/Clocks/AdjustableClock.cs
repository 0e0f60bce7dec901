namespace Lab.Coordination.Clocks;

/// <summary>
/// A clock that can be wrong on purpose, and be put right: a monotonic clock, times a drift, plus an offset, plus the sum of all
/// corrections. A correction is a step, so <see cref="NowUs"/> may go back; <see cref="UncorrectedUs"/> never does. Not thread-safe.
/// </summary>
/// <param name="monotonicUs">The host's monotonic clock, in microseconds.</param>
/// <param name="offsetUs">How far it is ahead, in microseconds: the error that an experiment injects.</param>
/// <param name="driftPpm">How many microseconds it gains in a second.</param>
public sealed class AdjustableClock(Func<long> monotonicUs, long offsetUs = 0, int driftPpm = 0)
{
    private const long Million = 1_000_000;

    private readonly long _startUs = monotonicUs();

    /// <summary>The time that the node goes by, in microseconds.</summary>
    public long NowUs => UncorrectedUs + CorrectionUs;

    /// <summary>As if nobody had ever corrected it: what durations are measured by.</summary>
    public long UncorrectedUs
    {
        get
        {
            var nowUs = monotonicUs();
            return nowUs + offsetUs + ((nowUs - _startUs) * driftPpm / Million);
        }
    }

    /// <summary>The sum of all corrections so far.</summary>
    public long CorrectionUs { get; private set; }

    /// <summary>Steps the clock by so much.</summary>
    public void Step(long correctionUs) => CorrectionUs += correctionUs;
}
