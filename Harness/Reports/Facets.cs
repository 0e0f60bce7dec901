using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>A line or a bar of a plot: cells that differ only along the x axis.</summary>
/// <param name="Label">What tells it from the others of its facet.</param>
/// <param name="Style">The same for the same label in every facet of a group.</param>
/// <param name="Cells">In the order of x.</param>
public sealed record FacetSeries(string Label, int Style, IReadOnlyList<CellResult> Cells);

/// <summary>The share of a group's cells that one plot shows.</summary>
/// <param name="Title">What its cells share and other facets' cells do not; may be empty.</param>
/// <param name="Series">At most as many as there are styles, where the group's factors allow.</param>
public sealed record Facet(string Title, IReadOnlyList<FacetSeries> Series)
{
    /// <summary>All series measure the same operation, so one machine limit bounds them.</summary>
    public bool HasOneOperation =>
        Series.SelectMany(series => series.Cells).Select(cell => cell.Operation).Distinct(StringComparer.Ordinal).Count() == 1;

    /// <summary>
    /// Splits a group so that no plot has more lines than styles: settings are compared within an operation, or, where only
    /// the operation varies, operations with each other.
    /// </summary>
    /// <param name="layout">Of the group.</param>
    /// <param name="cells">Those to draw.</param>
    public static IReadOnlyList<Facet> Of(FactorLayout layout, IReadOnlyList<CellResult> cells)
    {
        var keys = new List<Func<CellResult, string>> { cell => cell.Operation };
        keys.AddRange(layout.Series.Select<FactorColumn, Func<CellResult, string>>(column => column.Phrase));

        // With settings to compare, the operation heads the plot and is not repeated at every line.
        var split = HasSettings(layout, cells) ? 1 : 0;
        while (split < keys.Count - 1 && MostLines(cells, keys, split) > Svg.Styles)
        {
            split++;
        }

        var (outer, inner) = (keys[..split], keys[split..]);
        var labels = cells.Select(cell => Name(cell, inner)).Distinct(StringComparer.Ordinal).ToList();
        return [.. cells
            .GroupBy(cell => Name(cell, outer), StringComparer.Ordinal)
            .Select(facet => new Facet(facet.Key, [.. facet
                .GroupBy(cell => Name(cell, inner), StringComparer.Ordinal)
                .OrderBy(line => labels.IndexOf(line.Key))
                .Select(line => new FacetSeries(
                    line.Key, labels.IndexOf(line.Key), [.. line.OrderBy(cell => layout.X?.Number(cell) ?? 0)]))]))];
    }

    private static bool HasSettings(FactorLayout layout, IReadOnlyList<CellResult> cells) =>
        cells.Select(layout.SeriesName).Distinct(StringComparer.Ordinal).Count() > 1;

    private static int MostLines(IReadOnlyList<CellResult> cells, List<Func<CellResult, string>> keys, int split) => cells
        .GroupBy(cell => Name(cell, keys[..split]), StringComparer.Ordinal)
        .Select(facet => Distinct(facet, keys[split..]))
        .DefaultIfEmpty(0)
        .Max();

    private static int Distinct(IEnumerable<CellResult> cells, List<Func<CellResult, string>> keys) =>
        cells.Select(cell => Name(cell, keys)).Distinct(StringComparer.Ordinal).Count();

    private static string Name(CellResult cell, List<Func<CellResult, string>> keys) =>
        string.Join(", ", keys.Select(key => key(cell)).Where(part => part.Length > 0));
}
