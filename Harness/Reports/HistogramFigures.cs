using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>Response times as histograms, where a report gives one: how many operations took how long.</summary>
public static class HistogramFigures
{
    /// <summary>A published range further away than this many times the measured values is told in words: drawn, it would press them together.</summary>
    private const double Farthest = 10;

    /// <summary>A distribution has more entries; with some hundred operations, single ones would look like noise.</summary>
    private const int MostColumns = 30;

    /// <summary>Null when no cell has a histogram to stand beside.</summary>
    public static FigureSet? Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        var drawn = cells.Where(cell => cell.Published is { LatencyLowUs: > 0, LatencyHighUs: > 0 } && cell.Latency!.Distribution.Count > 1).ToList();
        if (drawn.Count == 0)
        {
            return null;
        }

        var (fastest, slowest) = (drawn.Min(cell => Columns(cell)[0].From), drawn.Max(cell => cell.Latency!.Max));
        var fits = drawn.TrueForAll(cell => cell.Published!.LatencyLowUs < slowest * Farthest && cell.Published.LatencyHighUs > fastest / Farthest);
        var (low, high) = fits
            ? (drawn.Min(cell => cell.Published!.LatencyLowUs!.Value), drawn.Max(cell => cell.Published!.LatencyHighUs!.Value))
            : (fastest, slowest);
        var x = Scale.Log(Math.Min(fastest, low), Math.Max(slowest, high), TickText.Latency);
        return new FigureSet(
            $"How many {drawn[0].Does.Unit}s took how long",
            $"Columns widen with the time, as the logarithmic axis does.{Words(drawn, fits)}",
            [],
            [.. drawn.Select((cell, index) => Draw(group, cell, index, x, fits))]);
    }

    private static string Words(List<CellResult> cells, bool fits)
    {
        var ranges = cells.Select(cell => Range(cell.Published!)).Distinct(StringComparer.Ordinal).ToList();
        return fits
            ? " Dashed: where the published histogram lies, from another machine."
            : $" The published histogram, from another machine, is off this scale: it lies between {string.Join("; ", ranges)}.";
    }

    private static string Range(PublishedFigure published) =>
        $"{Format.Latency(published.LatencyLowUs!.Value)} and {Format.Latency(published.LatencyHighUs!.Value)}";

    private static Figure Draw(GroupView group, CellResult cell, int index, Scale x, bool fits)
    {
        var columns = Columns(cell);
        var name = group.Layout.CellName(cell);
        return new Figure(name, HistogramSvg.Render(new HistogramPlot
        {
            Id = $"{group.Anchor}-histogram{index + 1}",
            Title = $"Response times: {name}",
            Description = $"{Format.Count(cell.Operations)} operations: p50 {Format.Latency(cell.Latency!.P50)}, p90 {Format.Latency(cell.Latency.P90)}, "
                + $"p99 {Format.Latency(cell.Latency.P99)}, max {Format.Latency(cell.Latency.Max)}; published between {Range(cell.Published!)}",
            XLabel = "response (logarithmic)",
            X = x,
            Y = Scale.Linear(columns.Max(column => column.Count), count => Format.Count((long)count)),
            Style = index,
            Columns = columns,
            Published = fits ? new PlotRange(cell.Published!.LatencyLowUs!.Value, cell.Published.LatencyHighUs!.Value, "published") : null,
        }));
    }

    // The first entry of a distribution is only where the second one begins.
    private static List<HistogramColumn> Columns(CellResult cell)
    {
        var distribution = cell.Latency!.Distribution;
        return [.. Enumerable.Range(1, distribution.Count - 1).Chunk((distribution.Count + MostColumns - 2) / MostColumns).Select(together =>
        {
            var (from, to, count) = (distribution[together[0] - 1].UpToUs, distribution[together[^1]].UpToUs, together.Sum(index => distribution[index].Count));
            return new HistogramColumn(from, to, count, $"{Format.Count(count)} took {Format.Latency(from)} to {Format.Latency(to)}");
        })];
    }
}
