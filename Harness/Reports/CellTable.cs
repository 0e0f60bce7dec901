using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>What a column of a table is about: columns of one part stand under a common heading.</summary>
public enum TablePart
{
    Factors,
    Latency,
    Throughput,
    Quality,
}

/// <summary>A column of figures.</summary>
/// <param name="Label">Its heading.</param>
/// <param name="Explanation">The heading in full, for a pointer that rests on it.</param>
/// <param name="Part">What it is about.</param>
/// <param name="Text">A cell's figure, formatted; an en dash where there is none.</param>
public sealed record TableColumn(string Label, string Explanation, TablePart Part, Func<CellResult, string> Text);

/// <summary>Published, measured and ratio of every cell of a group. Columns without any figure are left out.</summary>
public sealed class CellTable
{
    private const string Nothing = "–";

    private CellTable(GroupView group)
    {
        var figures = Latency().Concat(Throughput());
        Columns = [.. Factors(group), .. figures.Where(column => group.Cells.Any(cell => column.Text(cell) != Nothing))];
        Operations = [.. group.Cells.GroupBy(cell => cell.Operation, StringComparer.Ordinal)];
        Caption = group.Shared.Length > 0 ? $"All cells: {group.Shared}." : "";
    }

    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>The rows by operation.</summary>
    public IReadOnlyList<IGrouping<string, CellResult>> Operations { get; }

    /// <summary>What all cells share; may be empty.</summary>
    public string Caption { get; }

    public bool HasPublished => Columns.Any(column => column.Label == "published");

    public static CellTable Of(GroupView group) => new(group);

    private static IEnumerable<TableColumn> Factors(GroupView group) => group.Layout.Columns
        .Where(column => column.Varies)
        .Select(column => new TableColumn(column.Label, column.AxisLabel, TablePart.Factors, cell => Or(column.Text(cell))));

    private static TableColumn[] Latency() =>
    [
        new("published", "mean latency in the report, on another machine", TablePart.Latency, cell =>
            cell.Published?.LatencyUs is { } us ? Format.Latency(us) : Nothing),
        new("measured", "mean latency ± half width of its 95 % confidence interval", TablePart.Latency, cell =>
            cell.Latency is { } latency ? Interval(cell, new Estimate(latency.Mean, latency.Ci95), Format.Latency, Format.Latency) : Nothing),
        new("ratio", "measured ÷ published: below 1 is faster than the report", TablePart.Latency, cell =>
            RunSummary.LatencyRatio(cell) is { } ratio ? Format.Ratio(ratio) : Nothing),
        new("p50", "half of the operations took at most this long", TablePart.Latency, cell =>
            cell.Latency is { } latency ? Format.Latency(latency.P50) : Nothing),
        new("p99", "99 of 100 operations took at most this long", TablePart.Latency, cell =>
            cell.Latency is { } latency ? Format.Latency(latency.P99) : Nothing),
    ];

    private static TableColumn[] Throughput() =>
    [
        new("published", "throughput in the report, on another machine", TablePart.Throughput, cell =>
            cell.Published?.ThroughputOps is { } ops ? Format.Rate(ops) : Nothing),
        new("measured", "mean throughput ± half width of its 95 % confidence interval", TablePart.Throughput, cell =>
            cell.Throughput is { } rate ? Interval(cell, rate, Format.Rate, Format.Rate) : Nothing),
        new("ratio", "measured ÷ published: above 1 is faster than the report", TablePart.Throughput, cell =>
            RunSummary.ThroughputRatio(cell) is { } ratio ? Format.Ratio(ratio) : Nothing),
        new("of limit", "share of what the machine gives without the system, at the same concurrency", TablePart.Throughput, cell =>
            cell.Limit is { } limit ? Format.Percent(limit.ThroughputShare) : Nothing),
    ];

    // A single iteration has no interval to print.
    private static string Interval(
        CellResult cell, Estimate estimate, Func<double, double, string> interval, Func<double, string> single) =>
        cell.Iterations > 1 ? interval(estimate.Mean, estimate.Ci95) : single(estimate.Mean);

    private static string Or(string text) => text.Length > 0 ? text : Nothing;
}

/// <summary>Processor time per operation and peak memory of every process, cell by cell.</summary>
public sealed class ProcessTable
{
    private ProcessTable(GroupView group)
    {
        Cells = [.. group.Cells.Where(cell => cell.Processes.Count > 0)];
        Names = [.. Cells.SelectMany(cell => cell.Processes).Select(process => process.Name).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The cells that recorded their processes.</summary>
    public IReadOnlyList<CellResult> Cells { get; }

    /// <summary>The processes in order of appearance.</summary>
    public IReadOnlyList<string> Names { get; }

    public static ProcessTable Of(GroupView group) => new(group);

    /// <summary>Processor time per operation of one process.</summary>
    public static string Cpu(CellResult cell, string name) =>
        Find(cell, name) is { } process && cell.Operations > 0 ? Format.Latency(CpuAnalyser.PerOperationUs(cell, process)) : "–";

    /// <summary>Processor time per operation of all processes.</summary>
    public static string TotalCpu(CellResult cell) => cell.Operations > 0 ? Format.Latency(CpuAnalyser.TotalUs(cell)) : "–";

    public static string Memory(CellResult cell, string name) =>
        Find(cell, name) is { } process ? Format.Bytes(process.PeakRssBytes) : "–";

    private static ProcessUsage? Find(CellResult cell, string name) =>
        cell.Processes.FirstOrDefault(process => process.Name == name);
}
