namespace Lab.Coordination.Clocks;

/// <summary>How clocks are synchronised.</summary>
public sealed record ClockSynchronizationOptions
{
    /// <summary>From the beginning of one round to that of the next.</summary>
    public long PeriodUs { get; init; } = 1_000_000;

    /// <summary>How often each member is asked in a round; the answer with the shortest round trip counts. 1 to 64.</summary>
    public int Samples { get; init; } = 5;

    /// <summary>Between two questions to the same member.</summary>
    public long SampleIntervalUs { get; init; } = 10_000;

    /// <summary>How long answers are waited for after the last question.</summary>
    public long ReplyTimeoutUs { get; init; } = 150_000;

    /// <summary>How long to wait for the word that a correction was made, before it is sent again.</summary>
    public long ResendUs { get; init; } = 100_000;

    /// <summary>So often a correction is sent.</summary>
    public int MaxSends { get; init; } = 4;

    /// <summary>Clocks that differ by no more than this agree; the average is taken of the largest group that does.</summary>
    public long ToleranceUs { get; init; } = 20_000;

    /// <summary>
    /// No message is faster, in microseconds: makes the bound tighter by twice this. Must be known for certain; a figure that is too high
    /// makes the bound false.
    /// </summary>
    public long MinOneWayDelayUs { get; init; }

    /// <summary>No clock gains or loses more than so many microseconds in a second. A figure that is too low makes the bound false.</summary>
    public int MaxDriftPpm { get; init; } = 200;

    /// <summary>A test's mistake: false takes a reading as if it had been made when it arrived.</summary>
    internal bool CompensatesRoundTrip { get; init; } = true;

    /// <summary>A test's mistake: false averages all clocks.</summary>
    internal bool RejectsOutliers { get; init; } = true;
}
