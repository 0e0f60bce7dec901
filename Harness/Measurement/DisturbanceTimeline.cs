using Lab.Harness.Archive;
using Lab.Harness.Load;
using MathNet.Numerics.Statistics;

namespace Lab.Harness.Measurement;

/// <summary>
/// Lays the disturbances of a cell's iterations upon each other. Shown is the time from shortly before the disturbance until
/// shortly after the last thing that happened because of it.
/// </summary>
internal static class DisturbanceTimeline
{
    /// <summary>Shown before the disturbance, and after all is over.</summary>
    private const double MarginUs = 500_000;

    private const int MostBuckets = 240;

    private static readonly long[] WidthsUs = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000];

    /// <returns>Null when nothing was disturbed, or nothing was answered.</returns>
    public static Timeline? Of(IReadOnlyList<Disturbance> disturbances)
    {
        var answered = disturbances.Where(disturbance => disturbance.Operations.Count > 0).ToList();
        if (answered.Count == 0)
        {
            return null;
        }

        // Only where all iterations have answers: before and after, some clients had not begun, or had ended.
        var events = answered.SelectMany(disturbance => disturbance.Events).ToList();
        var begin = Math.Max(-MarginUs, answered.Max(disturbance => disturbance.Operations.Min(operation => operation.AnsweredUs)));
        var end = Math.Min(
            events.Select(happened => happened.AtUs).DefaultIfEmpty(0).Max() + MarginUs,
            answered.Min(disturbance => disturbance.Operations.Max(operation => operation.AnsweredUs)));
        var widthUs = Width(begin, end);
        var inBuckets = answered.SelectMany(disturbance => disturbance.Operations)
            .ToLookup(operation => (long)Math.Floor(operation.AnsweredUs / widthUs), operation => operation.LatencyUs);
        var (first, last) = ((long)Math.Ceiling(begin / widthUs), (long)Math.Floor(end / widthUs) - 1);
        return new Timeline
        {
            BucketUs = widthUs,
            Buckets = [.. Range(first, last).Select(number => Bucket(number, widthUs, answered.Count, [.. inBuckets[number].Order()]))],
            Markers = [.. events
                .GroupBy(happened => happened.Name, StringComparer.Ordinal)
                .Select(same => new TimelineMarker(
                    same.Key, same.Select(one => one.AtUs).Median(), same.Max(one => one.AtUs)))
                .OrderBy(marker => marker.AtUs)],
        };
    }

    private static long Width(double begin, double end) =>
        WidthsUs.FirstOrDefault(width => (end - begin) / width <= MostBuckets, WidthsUs[^1]);

    private static IEnumerable<long> Range(long first, long last)
    {
        for (var number = first; number <= last && number - first <= MostBuckets; number++)
        {
            yield return number;
        }
    }

    private static TimelineBucket Bucket(long number, long widthUs, int iterations, double[] latencies) => new(
        number * widthUs,
        latencies.Length * 1e6 / widthUs / iterations,
        latencies.Length == 0 ? null : Percentile(latencies, 0.5),
        latencies.Length == 0 ? null : Percentile(latencies, 0.99));

    // The smallest value that at least so large a share of all does not exceed.
    private static double Percentile(double[] rising, double share) =>
        SortedArrayStatistics.QuantileCustom(rising, share, QuantileDefinition.EmpiricalInvCDF);
}
