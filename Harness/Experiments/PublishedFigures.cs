using System.Globalization;
using CsvHelper;
using Lab.Harness.Archive;

namespace Lab.Harness.Experiments;

/// <summary>
/// The figures of a report, from <c>experiments/published/*.csv</c>. Columns <c>operation</c>, <c>latency_ms</c>,
/// <c>throughput_ops</c> and <c>source</c>; where a report is about connections also <c>duration_s</c>,
/// <c>latency_growth</c>, <c>duration_growth</c> and <c>log_lines</c>; where it gives a range instead of a mean
/// <c>latency_low_ms</c> and <c>latency_high_ms</c>. Every other column is a factor. An empty cell says nothing.
/// </summary>
public sealed class PublishedFigures
{
    private static readonly string[] FigureColumns = ["operation", "latency_ms", "throughput_ops", "source"];

    private static readonly string[] OptionalFigureColumns =
        ["duration_s", "latency_growth", "duration_growth", "log_lines", "latency_low_ms", "latency_high_ms"];

    private readonly List<Row> _rows;

    private PublishedFigures(List<Row> rows) => _rows = rows;

    public static PublishedFigures None { get; } = new([]);

    /// <exception cref="FormatException">
    /// A column is missing or a figure is not a number; the message names file and line.
    /// </exception>
    public static PublishedFigures Read(string path)
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

        var rows = new List<Row>();
        while (reader.Read())
        {
            if (reader.FieldCount != columns.Length)
            {
                throw new FormatException(
                    $"{path}:{reader.LineNumber}: {reader.FieldCount} fields; "
                    + $"expected {columns.Length} as in the header");
            }

            double? Figure(string column) => (columns.Contains(column) ? reader.GetString(column) : "") switch
            {
                "" => null,
                var text when double.TryParse(text, CultureInfo.InvariantCulture, out var value)
                    && double.IsFinite(value) => value,
                var text => throw new FormatException($"{path}:{reader.LineNumber}: {column} '{text}' is not a number"),
            };

            var factors = columns.Except(FigureColumns, StringComparer.Ordinal)
                .Except(OptionalFigureColumns, StringComparer.Ordinal)
                .Select(column => (column, value: reader.GetString(column)))
                .Where(factor => factor.value.Length > 0)
                .ToDictionary(factor => factor.column, factor => factor.value, StringComparer.Ordinal);
            rows.Add(new Row(
                reader.GetString("operation"),
                factors,
                new PublishedFigure(Figure("latency_ms") * 1000, Figure("throughput_ops"), reader.GetString("source"))
                {
                    DurationS = Figure("duration_s"),
                    LatencyGrowth = Figure("latency_growth"),
                    DurationGrowth = Figure("duration_growth"),
                    LogLines = (long?)Figure("log_lines"),
                    LatencyLowUs = Figure("latency_low_ms") * 1000,
                    LatencyHighUs = Figure("latency_high_ms") * 1000,
                }));
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

    private sealed record Row(string Operation, Dictionary<string, string> Factors, PublishedFigure Figure);
}
