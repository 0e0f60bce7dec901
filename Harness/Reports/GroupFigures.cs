using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Measurement;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>A drawing with its caption.</summary>
/// <param name="Caption">Plain text.</param>
/// <param name="Svg">The drawing, encoded and ready to print.</param>
public sealed record Figure(string Caption, string Svg);

/// <summary>Figures that are read together.</summary>
/// <param name="Title">Plain text.</param>
/// <param name="Explanation">How to read them, one sentence; may be empty.</param>
/// <param name="Legend">Names of colours in the order of styles; empty where the drawings name their lines themselves.</param>
/// <param name="Figures">The drawings.</param>
public sealed record FigureSet(string Title, string Explanation, IReadOnlyList<string> Legend, IReadOnlyList<Figure> Figures)
{
    /// <summary>Each drawing takes the whole width.</summary>
    public bool IsWide { get; init; }
}

/// <summary>
/// All plots of a group. Which factor is the x axis and which are lines follows from what varies, so a group of any system
/// is drawn. Cells without figures and cells with wrong answers are left out.
/// </summary>
public sealed class GroupFigures
{
    private readonly GroupView _group;
    private readonly IReadOnlyList<CellResult> _cells;

    private GroupFigures(GroupView group)
    {
        _group = group;
        _cells = [.. group.Cells.Where(Comparison.IsComparable)];
    }

    public static IReadOnlyList<FigureSet> Of(GroupView group)
    {
        var figures = new GroupFigures(group);
        return figures._cells.Count == 0 ? [] : [.. Of(group, figures), .. new[] { TraceFigures.Of(group, figures._cells) }.OfType<FigureSet>()];
    }

    private static IReadOnlyList<FigureSet> Of(GroupView group, GroupFigures figures)
    {
        if (!group.Shows(CommonFigures.Latency))
        {
            return [.. new[] { GaugeFigures.Of(group, figures._cells) }.Where(set => set.Figures.Count > 0)];
        }

        if (PhaseFiguresPlot.Of(group, figures._cells) is { } phases)
        {
            return [phases];
        }

        if (TimelineFigures.Of(group, figures._cells) is { } change)
        {
            return [change, .. new[] { figures.Distributions() }.OfType<FigureSet>()];
        }

        if (HistogramFigures.Of(group, figures._cells) is { } histogram)
        {
            return [histogram, .. new[] { figures.Distributions(), figures.Cpu() }.OfType<FigureSet>()];
        }

        var against = group.Layout.X is not null
            ? LoadFigures.Of(group, figures._cells)
            : BarFigures.Of(group, figures._cells);
        var sets = new[] { against, figures.Distributions(), SlowestRequests.Figures(group), figures.Cpu() };
        return [.. sets.OfType<FigureSet>().Where(set => set.Figures.Count > 0)];
    }

    /// <summary>
    /// The cells of the highest load: there designs differ most. Loads at which less than half as many settings were measured as
    /// at others are passed over: there would be little to compare.
    /// </summary>
    private List<CellResult> AtHighestLoad(IEnumerable<CellResult> cells)
    {
        var loads = cells.GroupBy(cell => _group.Layout.X?.Number(cell) ?? 0).Select(load => (load.Key, Cells: load.ToList())).ToList();
        var most = loads.Select(load => load.Cells.Count).DefaultIfEmpty(0).Max();
        return loads.FindAll(load => load.Cells.Count * 2 >= most).OrderBy(load => load.Key).LastOrDefault().Cells ?? [];
    }

    private string At(List<CellResult> cells) =>
        cells.Count > 0 && _group.Layout.XPhrase(cells[0]) is { Length: > 0 } load ? $" at {load}" : "";

    private FigureSet? Distributions()
    {
        var cells = AtHighestLoad(_cells.Where(cell => cell.Latency!.Distribution.Count > 1));
        if (cells.Count == 0)
        {
            return null;
        }

        var plots = DistributionPlot.Of(Facet.Of(_group.Layout, cells), $"{_group.Anchor}-distribution");
        return new FigureSet(
            $"Latency distribution{At(cells)}",
            "Each curve says which share of the operations took at most so long. Every further nine has the same room, so the "
            + "tail is as visible as the middle: the closer to upright, the more even the latency.",
            [],
            plots);
    }

    private FigureSet? Cpu()
    {
        var cells = AtHighestLoad(_cells.Where(cell => CpuAnalyser.TotalUs(cell) > 0));
        if (cells.Count == 0)
        {
            return null;
        }

        var names = ProcessTable.NamesIn(cells);
        var scale = Scale.Linear(cells.Max(CpuAnalyser.TotalUs), TickText.Latency);
        var figures = Facet.Of(_group.Layout, cells).Select((facet, index) =>
        {
            var title = Title("Processor time per operation", facet.Title);
            var rows = facet.Series.SelectMany(series => series.Cells.Select(cell => CpuRow(series.Label, cell, names))).ToList();
            return new Figure(facet.Title, BarSvg.Render(new BarPlot
            {
                Id = $"{_group.Anchor}-cpu{index + 1}",
                Title = title,
                Description = string.Join("; ", rows.Select(row => $"{row.Label} {row.Values[0]}")),
                X = scale,
                Rows = rows,
                IsStacked = true,
            }));
        });
        return new FigureSet(
            $"Processor time per operation{At(cells)}",
            "What one operation costs, whoever does the work; the parts of a bar stand in the order of the legend.",
            names,
            [.. figures]);
    }

    private static BarRow CpuRow(string label, CellResult cell, IReadOnlyList<string> names) => new(
        label,
        [.. names.Index().Join(ProcessRoles.Added(cell), name => name.Item, process => process.Name, (name, process) => new PlotBar(
            CpuAnalyser.PerOperationUs(cell, process),
            0,
            name.Index,
            LineKind.Measured,
            $"{process.Name}: {Format.Latency(CpuAnalyser.PerOperationUs(cell, process))} per operation"))],
        [ProcessTable.TotalCpu(cell)]);

    internal static string Title(string what, string facet) => facet.Length > 0 ? $"{what}: {facet}" : what;
}
