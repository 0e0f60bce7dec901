using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>Changes of traders as stacked bars: until somebody notices, until the peers agree, until the first sale.</summary>
public static class ElectionFigures
{
    /// <summary>A published figure above this many times the longest bar is printed and not drawn: the bars would vanish.</summary>
    private const double Longest = 3;

    /// <param name="group">A group of changes.</param>
    /// <param name="cells">Its cells that have parts.</param>
    public static FigureSet Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        // What was done to the trader, and each design: their times differ too much for one scale.
        var designs = group.Layout.Series.Where(column => column.Names[0] != TradingPostFactors.Peers).ToList();
        var facets = cells.GroupBy(cell => string.Join(", ", designs.Select(column => column.Phrase(cell)).Prepend(ElectionAnalyser.Cause(cell.Operation))
            .Where(part => part.Length > 0)));
        return new FigureSet(
            "Where the time of a change goes",
            "Means; the parts of a bar stand in the order of the legend and add up to the time until the first sale. Each plot has its own "
            + $"scale.{(cells.Any(cell => cell.Published?.LatencyUs is not null) ? " Published figures are from another machine, and are the election alone." : "")}",
            ElectionPhases.All,
            [.. facets.Select((facet, index) => Draw(group, facet.Key, [.. facet], index))]);
    }

    private static Figure Draw(GroupView group, string caption, List<CellResult> cells, int index)
    {
        var longest = cells.Max(cell => cell.Phases.Sum(phase => phase.MeanUs));
        var published = cells.Max(cell => cell.Published?.LatencyUs ?? 0);
        var drawn = published <= longest * Longest;
        var rows = cells.SelectMany(cell => Rows(group, cell, drawn)).ToList();
        return new Figure(caption, BarSvg.Render(new BarPlot
        {
            Id = $"{group.Anchor}-election{index + 1}",
            Title = $"Parts of a change: {caption}",
            Description = string.Join("; ", rows.Select(row => $"{row.Label} {row.Values[0]}{Parts(row)}")),
            X = Scale.Linear(drawn ? Math.Max(longest, published) : longest, TickText.Latency),
            Rows = rows,
            IsStacked = true,
        }));
    }

    private static string Parts(BarRow row) => row.Bars.Count > 1 ? $" ({string.Join(", ", row.Bars.Select(bar => bar.Tip))})" : "";

    private static IEnumerable<BarRow> Rows(GroupView group, CellResult cell, bool drawsPublished)
    {
        var load = group.Layout.Columns.FirstOrDefault(column => column.Names[0] == TradingPostFactors.Peers)?.Phrase(cell) ?? cell.Operation;
        yield return new BarRow(
            load,
            [.. cell.Phases.Select(phase => new PlotBar(
                phase.MeanUs,
                0,
                ElectionPhases.All.Index().FirstOrDefault(known => known.Item == phase.Name).Index,
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
