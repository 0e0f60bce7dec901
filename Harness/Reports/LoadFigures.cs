using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Measurement;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>
/// Latency and throughput against the number that varies, side by side, with published figures and machine limits; then the
/// system's own gauges, and what an operation costs the server where the system says which process that is.
/// </summary>
public static class LoadFigures
{
    private sealed record PlottedMetric(
        string Id,
        string Noun,
        string Name,
        Func<CellResult, Estimate?> Measured,
        Func<CellResult, double?> Published,
        Func<MachineLimit, double?> Limit,
        Func<double, string> Text,
        Func<double, string> Tick);

    private static readonly PlottedMetric[] LatencyAndThroughput =
    [
        new(
            "latency",
            "latency",
            "Latency (mean)",
            Comparison.Latency,
            cell => cell.Published?.LatencyUs,
            limit => limit.LatencyUs,
            Format.Latency,
            TickText.Latency),
        new(
            "throughput",
            "throughput",
            "Throughput",
            Comparison.Throughput,
            cell => cell.Published?.ThroughputOps,
            limit => limit.ThroughputOps,
            Format.Rate,
            TickText.Rate),
    ];

    private static readonly PlottedMetric ServerTime = new(
        "server-cpu",
        "the server's processor time",
        "Processor time of the server per operation",
        cell => ProcessRoles.PerOperationUs(cell, ProcessRoles.Server) is { } us ? new Estimate(us, 0) : null,
        _ => null,
        _ => null,
        Format.Latency,
        TickText.Latency);

