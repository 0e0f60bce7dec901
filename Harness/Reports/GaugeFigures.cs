using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>Gauges as bars, where latency and throughput say nothing: a figure for each metric.</summary>
public static class GaugeFigures
{
    /// <param name="group">A group of cells.</param>
    /// <param name="cells">Its cells that have figures.</param>
    public static FigureSet Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        var metrics = group.PlottedGauges.ToList();
        return new FigureSet(
            cells[0].Does.Title,
            string.Join(' ', metrics.Select(metric => metric.Note).Where(note => note.Length > 0).Distinct(StringComparer.Ordinal)),
            [],
            [.. metrics.Select(metric => Draw(group, cells, metric))]);
    }

    private static Figure Draw(GroupView group, IReadOnlyList<CellResult> cells, MetricInfo metric)
    {
        var rows = cells.Select((cell, index) => (Cell: cell, Index: index, Figure: cell.Metric<GaugeFigure>(metric.Name)?.Value))
            .Where(row => row.Figure is not null)
            .Select(row => Row(Label(group, row.Cell), row.Figure!, row.Index % Svg.Styles, metric)).ToList();
        var most = rows.SelectMany(row => row.Bars).Select(bar => bar.Value).DefaultIfEmpty(0).Max();
        return new Figure(Format.Capitalised(metric.Explanation), BarSvg.Render(new BarPlot
        {
            Id = $"{group.Anchor}-{metric.Name}",
            Title = metric.Explanation,
            Description = string.Join("; ", rows.Select(row => $"{row.Label}: {row.Values[0]}")),
            X = Scale.Linear(most, TickText.Of(metric.Unit), metric.Unit == MetricUnit.Bytes ? BinaryUnit(most) : 1),
            Rows = rows,
        }));
    }

    // A server may give memory back while connections are opened: no bar then, but the figure as it is.
    private static BarRow Row(string label, Estimate value, int style, MetricInfo metric)
    {
        var text = Format.Value(metric.Unit, value.Mean);
        return new BarRow(label, [new PlotBar(Math.Max(0, value.Mean), value.Ci95, style, LineKind.Measured, $"{label}: {text}")], [text]);
    }

    private static string Label(GroupView group, CellResult cell) => group.Layout.CellName(cell) is var name && name.StartsWith($"{cell.Operation}, ", StringComparison.Ordinal)
        ? name[(cell.Operation.Length + 2)..]
        : name;

    private static double BinaryUnit(double most) => most >= Kibi * Kibi ? Kibi * Kibi : most >= Kibi ? Kibi : 1;

    private const double Kibi = 1024;
}
