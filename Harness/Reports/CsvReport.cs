using System.Globalization;
using CsvHelper;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>
/// One row per cell: its names, one column per factor, then flat figures with their units in the column names. A figure that
/// is missing is an empty field. Numbers have all their digits and a point; text that a spreadsheet would run as a formula
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
        ("verdict", cell => cell.Verdict.ToString().ToLowerInvariant()),
        ("verdict_reason", cell => cell.VerdictReason),
        ("published_latency_us", cell => cell.Published?.LatencyUs),
        ("published_throughput_ops", cell => cell.Published?.ThroughputOps),
        ("published_duration_s", cell => cell.Published?.DurationS),
        ("published_latency_growth", cell => cell.Published?.LatencyGrowth),
        ("published_duration_growth", cell => cell.Published?.DurationGrowth),
        ("published_log_lines", cell => cell.Published?.LogLines),
        ("published_latency_low_us", cell => cell.Published?.LatencyLowUs),
        ("published_latency_high_us", cell => cell.Published?.LatencyHighUs),
        ("published_source", cell => cell.Published?.Source),
        ("latency_ratio", cell => RunSummary.LatencyRatio(cell)),
        ("throughput_ratio", cell => RunSummary.ThroughputRatio(cell)),
        ("duration_ratio", cell => ConnectionCells.DurationRatio(cell)),
        ("limit_calibration", cell => cell.Limit?.Calibration),
        ("limit_latency_us", cell => cell.Limit?.LatencyUs),
        ("limit_throughput_ops", cell => cell.Limit?.ThroughputOps),
        ("limit_added_latency_us", cell => cell.Limit?.AddedLatencyUs),
        ("limit_throughput_share", cell => cell.Limit?.ThroughputShare),
        ("duration_s_mean", cell => cell.Connections?.Duration?.Mean),
        ("duration_s_ci95", cell => cell.Connections?.Duration?.Ci95),
        ("connections_open", cell => cell.Connections?.Open),
        ("connections_opened", cell => cell.Connections?.Opened),
        ("connections_log_lines", cell => cell.Connections?.LogLines),
        ("connect_rate", cell => cell.Connections?.ConnectRate),
        ("load_processes", cell => cell.Connections?.LoadProcesses),
        ("memory_per_connection_bytes", cell => cell.Connections?.Memory?.PerConnectionBytes),
        ("memory_per_thread_bytes", cell => cell.Connections?.Memory?.PerThreadBytes),
        ("memory_before_bytes", cell => cell.Connections?.Memory?.RssBeforeBytes),
        ("memory_idle_bytes", cell => cell.Connections?.Memory?.RssIdleBytes),
        ("threads_before", cell => cell.Connections?.Memory?.ThreadsBefore),
        ("threads_idle", cell => cell.Connections?.Memory?.ThreadsIdle),
        ("server_cpu_us_per_operation", cell => ConnectionCells.ServerUs(cell)),
        ("load_cpu_us_per_operation", cell => ConnectionCells.LoadUs(cell)),
        .. ElectionPhases.All.SelectMany(Phase),
        ("noise", cell => cell.Noise),
        ("cpu_s", cell => cell.Processes.Count > 0 ? cell.Processes.Sum(process => process.CpuS) : null),
        ("cpu_us_per_operation", cell => cell.Processes.Count > 0 && cell.Operations > 0 ? CpuAnalyser.TotalUs(cell) : null),
        ("peak_rss_bytes", cell => cell.Processes.Count > 0 ? cell.Processes.Sum(process => process.PeakRssBytes) : null),
    ];

    public static string Render(RunResults results)
    {
        var factors = results.Cells.SelectMany(cell => cell.Factors.Keys).Distinct(StringComparer.Ordinal).ToList();
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var options = CsvWriterOptions.Default with { Injection = CsvInjection.Escape, NewLine = "\n" };
        using (var writer = CsvWriter.Create(text, options, leaveOpen: true))
        {
            writer.WriteHeader(
                [.. Names.Select(column => column.Name), .. factors.Select(ColumnName), .. Figures.Select(column => column.Name)]);
            foreach (var cell in results.Cells)
            {
                foreach (var column in Names)
                {
                    Write(writer, column.Value(cell));
                }

                factors.ForEach(factor => Write(writer, cell.Factors.GetValueOrDefault(factor)));
                foreach (var column in Figures)
                {
                    Write(writer, column.Value(cell));
                }

                writer.EndRecord();
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, Func<CellResult, object?> Value)> Phase(string name)
    {
        var prefix = $"{name.Replace(' ', '_')}_us";
        return [($"{prefix}_mean", cell => Of(cell)?.MeanUs), ($"{prefix}_p50", cell => Of(cell)?.P50Us), ($"{prefix}_p99", cell => Of(cell)?.P99Us)];

        PhaseFigures? Of(CellResult cell) => cell.Phases.FirstOrDefault(phase => phase.Name == name);
    }

    // A factor that is called like another column must not pass for it.
    private static string ColumnName(string factor) =>
        Names.Concat(Figures).Any(column => column.Name == factor) ? $"factor_{factor}" : factor;

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
