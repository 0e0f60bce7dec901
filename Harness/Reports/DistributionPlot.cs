using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>Latency as percentile curves.</summary>
public static class DistributionPlot
{
    private const int MaxNines = 5;

    // Fewer operations than these cannot be told from none on the plot.
    private const double FirstShare = 0.002;

    private static readonly double[] Marked = [0.5, 0.9, 0.99, 0.999];

    public static IReadOnlyList<Figure> Of(IReadOnlyList<Facet> facets, string id)
    {
        var cells = facets.SelectMany(facet => facet.Series).SelectMany(series => series.Cells).ToList();
        var y = Scale.Nines(Math.Clamp((int)Math.Floor(Math.Log10(cells.Max(Total))), 2, MaxNines));
        var drawn = cells.SelectMany(cell => Points(cell, y.Max)).ToList();
        if (drawn.Count == 0)
        {
            return [];
        }

        var x = Scale.Log(drawn.Min(point => point.X), drawn.Max(point => point.X), TickText.Latency);
        return [.. facets.Select((facet, index) => new Figure(facet.Title, LineSvg.Render(new LinePlot
        {
            Id = $"{id}{index + 1}",
            Title = GroupFigures.Title("Latency distribution", facet.Title),
            Description = string.Join(
                "; ", facet.Series.Select(series => $"{series.Label}: {Percentiles(series.Cells[0].Latency!)}")),
            XLabel = "latency (at most)",
            X = x,
            Y = y,
            Labels = LabelPlace.Corner,
            Series = [.. facet.Series.SelectMany(series => series.Cells.Select(cell =>
                new PlotSeries(series.Label, series.Style, LineKind.Measured, Points(cell, y.Max))))],
        })))];
    }

    private static long Total(CellResult cell) => cell.Latency!.Distribution.Sum(bucket => bucket.Count);

    private static List<PlotPoint> Points(CellResult cell, double top)
    {
        var (total, seen) = ((double)Total(cell), 0L);
        var points = new List<PlotPoint>();
        var latency = cell.Latency!;
        var marks = new Queue<double>(Marked.Where(mark => mark <= top));
        foreach (var bucket in latency.Distribution.Where(bucket => bucket is { Count: > 0, UpToUs: > 0 }))
        {
            seen += bucket.Count;
            var share = seen / total;
            var tip = "";
            while (marks.TryPeek(out var mark) && share >= mark)
            {
                tip = $"{Format.Percent(share)} within {Format.Latency(bucket.UpToUs)} ({Percentiles(latency)})";
                marks.Dequeue();
            }

            if (share <= top && share >= FirstShare)
            {
                points.Add(new PlotPoint(bucket.UpToUs, share, 0, tip, false));
            }
        }

        return points;
    }

    private static string Percentiles(LatencySummary latency) =>
        $"p50 {Format.Latency(latency.P50)}, p90 {Format.Latency(latency.P90)}, p99 {Format.Latency(latency.P99)}, "
        + $"p99.9 {Format.Latency(latency.P999)}, max {Format.Latency(latency.Max)}";
}
