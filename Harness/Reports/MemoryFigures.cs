using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>What idle connections cost the server as bars: memory of each, and threads of all.</summary>
public static class MemoryFigures
{
    /// <param name="group">A group whose cells weigh idle connections.</param>
    /// <param name="cells">Its cells that have figures.</param>
    public static FigureSet Of(GroupView group, IReadOnlyList<CellResult> cells)
    {
        var held = cells.Where(ConnectionCells.HoldsIdle).ToList();
        return new FigureSet(
            "What idle connections cost the server",
            "Resident memory only: the buffers that the kernel keeps for a connection are not in it. Memory that the server "
            + "had taken before and uses again is not counted, so a figure can come out small.",
            [],
            [
                Draw(group, held, "memory", "Memory per idle connection", memory => memory.PerConnectionBytes, Format.Bytes, BytesScale),
                Draw(
                    group,
                    held,
                    "threads",
                    "Threads with all connections open",
                    memory => memory.ThreadsIdle,
                    threads => Format.Count((long)threads),
                    most => Scale.Linear(most, threads => Format.Count((long)threads))),
            ]);
    }

    private static Figure Draw(
        GroupView group,
        List<CellResult> cells,
        string id,
        string caption,
        Func<ConnectionMemory, double> value,
        Func<double, string> text,
        Func<double, Scale> scale)
    {
        var rows = cells.Select((cell, index) =>
        {
            var (name, figure) = (group.Layout.CellName(cell), value(cell.Connections!.Memory!));
            var label = name == cell.Operation ? ConnectionCells.Engine(cell) : name.Replace($"{cell.Operation}, ", "", StringComparison.Ordinal);

            // A server may give memory back while connections are opened: no bar then, but the figure as it is.
            return new BarRow(label, [new PlotBar(Math.Max(0, figure), 0, index % Svg.Styles, LineKind.Measured, $"{label}: {text(figure)}")], [text(figure)]);
        }).ToList();
        return new Figure(caption, BarSvg.Render(new BarPlot
        {
            Id = $"{group.Anchor}-{id}",
            Title = caption,
            Description = string.Join("; ", rows.Select(row => $"{row.Label}: {row.Values[0]}")),
            X = scale(rows.SelectMany(row => row.Bars).Select(bar => bar.Value).DefaultIfEmpty(0).Max()),
            Rows = rows,
        }));
    }

    private static Scale BytesScale(double most) => Scale.Linear(most, TickText.Bytes, most >= Kibi * Kibi ? Kibi * Kibi : most >= Kibi ? Kibi : 1);

    private const double Kibi = 1024;
}
