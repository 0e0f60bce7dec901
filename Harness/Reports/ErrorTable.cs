using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>What failed in a group's cells, and how long it was waited for.</summary>
public static class ErrorTable
{
    /// <summary>Where nothing failed.</summary>
    public const string None = "No request failed in this group.";

    /// <summary>What the other figures of such cells are, and are not.</summary>
    public const string Note =
        "Latencies, percentiles and throughput of these cells are those of their answered operations alone; operations that failed were "
        + "waited for as long as is said here.";

    /// <summary>Columns from here on are numbers.</summary>
    public const int FirstFigure = 2;

    private const string Nothing = "–";

    public static IReadOnlyList<string> Columns { get; } = ["cell", "kinds", "failed", "answered", "waited: p50", "p99", "at most"];

    public static IReadOnlyList<CellResult> CellsOf(GroupView group) => [.. group.Cells.Where(cell => cell.Errors.Total > 0)];

    /// <summary>A cell's row without the cell's name.</summary>
    public static IEnumerable<string> Row(CellResult cell) =>
    [
        string.Join(", ", cell.Errors.ByKind.OrderByDescending(kind => kind.Value).Select(kind => $"{kind.Key} {Format.Count(kind.Value)}")),
        Format.Count(cell.Errors.Total),
        Format.Count(cell.Operations),
        Waited(cell, latency => latency.P50),
        Waited(cell, latency => latency.P99),
        Waited(cell, latency => latency.Max),
    ];

    /// <summary>How many of a cell's iterations do not count: <c>1 of 5 iterations failed</c>; empty when all do.</summary>
    public static string Failed(CellResult cell) => cell.FailedIterations.Count == 0
        ? ""
        : $"{cell.FailedIterations.Count} of {Format.Count(cell.Iterations + cell.FailedIterations.Count, "iteration")} failed";

    private static string Waited(CellResult cell, Func<LatencySummary, double> figure) =>
        cell.Errors.Latency is { } latency ? Format.Latency(figure(latency)) : Nothing;
}
