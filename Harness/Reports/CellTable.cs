using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Measurement;

namespace Lab.Harness.Reports;

/// <summary>A column of figures.</summary>
/// <param name="Label">Its own heading.</param>
/// <param name="Explanation">The heading in full, for a pointer that rests on it.</param>
/// <param name="Part">What it is about: columns of one part stand under a common heading.</param>
/// <param name="Text">A cell's figure, formatted; an en dash where there is none.</param>
public sealed record TableColumn(string Label, string Explanation, string Part, Func<CellResult, string> Text)
{
    public const string Factors = "factors";
    public const string Latency = "latency";
    public const string Throughput = "throughput";
}

/// <summary>Published, measured and ratio of every cell of a group. Columns without any figure are left out.</summary>
public sealed class CellTable
{
    private const string Nothing = "–";

    private CellTable(GroupView group)
    {
        TableColumn[] figures =
        [
            .. group.Shows(CommonFigures.Latency) ? Latency() : [],
            .. group.Shows(CommonFigures.Throughput) ? Throughput() : [],
            .. group.Metrics.Where(metric => metric.ShownIn != ShownIn.Archive).SelectMany(metric => Metric(metric, group)),
        ];
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
        .Select(column => new TableColumn(column.Label, column.AxisLabel, TableColumn.Factors, cell => Or(column.Text(cell))));

    private static TableColumn[] Latency() =>
    [
        new("published", "mean latency in the report, on another machine", TableColumn.Latency, cell =>
            cell.Published is { LatencyUs: { } us } ? Format.Latency(us)
                : cell.Published is { LatencyLowUs: { } low, LatencyHighUs: { } high } ? $"{Format.Latency(low)} to {Format.Latency(high)}"
                : Nothing),
        new("measured", "mean latency ± half width of its 95 % confidence interval", TableColumn.Latency, cell =>
            cell.Latency is { } latency ? Interval(cell, new Estimate(latency.Mean, latency.Ci95), Format.Latency, Format.Latency) : Nothing),
        new("ratio", "measured ÷ published: below 1 is faster than the report", TableColumn.Latency, cell =>
            RunSummary.LatencyRatio(cell) is { } ratio ? Format.Ratio(ratio) : Nothing),
        new("p50", "half of the operations took at most this long", TableColumn.Latency, cell =>
            cell.Latency is { } latency ? Format.Latency(latency.P50) : Nothing),
        new("p99", "99 of 100 operations took at most this long", TableColumn.Latency, cell =>
            cell.Latency is { } latency ? Format.Latency(latency.P99) : Nothing),
    ];

    private static TableColumn[] Throughput() =>
    [
        new("published", "throughput in the report, on another machine", TableColumn.Throughput, cell =>
            cell.Published?.ThroughputOps is { } ops ? Format.Rate(ops) : Nothing),
        new("measured", "mean throughput ± half width of its 95 % confidence interval", TableColumn.Throughput, cell =>
            cell.Throughput is { } rate ? Interval(cell, rate, Format.Rate, Format.Rate) : Nothing),
        new("ratio", "measured ÷ published: above 1 is faster than the report", TableColumn.Throughput, cell =>
            RunSummary.ThroughputRatio(cell) is { } ratio ? Format.Ratio(ratio) : Nothing),
        new("of limit", "share of what the machine gives without the system, at the same concurrency", TableColumn.Throughput, cell =>
            cell.Limit is { } limit ? Format.Percent(limit.ThroughputShare) : Nothing),
    ];

    private static IEnumerable<TableColumn> Metric(MetricInfo metric, GroupView group) => metric.Kind switch
    {
        MetricKind.Gauge when group.Cells.Any(cell => PublishedMetric.Of(cell, metric) is not null) => Compared(metric),
        MetricKind.Gauge => [Column(metric, metric.Label, cell => cell.Metric<GaugeFigure>(metric.Name) is { Value: var value } ? Format.Value(metric.Unit, value) : null)],
        MetricKind.Counter => [Column(metric, metric.Label, cell => cell.Metric<CounterFigure>(metric.Name) is { Total: var total } ? Format.Value(metric.Unit, total) : null)],
        MetricKind.Histogram =>
        [
            Column(metric, "mean", cell => Histogram(cell, metric)?.Mean is { } us ? Format.Latency(us) : null),
            Column(metric, "p50", cell => Histogram(cell, metric)?.P50 is { } us ? Format.Latency(us) : null),
            Column(metric, "p99", cell => Histogram(cell, metric)?.P99 is { } us ? Format.Latency(us) : null),
        ],
        MetricKind.Phases => metric.Parts.Select(part => Column(metric, part, cell =>
            cell.Metric<PhasesFigure>(metric.Name)?.Phases.FirstOrDefault(phase => phase.Name == part) is { } phase ? Format.Latency(phase.MeanUs) : null)),
        MetricKind.Series => metric.Parts.Select(part => Column(metric, part, cell =>
            cell.Metric<SeriesFigure>(metric.Name)?.Timeline.Markers.FirstOrDefault(marker => marker.Name == part) is { } marker ? Format.Latency(marker.AtUs) : null)),
        _ => [],
    };

    private static IEnumerable<TableColumn> Compared(MetricInfo metric) =>
    [
        new("published", $"{metric.Label} in the report, on another machine", metric.Heading, cell =>
            PublishedMetric.Of(cell, metric) is { } value ? Format.Value(metric.Unit, value) : Nothing),
        new("measured", $"{metric.Explanation} ± half width of the 95 % confidence interval", metric.Heading, cell =>
            cell.Metric<GaugeFigure>(metric.Name) is { Value: var value }
                ? cell.Iterations > 1 ? Format.Value(metric.Unit, value) : Format.Value(metric.Unit, value.Mean)
                : Nothing),
        new("ratio", $"measured ÷ published{Wanted(metric)}", metric.Heading, cell =>
            PublishedMetric.Ratio(cell, metric) is { } ratio ? Format.Ratio(ratio) : Nothing),
    ];

    private static TableColumn Column(MetricInfo metric, string label, Func<CellResult, string?> text) =>
        new(label, metric.Parts.Count > 0 ? $"{metric.Explanation}: {label}" : metric.Explanation, metric.Heading, cell => text(cell) ?? Nothing);

    private static LatencySummary? Histogram(CellResult cell, MetricInfo metric) => cell.Metric<HistogramFigure>(metric.Name)?.Value;

    private static string Wanted(MetricInfo metric) => metric.Better switch
    {
        Better.Lower => ": below 1 is better than the report",
        Better.Higher => ": above 1 is better than the report",
        _ => "",
    };

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
        Cells = [.. group.Cells.Where(cell => cell.Processes.Count > 0 && cell.Does.Figures.HasFlag(CommonFigures.Processes))];
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
    public static IReadOnlyList<string> NamesIn(IEnumerable<CellResult> cells) => [.. cells
        .SelectMany(cell => ProcessRoles.Added(cell).Where(process => process.CpuS >= cell.Processes.Sum(all => all.CpuS) * LeastShare))
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
