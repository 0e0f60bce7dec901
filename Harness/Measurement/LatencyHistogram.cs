using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using Lab.Harness.Archive;

namespace Lab.Harness.Measurement;

/// <summary>
/// Latencies from 1 us to 1 h, each kept to three significant decimal digits, in fixed memory (261 KiB). The layout is
/// HdrHistogram's (Gil Tene, http://hdrhistogram.org): buckets that double in width, each cut into equally wide slots,
/// 2048 slots in the first and 1024 in every other one, so that a slot is never wider than a thousandth of its values.
/// Recording takes constant time and allocates nothing. Not thread-safe on purpose: one per client, merged afterwards.
/// </summary>
public sealed class LatencyHistogram
{
    /// <summary>Shorter latencies are counted as this one: no answer from another process comes faster.</summary>
    public const long LowestNs = 1_000;

    /// <summary>Longer latencies are counted as this one: 1 h.</summary>
    public const long HighestNs = 3_600_000_000_000;

    private const int SlotBits = 11;
    private const int Slots = 1 << SlotBits;
    private const int HalfBits = SlotBits - 1;
    private const double NsPerUs = 1_000;

    private readonly long[] _counts = new long[IndexOf(HighestNs) + 1];

    // Whole nanoseconds in 128 bits: exact, and no number of recordings overflows it.
    private Int128 _sumNs;
    private long _minNs = long.MaxValue;
    private long _maxNs;

    /// <summary>Latencies recorded.</summary>
    public long Count { get; private set; }

    /// <summary>How many of them lay outside the range and were moved to its nearest end.</summary>
    public long Clamped { get; private set; }

    /// <summary>The shortest latency, exact; 0 when empty.</summary>
    public long MinNs => Count == 0 ? 0 : _minNs;

    /// <summary>The longest latency, exact; 0 when empty.</summary>
    public long MaxNs => _maxNs;

    /// <summary>The mean, exact; 0 when empty.</summary>
    public double MeanNs => Count == 0 ? 0 : (double)_sumNs / Count;

    /// <summary>All latencies of several histograms.</summary>
    public static LatencyHistogram Sum(IEnumerable<LatencyHistogram> parts)
    {
        var sum = new LatencyHistogram();
        foreach (var part in parts)
        {
            sum.Merge(part);
        }

        return sum;
    }

    /// <summary>Those of a list, in nanoseconds; null when it is empty.</summary>
    public static LatencyHistogram? OfAny(IReadOnlyCollection<long> latenciesNs) => latenciesNs.Count == 0 ? null : Of(latenciesNs);

    /// <summary>Those of a list, in nanoseconds.</summary>
    public static LatencyHistogram Of(IEnumerable<long> latenciesNs)
    {
        var histogram = new LatencyHistogram();
        foreach (var latencyNs in latenciesNs)
        {
            histogram.Record(latencyNs);
        }

        return histogram;
    }

    /// <summary>Adds one latency in nanoseconds.</summary>
    public void Record(long latencyNs)
    {
        var valueNs = Math.Clamp(latencyNs, LowestNs, HighestNs);
        if (valueNs != latencyNs)
        {
            Clamped++;
        }

        _counts[IndexOf(valueNs)]++;
        Count++;
        _sumNs += valueNs;
        _minNs = Math.Min(_minNs, valueNs);
        _maxNs = Math.Max(_maxNs, valueNs);
    }

    /// <summary>Adds all latencies of another histogram; the result is as if all had been recorded here.</summary>
    public void Merge(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        Clamped += other.Clamped;
        _sumNs += other._sumNs;
        _minNs = Math.Min(_minNs, other._minNs);
        _maxNs = Math.Max(_maxNs, other._maxNs);
    }

    /// <summary>All that it holds, to be carried to another process.</summary>
    public HistogramContent Content => new(
        [.. Enumerable.Range(0, _counts.Length).Where(slot => _counts[slot] > 0).Select(slot => new SlotCount(slot, _counts[slot]))],
        Clamped,
        _sumNs.ToString(CultureInfo.InvariantCulture),
        _minNs,
        _maxNs);

