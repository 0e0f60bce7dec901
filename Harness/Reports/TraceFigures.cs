using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>What processes said to each other, as space-time diagrams.</summary>
public static class TraceFigures
{
    /// <returns>Null when no cell has a trace.</returns>
    public static FigureSet? Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        var traced = cells.Select(cell => (Cell: cell, Trace: cell.Metrics.OfType<TraceFigure>().FirstOrDefault())).Where(cell => cell.Trace is not null).ToList();
        if (traced.Count == 0)
        {
            return null;
        }

        var metric = group.Metrics.FirstOrDefault(metric => metric.Kind == MetricKind.Trace);
        return new FigureSet(
            metric?.Label ?? "Messages",
            $"Time goes from left to right; an arrow is a message, a dot is what happened: {metric?.Explanation ?? "see its name"}. A pointer on either shows more. All times are by the "
            + "one clock of the machine.",
            [],
            [
                .. traced.Select((cell, index) =>
                {
                    var name = group.Layout.CellName(cell.Cell);
                    return new Figure(name, SpaceTimeSvg.Render($"{group.Anchor}-trace{index + 1}", GroupFigures.Title("Messages", name), cell.Trace!.Trace));
                }),
            ])
        {
            IsWide = true,
        };
    }
}
