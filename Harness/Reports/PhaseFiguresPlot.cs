using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>Phases as stacked bars: where the time of an operation goes.</summary>
public static class PhaseFiguresPlot
{
    /// <summary>A published figure above this many times the longest bar is printed and not drawn: the bars would vanish.</summary>
    private const double Longest = 3;

    /// <summary>Null when no cell has phases.</summary>
    public static FigureSet? Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        if (group.Metrics.FirstOrDefault(metric => metric.Kind == MetricKind.Phases) is not { } metric)
        {
            return null;
        }

        // By operation and setting: their times differ too much for one scale.
        var drawn = cells.Where(cell => Phases(cell, metric).Count > 0).ToList();
        var facets = drawn.GroupBy(cell => string.Join(", ", new[] { cell.Does.Title, group.Layout.SeriesName(cell) }.Where(part => part.Length > 0)));
        return new FigureSet(
            metric.Label,
            "Means; the parts of a bar stand in the order of the legend. Each plot has its own scale."
            + (drawn.Exists(cell => cell.Published?.LatencyUs is not null) ? " Published figures are from another machine." : "")
            + (metric.Note.Length > 0 ? $" {metric.Note}" : ""),
            metric.Parts,
            [.. facets.Select((facet, index) => Draw(group, metric, facet.Key, [.. facet], index))]);
    }

    private static IReadOnlyList<PhaseFigures> Phases(CellResult cell, MetricInfo metric) => cell.Metric<PhasesFigure>(metric.Name)?.Phases ?? [];

    private static Figure Draw(GroupView group, MetricInfo metric, string caption, List<CellResult> cells, int index)
    {
        var longest = cells.Max(cell => Phases(cell, metric).Sum(phase => phase.MeanUs));
        var published = cells.Max(cell => cell.Published?.LatencyUs ?? 0);
        var drawn = published <= longest * Longest;
        var rows = cells.SelectMany(cell => Rows(group, metric, cell, drawn)).ToList();
        return new Figure(caption, BarSvg.Render(new BarPlot
        {
            Id = $"{group.Anchor}-phases{index + 1}",
            Title = $"{metric.Label}: {caption}",
            Description = string.Join("; ", rows.Select(row => $"{row.Label} {row.Values[0]}{Parts(row)}")),
            X = Scale.Linear(drawn ? Math.Max(longest, published) : longest, TickText.Latency),
            Rows = rows,
            IsStacked = true,
        }));
    }

    private static string Parts(BarRow row) => row.Bars.Count > 1 ? $" ({string.Join(", ", row.Bars.Select(bar => bar.Tip))})" : "";

    private static IEnumerable<BarRow> Rows(GroupView group, MetricInfo metric, CellResult cell, bool drawsPublished)
    {
        var load = group.Layout.XPhrase(cell) is { Length: > 0 } phrase ? phrase : cell.Operation;
        yield return new BarRow(
            load,
            [.. Phases(cell, metric).Select(phase => new PlotBar(
                phase.MeanUs,
                0,
                metric.Parts.Index().FirstOrDefault(known => known.Item == phase.Name).Index,
                LineKind.Measured,
                $"{phase.Name}: {Format.Latency(phase.MeanUs)}, p50 {Format.Latency(phase.P50Us)}, p99 {Format.Latency(phase.P99Us)}"))],
            [Format.Latency(cell.Latency!.Mean)]);
        if (cell.Published?.LatencyUs is { } us)
        {
            var text = Format.Latency(us);
            yield return drawsPublished
                ? new BarRow($"{load}, published", [new PlotBar(us, 0, -1, LineKind.Published, $"{text} published ({cell.Published.Source})")], [text])
                : new BarRow($"{load}, published: {text}, far off this scale", [], [""]);
        }
    }
}
