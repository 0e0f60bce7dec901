using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>What a column of a table is about: columns of one part stand under a common heading.</summary>
public enum TablePart
{
    Factors,
    Latency,
    Throughput,
    Duration,
    Phases,
    Change,
    Memory,
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
        TableColumn[] figures = group.WeighsIdle ? Memory()
            : group.TimesElections ? [.. Latency(), .. Phases()]
            : [.. Latency(), .. Throughput(), .. Duration(), .. Change()];
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
            cell.Published is { LatencyUs: { } us } ? Format.Latency(us)
                : cell.Published is { LatencyLowUs: { } low, LatencyHighUs: { } high } ? $"{Format.Latency(low)} to {Format.Latency(high)}"
                : Nothing),
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

    private static TableColumn[] Duration() =>
    [
        new("published", "mean duration of a connection in the report, on other machines", TablePart.Duration, cell =>
            cell.Published?.DurationS is { } seconds ? Format.Latency(seconds * 1e6) : Nothing),
        new("measured", "mean duration of a connection ± half width of its 95 % confidence interval", TablePart.Duration, cell =>
            ConnectionCells.DurationS(cell) is { } s
                ? Interval(cell, new Estimate(s.Mean * 1e6, s.Ci95 * 1e6), Format.Latency, Format.Latency)
                : Nothing),
        new("ratio", "measured ÷ published: below 1 is faster than the report", TablePart.Duration, cell =>
            ConnectionCells.DurationRatio(cell) is { } ratio ? Format.Ratio(ratio) : Nothing),
    ];

    private static IEnumerable<TableColumn> Phases() => ElectionPhases.All.Select(name => new TableColumn(
        name, $"mean time of this part of the change: {name}", TablePart.Phases, cell =>
            cell.Phases.FirstOrDefault(phase => phase.Name == name) is { } phase ? Format.Latency(phase.MeanUs) : Nothing));

    private static IEnumerable<TableColumn> Change() =>
        new[] { ChangeMarkers.Noticed, ChangeMarkers.Trades, ChangeMarkers.FirstSale }.Select(name => new TableColumn(
            name, $"from the kill on, median over the iterations: {name}", TablePart.Change, cell =>
                cell.Timeline?.Markers.FirstOrDefault(marker => marker.Name == name) is { } marker ? Format.Latency(marker.AtUs) : Nothing));

    private static TableColumn[] Memory() =>
    [
        Held("per connection", "resident memory that an idle connection adds to the server", memory => Format.Bytes(memory.PerConnectionBytes)),
        Held("per thread", "the same divided by the threads that the connections brought", memory =>
            memory.PerThreadBytes is { } bytes ? Format.Bytes(bytes) : Nothing),
        Held("server before", "resident memory of the server before its connections were opened", memory => Format.Bytes(memory.RssBeforeBytes)),
        Held("server idle", "resident memory of the server with all connections open", memory => Format.Bytes(memory.RssIdleBytes)),
        Held("threads before", "threads of the server before its connections were opened", memory => Format.Count(memory.ThreadsBefore)),
        Held("threads idle", "threads of the server with all connections open", memory => Format.Count(memory.ThreadsIdle)),
    ];

    private static TableColumn Held(string label, string explanation, Func<ConnectionMemory, string> text) =>
        new(label, explanation, TablePart.Memory, cell => cell.Connections?.Memory is { } memory ? text(memory) : Nothing);

    // A single iteration has no interval to print.
    private static string Interval(
        CellResult cell, Estimate estimate, Func<double, double, string> interval, Func<double, string> single) =>
        cell.Iterations > 1 ? interval(estimate.Mean, estimate.Ci95) : single(estimate.Mean);

    private static string Or(string text) => text.Length > 0 ? text : Nothing;
}

/// <summary>
/// Processor time per operation and peak memory of every process that had something to do, cell by cell.
/// </summary>
public sealed class ProcessTable
{
    // Below it, a process was idle: servers of other systems, which are up for other cells.
    private const double LeastShare = 0.005;

    private ProcessTable(GroupView group)
    {
        // A process that was killed cannot be asked what it used: without it, the others' figures would mislead.
        Cells = [.. group.Cells.Where(cell => cell.Processes.Count > 0 && !ElectionAnalyser.IsElection(cell) && cell.Timeline is null)];
        Names = NamesIn(Cells);
    }

    /// <summary>The cells that recorded their processes, and killed none of them.</summary>
    public IReadOnlyList<CellResult> Cells { get; }

    /// <summary>The processes in order of appearance.</summary>
    public IReadOnlyList<string> Names { get; }

    public static ProcessTable Of(GroupView group) => new(group);

    /// <summary>
    /// The processes, or their roles, that took a share worth showing in at least one of the cells, in order of appearance.
    /// </summary>
    public static IReadOnlyList<string> NamesIn(IEnumerable<CellResult> cells) => NamesIn(cells, ProcessRoles.Added);

    /// <summary>The same of processes that are added up in another way.</summary>
    public static IReadOnlyList<string> NamesIn(IEnumerable<CellResult> cells, Func<CellResult, IReadOnlyList<ProcessUsage>> processes) => [.. cells
        .SelectMany(cell => processes(cell).Where(process => process.CpuS >= cell.Processes.Sum(all => all.CpuS) * LeastShare))
        .Select(process => process.Name)
        .Distinct(StringComparer.Ordinal)];

    /// <summary>Processor time per operation of one process.</summary>
    public static string Cpu(CellResult cell, string name) =>
        Find(cell, name) is { } process && cell.Operations > 0 ? Format.Latency(CpuAnalyser.PerOperationUs(cell, process)) : "–";

    /// <summary>Processor time per operation of all processes.</summary>
    public static string TotalCpu(CellResult cell) => cell.Operations > 0 ? Format.Latency(CpuAnalyser.TotalUs(cell)) : "–";

    public static string Memory(CellResult cell, string name) =>
        Find(cell, name) is { } process ? Format.Bytes(process.PeakRssBytes) : "–";

    private static ProcessUsage? Find(CellResult cell, string name) =>
        ProcessRoles.Added(cell).FirstOrDefault(process => process.Name == name);
}
