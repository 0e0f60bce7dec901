using System.Diagnostics;

namespace Lab.FaultProxy.Timing;

/// <summary>Nanoseconds that only ever grow; their zero means nothing.</summary>
internal static class MonotonicClock
{
    public const long NsPerMs = 1_000_000;

    public const long NsPerSecond = 1_000_000_000;

    private static readonly double NsPerTick = (double)NsPerSecond / Stopwatch.Frequency;

    public static long NowNs =>
        Stopwatch.Frequency == NsPerSecond ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * NsPerTick);
}
