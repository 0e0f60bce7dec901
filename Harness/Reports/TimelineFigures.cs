using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>Rate and latency before, during and after a disturbance.</summary>
public static class TimelineFigures
{
    private const int Median = 0;
    private const int Slowest = 1;

    /// <summary>Null when no cell was disturbed.</summary>
    public static FigureSet? Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        var disturbed = cells.Where(cell => ChangeAnalyser.Series(cell) is { Timeline.Buckets.Count: > 1 }).ToList();
        return disturbed.Count == 0 ? null : new FigureSet(
            "Before, during and after",
            $"All iterations lie upon each other, with the disturbance at 0. A {disturbed[0].Does.Unit} counts when it is answered, in steps of {Steps(disturbed)}. "
            + "The names of the upright lines say when something happened (median). Where the lines of the latency are interrupted, nothing was answered.",
            [],
            [.. disturbed.SelectMany((cell, index) => Draw(group, cell, index + 1, disturbed.Count > 1))]);
    }

    private static string Steps(IEnumerable<CellResult> cells) =>
        string.Join(" or ", cells.Select(cell => TickText.Latency(ChangeAnalyser.Series(cell)!.Timeline.BucketUs)).Distinct(StringComparer.Ordinal));

    private static IEnumerable<Figure> Draw(GroupView group, CellResult cell, int number, bool isNamed)
    {
        var timeline = ChangeAnalyser.Series(cell)!.Timeline;
        var name = isNamed ? $"{group.Layout.CellName(cell)}: " : "";
        var end = timeline.Buckets[^1].FromUs + timeline.BucketUs;
        var plot = new LinePlot
        {
            Id = $"{group.Anchor}-rate{number}",
            Title = $"{name}{cell.Does.Unit}s per second",
            Description = Words(timeline),
            XLabel = $"time from {(timeline.Markers.Count > 0 ? timeline.Markers[0].Name : "the disturbance")}",
            X = Scale.Between(timeline.Buckets[0].FromUs, end, TickText.Latency),
            Y = Scale.Linear(timeline.Buckets.Max(bucket => bucket.RateOps), TickText.Rate),
            Series = [new PlotSeries("", Median, LineKind.Measured, [.. Staircase(timeline)])],
            Marks = [.. timeline.Markers.Select(Mark)],
        };
        yield return new Figure($"{name}{cell.Does.Unit}s per second", LineSvg.Render(plot));

        var latencies = timeline.Buckets.SelectMany(bucket => new[] { bucket.P50Us, bucket.P99Us }).OfType<double>();
        yield return new Figure($"{name}latency", LineSvg.Render(plot with
        {
            Id = $"{group.Anchor}-course{number}",
            Title = $"{name}latency",
            Y = Scale.Of(latencies, TickText.Latency),
            Series =
            [
                .. Course(timeline, "p99", Slowest, bucket => bucket.P99Us),
                .. Course(timeline, "p50", Median, bucket => bucket.P50Us),
            ],
        }));
    }

    private static PlotMark Mark(TimelineMarker marker) =>
        new(marker.AtUs, marker.AtUs > 0 ? $"{marker.Name}: {Format.Latency(marker.AtUs)}" : marker.Name);

    // A rate is that of its whole bucket: slopes would show values that nobody measured.
    private static IEnumerable<PlotPoint> Staircase(Timeline timeline)
    {
        foreach (var bucket in timeline.Buckets)
        {
            yield return new PlotPoint(bucket.FromUs, bucket.RateOps, 0, "", false);
            yield return new PlotPoint(bucket.FromUs + timeline.BucketUs, bucket.RateOps, 0, "", false);
        }
    }

    // One line for each stretch of buckets that have answers; the last one bears the name.
    private static List<PlotSeries> Course(Timeline timeline, string label, int style, Func<TimelineBucket, double?> value)
    {
        var stretches = new List<List<PlotPoint>> { new() };
        foreach (var bucket in timeline.Buckets)
        {
            if (value(bucket) is { } us)
            {
                stretches[^1].Add(new PlotPoint(bucket.FromUs + (timeline.BucketUs / 2.0), us, 0, "", false));
            }
            else if (stretches[^1].Count > 0)
            {
                stretches.Add([]);
            }
        }

        stretches.RemoveAll(stretch => stretch.Count == 0);
        return [.. stretches.Select((stretch, index) => new PlotSeries(index == stretches.Count - 1 ? label : "", style, LineKind.Measured, stretch))];
    }

    private static string Words(Timeline timeline)
    {
        var events = timeline.Markers.Select(marker => $"{marker.Name} at {Format.Latency(marker.AtUs)}");
        return string.Join("; ", events.Append(Words("before", ChangeAnalyser.Before(timeline))).Append(Words("after", ChangeAnalyser.After(timeline)))
            .Where(words => words.Length > 0));
    }

    private static string Words(string when, ChangeAnalyser.Course? course) =>
        course is null ? "" : $"{when}: {Format.Rate(course.RateOps)}, p50 {Format.Latency(course.P50Us)}";
}
