using System.Diagnostics;

namespace Lab.TradingPost.Cli;

/// <summary>CLOCK_MONOTONIC, in which events carry their times: all processes of one machine share it.</summary>
internal static class MonotonicClock
{
    public static long NowUs => (long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency));
}