    /// <param name="group">A group with an x axis.</param>
    /// <param name="cells">Its cells that have figures.</param>
    public static FigureSet Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        var x = group.Layout.X ?? throw new ArgumentException("the group has no x axis", nameof(group));
        var facets = Facet.Of(group.Layout, cells);
        var scale = Scale.Measured([.. cells
            .DistinctBy(x.Number)
            .Select(cell => new Tick(x.Number(cell)!.Value, x.Text(cell)))
            .OrderBy(tick => tick.Value)]);
        PlottedMetric[] all = [.. LatencyAndThroughput, .. group.PlottedGauges.Select(Gauge), ServerTime];
        var metrics = all.Where(metric => cells.Any(cell => metric.Measured(cell) is not null)).ToList();
        var lines = metrics.Select(metric => facets.Select(facet => Lines(facet, metric, group.Layout)).ToList()).ToList();
        var scales = lines.Select((facetLines, index) => Scale.Of(Values(facetLines), metrics[index].Tick)).ToList();
        var figures = facets.SelectMany((facet, index) => metrics.Select((metric, which) =>
            Draw(group, facet, index, metric, lines[which][index], scale, scales[which])));
        return new FigureSet($"{Nouns(metrics)} against {x.AxisLabel}", Explanation(lines, scale, scales, metrics), [], [.. figures]);
    }

    private static PlottedMetric Gauge(MetricInfo metric) => new(
        metric.Name,
        metric.Heading,
        $"{Format.Capitalised(metric.Label)} (mean)",
        cell => cell.Metric<GaugeFigure>(metric.Name)?.Value,
        cell => PublishedMetric.Of(cell, metric),
        _ => null,
        value => Format.Value(metric.Unit, value),
        TickText.Of(metric.Unit));

    // Latency, throughput and duration: as the heading above the plots.
    private static string Nouns(List<PlottedMetric> metrics)
    {
        var nouns = string.Join(", ", metrics.SkipLast(1).Select(metric => metric.Noun)) + $" and {metrics[^1].Noun}";
        return char.ToUpperInvariant(nouns[0]) + nouns[1..];
    }

    private static IEnumerable<double> Values(List<List<PlotSeries>> facetLines) => facetLines
        .SelectMany(lines => lines)
        .SelectMany(line => line.Points)
        .Select(point => point.Y);

    private static List<PlotSeries> Lines(Facet facet, PlottedMetric metric, FactorLayout layout)
    {
        var lines = facet.Series
            .Select(series => new PlotSeries(series.Label, series.Style, LineKind.Measured, [.. series.Cells.Select(Measured).OfType<PlotPoint>()]))
            .ToList();
        lines.AddRange(ReferenceLines.Of(facet.Series, X, Published, LineKind.Published, "published"));
        if (facet.HasOneOperation)
        {
            lines.AddRange(ReferenceLines.Of(facet.Series, X, Limit, LineKind.Limit, "machine limit"));
        }

        return lines;

        double X(CellResult cell) => layout.X!.Number(cell)!.Value;

        PlotPoint? Measured(CellResult cell) => metric.Measured(cell) is { } estimate
            ? new PlotPoint(X(cell), estimate.Mean, estimate.Ci95, Tip(cell, metric, estimate, layout), cell.Noise is not null)
            : null;

        Reference? Published(CellResult cell) => metric.Published(cell) is { } value
            ? new Reference(
                value, $"{cell.Operation}, {layout.XPhrase(cell)}: {metric.Text(value)} published ({cell.Published!.Source})")
            : null;

        Reference? Limit(CellResult cell) => cell.Limit is { } limit && metric.Limit(limit) is { } value ? new Reference(value, "") : null;
    }

    private static string Tip(CellResult cell, PlottedMetric metric, Estimate estimate, FactorLayout layout)
    {
        var noise = cell.Noise is { } reason ? $"; noisy: {reason}" : "";
        var figure = metric.Id switch
        {
            "throughput" => Format.Rate(estimate.Mean, estimate.Ci95),
            "latency" => $"{Format.Latency(estimate.Mean, estimate.Ci95)} "
                + $"(p50 {Format.Latency(cell.Latency!.P50)}, p99 {Format.Latency(cell.Latency.P99)})",
            _ => metric.Text(estimate.Mean),
        };
        return $"{layout.CellName(cell)}: {figure}{noise}";
    }

    private static Figure Draw(
        GroupView group, Facet facet, int index, PlottedMetric metric, List<PlotSeries> lines, Scale x, Scale y)
    {
        var caption = facet.Title.Length > 0 ? $"{facet.Title}: {metric.Name.ToLowerInvariant()}" : metric.Name;
        return new Figure(caption, LineSvg.Render(new LinePlot
        {
            Id = $"{group.Anchor}-{metric.Id}{index + 1}",
            Title = $"{caption} against {group.Layout.X!.AxisLabel}",
            Description = string.Join("; ", lines.Select(line => Describe(line, x, metric))),
            XLabel = group.Layout.X.AxisLabel,
            X = x,
            Y = y,
            Series = lines,
        }));
    }

    private static string Describe(PlotSeries line, Scale x, PlottedMetric metric)
    {
        var name = line.Kind switch
        {
            LineKind.Published => "published",
            LineKind.Limit => "machine limit",
            _ => line.Label.Length > 0 ? line.Label : "measured",
        };
        var points = line.Points.Select(point => $"{TickAt(point.X)}: {metric.Text(point.Y)}");
        return $"{name}: {string.Join(", ", points)}";

        string TickAt(double value) => x.Ticks.FirstOrDefault(tick => tick.Value.Equals(value))?.Text ?? "";
    }

    private static string Explanation(List<List<List<PlotSeries>>> lines, Scale x, List<Scale> y, List<PlottedMetric> metrics)
    {
        var all = lines.SelectMany(facets => facets).SelectMany(facet => facet).ToList();
        var kinds = all.Select(line => line.Kind).ToHashSet();
        var logarithmic = metrics.Select((metric, index) => (y[index].IsLog, metric.Noun))
            .Prepend((x.IsLog, "x"))
            .Where(axis => axis.IsLog)
            .Select(axis => axis.Item2)
            .ToList();
        return "Solid lines with filled markers: measured here, with 95 % confidence intervals."
            + (kinds.Contains(LineKind.Published) ? " Dashed with hollow markers: published, from another machine." : "")
            + (kinds.Contains(LineKind.Limit) ? " Dotted: what this machine gives without the system." : "")
            + (all.SelectMany(line => line.Points).Any(point => point.IsNoisy) ? " A dashed ring marks a noisy cell." : "")
            + (logarithmic.Count > 0 ? $" Logarithmic: {string.Join(", ", logarithmic)}." : "");
    }
}
