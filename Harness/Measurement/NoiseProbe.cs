using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Lab.Harness.Measurement;

/// <summary>
/// Tells whether the machine had time for the lab. A fixed amount of integer work is timed between cells, while the
/// services are idle: when it takes longer than at the start of the run, something else was running or the processor
/// was slowed down. One probe per run; it also notes the steal time since its previous measurement. Not thread-safe.
/// </summary>
public sealed class NoiseProbe
{
    // About 2 ms each on a processor of today; several, since a single one may meet one interrupt.
    private const int Steps = 1_000_000;
    private const int Rounds = 9;

    private CpuTimes? _previous = CpuTimes.Read();

    /// <summary>Times the work; takes some 20 ms of one processor.</summary>
    public NoiseSample Measure()
    {
        var durationsUs = new List<double>(Rounds);
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            GC.KeepAlive(Spin(round));
            durationsUs.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        durationsUs.Sort();
        var now = CpuTimes.Read();
        var steal = now is not null && _previous is not null ? now.StealShareSince(_previous) : 0;
        _previous = now;
        return new NoiseSample(durationsUs[0], durationsUs[Rounds / 2], steal);
    }

    /// <summary>Each step needs the one before, so neither compiler nor processor can skip or overlap them.</summary>
    /// <remarks>Compiled fully at once: otherwise later measurements would look faster than the first.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Spin(int seed)
    {
        var state = (ulong)seed + 0x9E3779B97F4A7C15;
        for (var step = 0; step < Steps; step++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }

        return state;
    }
}

/// <summary>One measurement of <see cref="NoiseProbe"/>.</summary>
/// <param name="BestUs">Shortest time for the work: rises when the processor runs slower.</param>
/// <param name="MedianUs">Median time for the work: rises when something else takes the processor away.</param>
/// <param name="StealShare">Share (0 to 1) of the processor time since the measurement before that the host took
/// away.</param>
public sealed record NoiseSample(double BestUs, double MedianUs, double StealShare)
{
    private const double SlowerBest = 1.10;
    private const double SlowerMedian = 1.25;

    // The kernel counts in ticks of 10 ms: in a cell of half a second, two of them are already 2 %.
    private const double MaxStealShare = 0.05;

    /// <summary>Null when the machine was as free as at the baseline, otherwise why figures deserve distrust.</summary>
    /// <param name="baseline">The run's first measurement.</param>
    public string? Compare(NoiseSample baseline)
    {
        var reasons = new List<string>();
        if (BestUs > baseline.BestUs * SlowerBest)
        {
            reasons.Add($"the processor ran slower than at the start ({MoreTime(BestUs / baseline.BestUs)})");
        }
        else if (MedianUs > baseline.MedianUs * SlowerMedian)
        {
            reasons.Add($"something else used the processor ({MoreTime(MedianUs / baseline.MedianUs)})");
        }

        if (StealShare > MaxStealShare)
        {
            reasons.Add($"the machine's host took {Percent(StealShare)} of the processor time away");
        }

        return reasons.Count == 0 ? null : string.Join("; ", reasons);
    }

    private static string MoreTime(double ratio) => $"{Percent(ratio - 1)} more time for the same work";

    private static string Percent(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);
}
