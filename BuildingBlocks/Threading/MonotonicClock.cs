using System.Diagnostics;

namespace Lab.Threading;

/// <summary>CLOCK_MONOTONIC, in which events carry their times: all processes of one machine share it.</summary>
public static class MonotonicClock
{
    /// <summary>In microseconds.</summary>
    public static long NowUs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000);
}
