using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>What clients saw of a disturbance: for how long nothing went on, and the time before beside the time after.</summary>
public sealed class ChangeAnalyser : IAnalyser
{
    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.Where(cell => Series(cell) is not null && Comparison.IsComparable(cell)).GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            foreach (var cell in group)
            {
                yield return new Conclusion(
                    Severity.Hint, Metric(cell).Label, Describe(cell, layout, group.Count() > 1), [cell]);
            }
        }
    }

    /// <summary>What the cell's clients saw around a disturbance; null where there was none.</summary>
    public static SeriesFigure? Series(CellResult cell) => cell.Metrics.OfType<SeriesFigure>().FirstOrDefault();

    /// <summary>A course of time before, or after, a change.</summary>
    /// <param name="RateOps">Answers per second.</param>
    /// <param name="P50Us">The median of its buckets' medians.</param>
    public sealed record Course(double RateOps, double P50Us);

    /// <summary>Until the disturbance; null when nothing was answered then.</summary>
    public static Course? Before(Timeline timeline) => Of(timeline.Buckets.Where(bucket => bucket.FromUs + timeline.BucketUs <= 0));

    /// <summary>From the first bucket after the last thing that happened; null when nothing was answered then.</summary>
    public static Course? After(Timeline timeline)
    {
        var last = timeline.Markers.Select(marker => marker.LatestUs).DefaultIfEmpty(0).Max();
        return Of(timeline.Buckets.Where(bucket => bucket.FromUs > last));
    }

    private static MetricInfo Metric(CellResult cell) => cell.Info.Metric(Series(cell)!.Name) ?? new MetricInfo
    {
        Name = Series(cell)!.Name,
        Kind = MetricKind.Series,
        Unit = MetricUnit.Microseconds,
        Heading = "change",
        Label = "The change",
        Explanation = "",
    };

    private static Course? Of(IEnumerable<TimelineBucket> buckets)
    {
        var all = buckets.ToList();
        var medians = all.Select(bucket => bucket.P50Us).OfType<double>().ToList();
        return medians.Count == 0 ? null : new Course(all.Average(bucket => bucket.RateOps), Comparison.Median(medians));
    }

    private static string Describe(CellResult cell, FactorLayout layout, bool isNamed)
    {
        var timeline = Series(cell)!.Timeline;
        var name = isNamed ? $"{layout.CellName(cell)}: " : "";
        var steps = timeline.Markers.Where(marker => marker.AtUs > 0).Select(marker => $"{marker.Name} after {Format.Latency(marker.AtUs)}");
        var worst = timeline.Markers.Count == 0 ? null : timeline.Markers.MaxBy(marker => marker.LatestUs);
        var course = (Before(timeline), After(timeline)) is ({ } before, { } after)
            ? $" Before: {Format.Rate(before.RateOps)}, p50 {Format.Latency(before.P50Us)}; after: {Format.Rate(after.RateOps)}, p50 {Format.Latency(after.P50Us)}."
            : "";
        return $"{name}{string.Join(", ", steps)} (medians of {Format.Count(cell.Iterations, "change")}"
            + (worst is { LatestUs: > 0 } && cell.Iterations > 1 ? $"; {worst.Name} at the latest after {Format.Latency(worst.LatestUs)}" : "")
            + $").{course} The longest {cell.Does.Unit} took {Format.Latency(cell.Latency!.Max)}; "
            + (cell.Errors.Total == 0 ? "none failed." : $"{Format.Count(cell.Errors.Total)} failed.");
    }
}
