using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>Latency and throughput as bars, where no number varies.</summary>
public static class BarFigures
{
    private const string PublishedLabel = "published, on another machine";

    private sealed record Row(string Label, int Style, CellResult Cell);

    /// <param name="group">A group without an x axis.</param>
    /// <param name="cells">Its cells that have figures.</param>
    public static FigureSet Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        var rows = Facet.Of(group.Layout, cells)
            .SelectMany(facet => facet.Series)
            .SelectMany(series => series.Cells.Select(cell => new Row(group.Layout.CellName(cell), series.Style, cell)))
            .ToList();
        var latency = Rows(rows, Comparison.Latency, cell => cell.Published?.LatencyUs, Format.Latency);
        var throughput = Rows(rows, Comparison.Throughput, cell => cell.Published?.ThroughputOps, Format.Rate);
        return new FigureSet(
            "Latency and throughput",
            "Filled: measured here, with 95 % confidence intervals."
                + (rows.Exists(row => row.Cell.Published is not null)
                    ? " Hollow and dashed: published, from another machine."
                    : ""),
            [],
            [
                Draw($"{group.Anchor}-latency", "Latency (mean)", latency, TickText.Latency),
                Draw($"{group.Anchor}-throughput", "Throughput", throughput, TickText.Rate),
            ]);
    }

    private static Figure Draw(string id, string caption, List<BarRow> bars, Func<double, string> tick) =>
        new(caption, BarSvg.Render(new BarPlot
        {
            Id = id,
            Title = caption,
            Description = string.Join("; ", bars.Select(row => $"{row.Label}: {string.Join(", ", row.Values)}")),
            X = Scale.Linear(bars.SelectMany(row => row.Bars).Max(bar => bar.Value + bar.Ci95), tick),
            Rows = bars,
        }));

    private static List<BarRow> Rows(
        List<Row> rows, Func<CellResult, Estimate> measured, Func<CellResult, double?> published, Func<double, string> text)
    {
        var shared = rows.Select(row => published(row.Cell)).Distinct().ToList();
        var standsForAll = rows.Count > 1 && shared is [not null];
        var bars = rows.ConvertAll(row =>
        {
            var estimate = measured(row.Cell);
            var tip = $"{row.Label}: {text(estimate.Mean)}";
            var own = new PlotBar(estimate.Mean, estimate.Ci95, row.Style, LineKind.Measured, tip);
            return published(row.Cell) is { } figure && !standsForAll
                ? new BarRow(row.Label, [own, Published(figure, text)], [text(estimate.Mean), $"{text(figure)} published"])
                : new BarRow(row.Label, [own], [text(estimate.Mean)]);
        });
        if (standsForAll)
        {
            bars.Add(new BarRow(PublishedLabel, [Published(shared[0]!.Value, text)], [text(shared[0]!.Value)]));
        }

        return bars;
    }

    private static PlotBar Published(double figure, Func<double, string> text) =>
        new(figure, 0, -1, LineKind.Published, $"{text(figure)} {PublishedLabel}");
}
