using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>
/// How throughput grows along the x axis, for each operation in its fastest setting, and where the published figures level off.
/// </summary>
public sealed class ScalingAnalyser : IAnalyser
{
    private const string Topic = "Scaling";
    private const int MaxTold = 5;

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.Where(Comparison.IsComparable).GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            if (layout.X is not { } x)
            {
                continue;
            }

            foreach (var operation in group.GroupBy(cell => cell.Operation, StringComparer.Ordinal))
            {
                if (FastestSeries(operation, layout, x) is { Count: > 1 } series)
                {
                    yield return new Conclusion(Severity.Hint, Topic, Describe(series, layout, x), series);
                }
            }
        }
    }

    // Of the series that reach the highest load, the one with the highest throughput there.
    private static List<CellResult> FastestSeries(IEnumerable<CellResult> operation, FactorLayout layout, FactorColumn x) =>
        operation.GroupBy(layout.SeriesName, StringComparer.Ordinal)
            .Select(series => series.OrderBy(x.Number).ToList())
            .OrderByDescending(series => x.Number(series[^1]))
            .ThenByDescending(series => Comparison.Throughput(series[^1]).Mean)
            .First();

    private static string Describe(List<CellResult> series, FactorLayout layout, FactorColumn x)
    {
        var setting = layout.SeriesName(series[0]);
        var steps = string.Join(", ", Told(series, cell => Comparison.Throughput(cell).Mean).Select(cell => $"{Format.Rate(Comparison.Throughput(cell).Mean)} at {x.Text(cell)}"));
        var name = series[0].Operation + (setting.Length > 0 ? $" ({setting})" : "");
        return $"{name}: {steps} {x.Label}; {MeasuredCourse(series, x)}.{PublishedCourse(series, x)}";
    }

    // A long series is told by its first, highest and last value.
    private static IEnumerable<T> Told<T>(List<T> series, Func<T, double> value) =>
        series.Count <= MaxTold ? series : new[] { series[0], series.MaxBy(value)!, series[^1] }.Distinct();

    private static string MeasuredCourse(List<CellResult> series, FactorColumn x)
    {
        var peak = series.MaxBy(cell => Comparison.Throughput(cell).Mean)!;
        var last = series[^1];
        if (peak == last)
        {
            var before = series[^2];
            var step = Format.Ratio(Comparison.Throughput(last).Mean / Comparison.Throughput(before).Mean);
            return Comparison.OfThroughput(last, before) switch
            {
                Difference.Higher => $"throughput still rises from {x.Text(before)} to {x.Text(last)} ({step})",
                Difference.Undecided => $"the last step is {step}, in a single iteration",
                _ => $"no further rise shown from {x.Text(before)} to {x.Text(last)} ({step})",
            };
        }

        var fall = 1 - (Comparison.Throughput(last).Mean / Comparison.Throughput(peak).Mean);
        return Comparison.OfThroughput(last, peak) switch
        {
            Difference.Lower => $"throughput peaks at {x.Text(peak)} and is {Format.Percent(fall)} lower at {x.Text(last)}",
            Difference.Undecided => $"the highest is at {x.Text(peak)}, in a single iteration",
            _ => $"the highest is at {x.Text(peak)}, with no difference shown at {x.Text(last)}",
        };
    }

    private static string PublishedCourse(List<CellResult> series, FactorColumn x)
    {
        var published = series
            .Where(cell => cell.Published?.ThroughputOps is not null)
            .Select(cell => (Text: x.Text(cell), Ops: cell.Published!.ThroughputOps!.Value))
            .ToList();
        if (published.Count < 2)
        {
            return "";
        }

        var steps = string.Join(", ", Told(published, point => point.Ops).Select(point => $"{Format.Rate(point.Ops)} at {point.Text}"));
        var peak = published.MaxBy(point => point.Ops);
        var course = peak == published[^1]
            ? "the highest at the highest load"
            : $"{Format.Percent(1 - (published[^1].Ops / peak.Ops))} lower at {published[^1].Text} than at {peak.Text}";
        return $" Published: {steps}; {course}.";
    }
}
