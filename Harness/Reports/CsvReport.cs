using System.Globalization;
using CsvHelper;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Measurement;

namespace Lab.Harness.Reports;

/// <summary>
/// One row per cell: its names, one column per factor, then flat figures with their units in the column names, those that every
/// cell has and those of the systems' metrics. A figure that is missing is an empty field. Numbers have all their digits and a point; text that a spreadsheet would run as a formula
/// gets an apostrophe in front.
/// </summary>
public static class CsvReport
{
    private static readonly (string Name, Func<CellResult, object?> Value)[] Names =
    [
        ("experiment", cell => cell.Experiment),
        ("group", cell => cell.Group),
        ("system", cell => cell.System),
        ("operation", cell => cell.Operation),
    ];

    private static readonly (string Name, Func<CellResult, object?> Value)[] Figures =
    [
        ("iterations", cell => cell.Iterations),
        ("failed_iterations", cell => cell.FailedIterations.Count),
        ("operations", cell => cell.Operations),
        ("latency_us_mean", cell => cell.Latency?.Mean),
        ("latency_us_ci95", cell => cell.Latency?.Ci95),
        ("latency_us_p50", cell => cell.Latency?.P50),
        ("latency_us_p90", cell => cell.Latency?.P90),
        ("latency_us_p99", cell => cell.Latency?.P99),
        ("latency_us_p999", cell => cell.Latency?.P999),
        ("latency_us_max", cell => cell.Latency?.Max),
        ("throughput_ops_mean", cell => cell.Throughput?.Mean),
        ("throughput_ops_ci95", cell => cell.Throughput?.Ci95),
        ("errors_total", cell => cell.Errors.Total),
        ("errors_by_kind", cell => string.Join("; ", cell.Errors.ByKind.Select(kind => $"{kind.Key}={kind.Value}"))),
        ("errors_allowed_share", cell => cell.Errors.AllowedShare),
        ("error_latency_us_p50", cell => cell.Errors.Latency?.P50),
        ("error_latency_us_p99", cell => cell.Errors.Latency?.P99),
        ("error_latency_us_max", cell => cell.Errors.Latency?.Max),
        ("verdict", cell => cell.Verdict.ToString().ToLowerInvariant()),
        ("verdict_reason", cell => cell.VerdictReason),
        ("partial", cell => cell.Partial ? "true" : "false"),
        ("published_latency_us", cell => cell.Published?.LatencyUs),
        ("published_throughput_ops", cell => cell.Published?.ThroughputOps),
        ("published_latency_low_us", cell => cell.Published?.LatencyLowUs),
        ("published_latency_high_us", cell => cell.Published?.LatencyHighUs),
        ("published_source", cell => cell.Published?.Source),
        ("latency_ratio", cell => RunSummary.LatencyRatio(cell)),
        ("throughput_ratio", cell => RunSummary.ThroughputRatio(cell)),
        ("limit_calibration", cell => cell.Limit?.Calibration),
        ("limit_latency_us", cell => cell.Limit?.LatencyUs),
        ("limit_throughput_ops", cell => cell.Limit?.ThroughputOps),
        ("limit_added_latency_us", cell => cell.Limit?.AddedLatencyUs),
        ("limit_throughput_share", cell => cell.Limit?.ThroughputShare),
        ("noise", cell => cell.Noise),
        ("cpu_s", cell => cell.Processes.Count > 0 ? cell.Processes.Sum(process => process.CpuS) : null),
        ("cpu_us_per_operation", cell => cell.Processes.Count > 0 && cell.Operations > 0 ? CpuAnalyser.TotalUs(cell) : null),
        ("server_cpu_us_per_operation", cell => ProcessRoles.PerOperationUs(cell, ProcessRoles.Server)),
        ("load_cpu_us_per_operation", cell => ProcessRoles.PerOperationUs(cell, ProcessRoles.Load)),
        ("peak_rss_bytes", cell => cell.Processes.Count > 0 ? cell.Processes.Sum(process => process.PeakRssBytes) : null),
    ];

