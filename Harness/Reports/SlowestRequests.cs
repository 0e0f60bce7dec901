using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>The slowest requests of the cells that followed theirs: as bars, and as a table with the traces' ids.</summary>
public static class SlowestRequests
{
    public static IReadOnlyList<string> Columns { get; } = ["cell", "latency", .. RequestShares.Names, "trace"];

    /// <summary>How many of <see cref="Columns"/> come before the figures.</summary>
    public const int TextColumns = 1;

    /// <summary>There are six colours: short stages share one.</summary>
    private static readonly (string Name, string[] Parts)[] BarParts =
    [
        ("Redis: session, cache", ["session", "cache"]),
        ("queue", ["queue"]),
        ("database", ["database"]),
        ("commit", ["commit"]),
        ("rest of the server", ["parse", "write", RequestShares.Elsewhere]),
        (RequestShares.Outside, [RequestShares.Outside]),
    ];

    public static IReadOnlyList<CellResult> CellsOf(GroupView group) => [.. group.Cells.Where(cell => cell.Slowest.Count > 0)];

    public static string Explanation(GroupView group) => CellsOf(group).Any(cell => cell.Slowest.Any(request => request.TraceId is not null))
        ? "The traces can be opened in the dashboard that received them."
        : "Nobody received traces in this run: with a dashboard (--dashboard), each of these requests can be opened as one.";

    public static IEnumerable<string[]> Rows(GroupView group) =>
        from cell in CellsOf(@group)
        from request in cell.Slowest
        select (string[])
        [
            @group.Layout.CellName(cell),
            Format.Latency(request.LatencyUs),
            .. RequestShares.Of(request).Select(us => us > 0 ? Format.Latency(us) : "–"),
            request.TraceId ?? "–",
        ];

    /// <summary>Null when no cell of the group followed its requests.</summary>
    public static FigureSet? Figures(GroupView group)
    {
        var cells = CellsOf(group);
        if (cells.Count == 0)
        {
            return null;
        }

        return new FigureSet(
            "Where the slowest requests spent their time",
            "Each bar is one request; the parts of a bar stand in the order of the legend.",
            [.. BarParts.Select(part => part.Name)],
            [.. cells.Select((cell, index) => Draw(group, cell, index))]);
    }

    private static Figure Draw(GroupView group, CellResult cell, int number)
    {
        var rows = cell.Slowest.Select((request, rank) => Row(request, rank + 1)).ToList();
        var name = group.Layout.CellName(cell);
        return new Figure(name, BarSvg.Render(new BarPlot
        {
            Id = $"{group.Anchor}-slowest{number + 1}",
            Title = $"Slowest requests: {name}",
            Description = string.Join("; ", rows.Select(row => $"{row.Label} {row.Values[0]}")),
            X = Scale.Linear(cell.Slowest.Max(request => request.LatencyUs), TickText.Latency),
            Rows = rows,
            IsStacked = true,
        }));
    }

    private static BarRow Row(SlowRequest request, int rank)
    {
        var shares = RequestShares.Names.Zip(RequestShares.Of(request)).ToDictionary(share => share.First, share => share.Second, StringComparer.Ordinal);
        return new BarRow(
            request.TraceId is { } trace ? $"{rank}. trace {trace[..8]}" : $"{rank}.",
            [.. BarParts.Select((part, index) => (part.Name, Us: part.Parts.Sum(name => shares[name]), Style: index))
                .Where(part => part.Us > 0)
                .Select(part => new PlotBar(part.Us, 0, part.Style, LineKind.Measured, $"{part.Name}: {Format.Latency(part.Us)}"))],
            [Format.Latency(request.LatencyUs)]);
    }
}
