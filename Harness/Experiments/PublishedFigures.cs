using System.Globalization;
using CsvHelper;
using Lab.Harness.Archive;
using Lab.Terminal;

namespace Lab.Harness.Experiments;

/// <summary>
/// The figures of a report, from <c>experiments/published/*.csv</c>. Columns <c>operation</c>, <c>latency_ms</c>,
/// <c>throughput_ops</c> and <c>source</c>; where a report gives a range instead of a mean <c>latency_low_ms</c> and
/// <c>latency_high_ms</c>. A column that is called like a factor of the system is that factor; every other one is a figure by
/// the name of a metric. An empty cell says nothing.
/// </summary>
public sealed class PublishedFigures
{
    private static readonly string[] FigureColumns = ["operation", "latency_ms", "throughput_ops", "source"];

    private static readonly string[] RangeColumns = ["latency_low_ms", "latency_high_ms"];

    private readonly List<Row> _rows;

    private PublishedFigures(List<Row> rows) => _rows = rows;

    public static PublishedFigures None { get; } = new([]);

    /// <param name="path">The file.</param>
    /// <param name="system">Whose factors and metrics its columns may name.</param>
    /// <exception cref="FormatException">
    /// A column is missing or unknown, or a figure is not a number; the message names file and line.
    /// </exception>
    public static PublishedFigures Read(string path, SystemDescription system)
    {
        using var reader = CsvReader.FromFile(
            path,
            CsvReaderOptions.Default with { TrackLineNumbers = true, MalformedData = CsvMalformedDataHandling.Throw });
        reader.ReadHeader();
        var columns = reader.Headers.ToArray();
        var missing = FigureColumns.Except(columns, StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            throw new FormatException($"{path}:1: column {string.Join(", ", missing)} is missing");
        }

        string[] factors = [.. system.Factors.SelectMany(factor => factor.Resolved).Where(columns.Contains).Except(FigureColumns, StringComparer.Ordinal)];
        string[] metrics = [.. columns.Except([.. FigureColumns, .. RangeColumns, .. factors], StringComparer.Ordinal)];
        string[] known = [.. system.Metrics.Select(metric => metric.Name), .. system.OtherPublishedColumns];
        if (metrics.Except(known, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
        {
            throw new FormatException(
                $"{path}:1: column {Spelling.Quote(unknown)} is neither a factor nor a metric of '{system.Name}'"
                + Spelling.DidYouMean(unknown, [.. system.Factors.SelectMany(factor => factor.Resolved), .. known, .. RangeColumns]).TrimEnd(';'));
        }

        var rows = new List<Row>();
        while (reader.Read())
        {
            if (reader.FieldCount != columns.Length)
            {
                throw new FormatException($"{path}:{reader.LineNumber}: {reader.FieldCount} fields; expected {columns.Length} as in the header");
            }

            var line = reader.LineNumber;
            rows.Add(Row.Of(
                factors,
                metrics,
                column => columns.Contains(column) ? reader.GetString(column) : "",
                column => new FormatException($"{path}:{line}: {column} '{reader.GetString(column)}' is not a number")));
        }

        return new PublishedFigures(rows);
    }

    /// <summary>
    /// The figure whose factors all have the cell's values, or null. Factors the report does not state match all.
    /// </summary>
    public PublishedFigure? Find(string operation, IReadOnlyDictionary<string, object> factors) =>
        _rows.Find(row => row.Operation == operation && row.Factors.All(stated =>
            factors.TryGetValue(stated.Key, out var value)
            && string.Equals(Convert.ToString(value, CultureInfo.InvariantCulture), stated.Value, StringComparison.Ordinal)))?.Figure;

    private sealed record Row(string Operation, Dictionary<string, string> Factors, PublishedFigure Figure)
    {
        public static Row Of(string[] factors, string[] metrics, Func<string, string> text, Func<string, FormatException> noNumber)
        {
            return new Row(
                text("operation"),
                factors.Where(factor => text(factor).Length > 0).ToDictionary(factor => factor, text, StringComparer.Ordinal),
                new PublishedFigure(Figure("latency_ms") * 1000, Figure("throughput_ops"), text("source"))
                {
                    Metrics = metrics.Where(metric => text(metric).Length > 0).ToDictionary(metric => metric, metric => Figure(metric)!.Value, StringComparer.Ordinal),
                    LatencyLowUs = Figure("latency_low_ms") * 1000,
                    LatencyHighUs = Figure("latency_high_ms") * 1000,
                });

            double? Figure(string column) => text(column) switch
            {
                "" => null,
                var number when double.TryParse(number, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) => value,
                _ => throw noNumber(column),
            };
        }
    }
}