    public static string Render(RunResults results)
    {
        List<(string Name, Func<CellResult, object?> Value)> figures = [.. Figures, .. results.Cells
            .SelectMany(cell => cell.Info.Metrics).DistinctBy(metric => metric.Name).SelectMany(Columns), .. Published(results)];
        List<(string Name, Func<CellResult, object?> Value)> columns =
        [
            .. Names,
            .. results.Cells.SelectMany(cell => cell.Factors.Keys).Distinct(StringComparer.Ordinal)
                .Select(factor => (ColumnName(factor, figures), (Func<CellResult, object?>)(cell => cell.Factors.GetValueOrDefault(factor)))),
            .. figures,
        ];
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var options = CsvWriterOptions.Default with { Injection = CsvInjection.Escape, NewLine = "\n" };
        using (var writer = CsvWriter.Create(text, options, leaveOpen: true))
        {
            writer.WriteHeader([.. columns.Select(column => column.Name)]);
            foreach (var cell in results.Cells)
            {
                columns.ForEach(column => Write(writer, column.Value(cell)));
                writer.EndRecord();
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, Func<CellResult, object?> Value)> Columns(MetricInfo metric)
    {
        var name = metric.Name;
        return metric.Kind switch
        {
            MetricKind.Gauge when metric.Reduction == MetricReduction.Mean =>
            [
                ($"{name}_mean", cell => cell.Metric<GaugeFigure>(name)?.Value.Mean),
                ($"{name}_ci95", cell => cell.Metric<GaugeFigure>(name)?.Value.Ci95),
                ($"{name}_ratio", cell => PublishedMetric.Ratio(cell, metric)),
            ],
            MetricKind.Gauge => [(name, cell => cell.Metric<GaugeFigure>(name)?.Value.Mean)],
            MetricKind.Counter => [(name, cell => cell.Metric<CounterFigure>(name)?.Total)],
            MetricKind.Histogram =>
            [
                ($"{name}_mean", cell => cell.Metric<HistogramFigure>(name)?.Value.Mean),
                ($"{name}_p50", cell => cell.Metric<HistogramFigure>(name)?.Value.P50),
                ($"{name}_p99", cell => cell.Metric<HistogramFigure>(name)?.Value.P99),
            ],
            MetricKind.Phases => metric.Parts.SelectMany(part => Phase(name, part)),
            MetricKind.Series => metric.Parts.Select(part => ($"{Underscored(part)}_us", (Func<CellResult, object?>)(cell =>
                cell.Metric<SeriesFigure>(name)?.Timeline.Markers.FirstOrDefault(marker => marker.Name == part)?.AtUs))),
            _ => [],
        };
    }

    private static IEnumerable<(string Name, Func<CellResult, object?> Value)> Phase(string metric, string part)
    {
        var prefix = $"{Underscored(part)}_us";
        return [($"{prefix}_mean", cell => Of(cell)?.MeanUs), ($"{prefix}_p50", cell => Of(cell)?.P50Us), ($"{prefix}_p99", cell => Of(cell)?.P99Us)];

        PhaseFigures? Of(CellResult cell) => cell.Metric<PhasesFigure>(metric)?.Phases.FirstOrDefault(phase => phase.Name == part);
    }

    /// <summary>A column for each figure beyond latency and throughput that a report gives.</summary>
    private static IEnumerable<(string Name, Func<CellResult, object?> Value)> Published(RunResults results) => results.Cells
        .SelectMany(cell => cell.Published?.Metrics.Keys ?? [])
        .Distinct(StringComparer.Ordinal)
        .Select(name => ($"published_{name}", (Func<CellResult, object?>)(cell => cell.Published?.Metric(name))));

    private static string Underscored(string words) => words.Replace(' ', '_');

    // A factor that is called like another column must not pass for it.
    private static string ColumnName(string factor, List<(string Name, Func<CellResult, object?> Value)> figures) =>
        Names.Concat(figures).Any(column => column.Name == factor) ? $"factor_{factor}" : factor;

    private static void Write(CsvWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteField(""); break;
            case double number when !double.IsFinite(number): writer.WriteField(""); break;
            case double number: writer.WriteField(number); break;
            case long number: writer.WriteField(number); break;
            case int number: writer.WriteField(number); break;
            default: writer.WriteField(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }
}