    /// <summary>The histogram that a content was taken of.</summary>
    /// <exception cref="FormatException">The content is none of this layout.</exception>
    public static LatencyHistogram Of(HistogramContent content)
    {
        var histogram = new LatencyHistogram
        {
            Clamped = content.Clamped,
            _sumNs = Int128.Parse(content.SumNs, CultureInfo.InvariantCulture),
            _minNs = content.MinNs,
            _maxNs = content.MaxNs,
        };
        foreach (var (slot, count) in content.Slots)
        {
            if (slot < 0 || slot >= histogram._counts.Length)
            {
                throw new FormatException($"a histogram has no slot {slot}");
            }

            histogram._counts[slot] += count;
            histogram.Count += count;
        }

        return histogram;
    }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        Array.Clear(_counts);
        Count = 0;
        Clamped = 0;
        _sumNs = 0;
        _minNs = long.MaxValue;
        _maxNs = 0;
    }

    /// <summary>
    /// The latency that <paramref name="percentile"/> percent of all latencies do not exceed. As HdrHistogram has it:
    /// the highest value of the slot that holds the ceil(percentile / 100 * Count)-th latency in rising order, hence
    /// never below the true value and at most a thousandth above; and never above <see cref="MaxNs"/>. 0 when empty.
    /// </summary>
    /// <param name="percentile">0 to 100.</param>
    public long PercentileNs(double percentile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percentile);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percentile, 100);

        // Rounding may lift the product just above a whole number (99.9 % of 1000): step back before rounding up.
        var rank = Math.Clamp((long)Math.Ceiling(Math.BitDecrement(percentile) * Count / 100), 1, Math.Max(Count, 1));
        var seen = 0L;
        for (var i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(HighestOfSlot(i), _maxNs);
            }
        }

        return 0;
    }

    /// <summary>
    /// The distribution, coarse enough to plot: about <paramref name="points"/> buckets whose bounds rise by equal
    /// factors from the shortest to the longest latency (fewer where they lie so near that slots would be cut). The
    /// counts add up to <see cref="Count"/>. The first bucket is empty: its bound is where the second one begins.
    /// </summary>
    public IReadOnlyList<LatencyBucket> Distribution(int points = 60)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        if (Count == 0)
        {
            return [];
        }

        var buckets = new List<LatencyBucket>(points + 1);
        var last = IndexOf(_minNs) - 1;
        buckets.Add(new LatencyBucket(HighestOfSlot(last) / NsPerUs, 0));
        var growth = Math.Pow((double)_maxNs / _minNs, 1.0 / points);
        for (var point = 1; point <= points; point++)
        {
            var boundNs = point == points ? _maxNs : (long)(_minNs * Math.Pow(growth, point));
            var end = IndexOf(Math.Clamp(boundNs, _minNs, _maxNs));
            if (end > last)
            {
                buckets.Add(new LatencyBucket(Math.Min(HighestOfSlot(end), _maxNs) / NsPerUs, Sum(last + 1, end)));
                last = end;
            }
        }

        return buckets;
    }

    /// <summary>The figures of a cell in microseconds, or null when nothing was recorded.</summary>
    /// <param name="iterationMeansUs">Mean latency of each iteration: mean and interval are theirs. None: the mean is that of all latencies.</param>
    public LatencySummary? Summarise(IReadOnlyList<double> iterationMeansUs) => Count == 0 ? null : new LatencySummary
    {
        Mean = iterationMeansUs.Count == 0 ? MeanNs / NsPerUs : iterationMeansUs.Average(),
        Ci95 = ConfidenceInterval.HalfWidth95(iterationMeansUs),
        P50 = PercentileNs(50) / NsPerUs,
        P90 = PercentileNs(90) / NsPerUs,
        P99 = PercentileNs(99) / NsPerUs,
        P999 = PercentileNs(99.9) / NsPerUs,
        Max = _maxNs / NsPerUs,
        Distribution = Distribution(),
    };

    private long Sum(int first, int last)
    {
        var sum = 0L;
        for (var i = first; i <= last; i++)
        {
            sum += _counts[i];
        }

        return sum;
    }

    /// <summary>The slot of a value. Bucket b > 0 holds the values from 2^(b+10) on, in steps of 2^b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(long valueNs)
    {
        var bucket = 63 - BitOperations.LeadingZeroCount((ulong)valueNs | (Slots - 1)) - HalfBits;
        var slot = (int)(valueNs >> bucket);
        return (bucket << HalfBits) + slot;
    }

    /// <summary>The largest value that falls into a slot.</summary>
    private static long HighestOfSlot(int index)
    {
        var bucket = Math.Max(0, (index >> HalfBits) - 1);
        var slot = index - (bucket << HalfBits);
        return ((slot + 1L) << bucket) - 1;
    }
}

/// <summary>A histogram as plain data.</summary>
/// <param name="Slots">Those that are not empty.</param>
/// <param name="Clamped">Latencies outside the range.</param>
/// <param name="SumNs">A whole number that may exceed 64 bits, as text.</param>
/// <param name="MinNs">As the histogram keeps it.</param>
/// <param name="MaxNs">As the histogram keeps it.</param>
public sealed record HistogramContent(IReadOnlyList<SlotCount> Slots, long Clamped, string SumNs, long MinNs, long MaxNs);

/// <summary>Latencies in one slot.</summary>
public readonly record struct SlotCount(int Slot, long Count);
