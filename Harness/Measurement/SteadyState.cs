namespace Lab.Harness.Measurement;

/// <summary>What a warm-up should do after a window.</summary>
public enum WarmUp
{
    /// <summary>Not steady yet: run another window.</summary>
    Continue,

    /// <summary>The rate has settled: measure.</summary>
    Steady,

    /// <summary>The rate has not settled in all the windows allowed: measure, and say so.</summary>
    GaveUp,
}

/// <summary>
/// When a warm-up is over. The rates (operations per second) of the last <see cref="Windows"/> windows must lie close
/// to their median, and that median must not be above the one of as many windows before: a compiler or a cache that is
/// still warming up raises the rate slowly, within any closeness one would ask of single windows.
/// </summary>
public sealed record SteadyState
{
    /// <summary>Windows that are judged; as many before them show the trend.</summary>
    public int Windows { get; init; } = 3;

    /// <summary>How far a judged rate may be from their median, as a share of it.</summary>
    public double Spread { get; init; } = 0.10;

    /// <summary>How far the median may have risen, as a share of the one before.</summary>
    public double Rise { get; init; } = 0.05;

    /// <summary>After this many windows the warm-up ends in any case.</summary>
    public int MaxWindows { get; init; } = 40;

    /// <summary>What to do next, given the rates of all windows so far in order.</summary>
    public WarmUp Decide(IReadOnlyList<double> ratesPerS)
    {
        if (IsSteady(ratesPerS))
        {
            return WarmUp.Steady;
        }

        return ratesPerS.Count < MaxWindows ? WarmUp.Continue : WarmUp.GaveUp;
    }

    private bool IsSteady(IReadOnlyList<double> ratesPerS)
    {
        if (ratesPerS.Count < 2 * Windows)
        {
            return false;
        }

        var judged = ratesPerS.TakeLast(Windows).ToList();
        var median = Median(judged);
        var before = Median(ratesPerS.SkipLast(Windows).TakeLast(Windows));
        return median > 0
            && judged.TrueForAll(rate => Math.Abs(rate - median) <= Spread * median)
            && median <= before * (1 + Rise);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
