using System.Globalization;
using CsvHelper;
using Lab.Harness.Reports;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

public sealed class CsvReportTests
{
    [Fact]
    public void What_was_written_can_be_read_back_to_the_last_digit()
    {
        var results = SampleResults.Full();
        var rows = Read(CsvReport.Render(results));

        Assert.Equal(results.Cells.Count, rows.Count);
        foreach (var (cell, row) in results.Cells.Zip(rows))
        {
            Assert.Equal(cell.Operation, row["operation"]);
            Assert.Equal(cell.Factors.TryGetValue("sellers", out var sellers) ? $"{sellers}" : "", row["sellers"]);
            Assert.Equal(cell.Factors.GetValueOrDefault("engine") ?? "", row["engine"]);
            Assert.Equal(cell.Latency?.P99, Number(row["latency_us_p99"]));
            Assert.Equal(cell.Throughput?.Mean, Number(row["throughput_ops_mean"]));
            Assert.Equal(cell.Published?.LatencyUs, Number(row["published_latency_us"]));
            Assert.Equal(cell.Limit?.ThroughputShare, Number(row["limit_throughput_share"]));
            Assert.Equal(cell.Verdict.ToString(), row["verdict"], ignoreCase: true);
            Assert.Equal(cell.VerdictReason, row["verdict_reason"]);
            Assert.Equal(cell.Noise ?? "", row["noise"]);
        }
    }

    [Fact]
    public void A_cell_without_figures_has_empty_fields()
    {
        var row = Assert.Single(Read(CsvReport.Render(TestCells.Results(TestCells.At(1, 1, 1).WithoutFigures()))));

        Assert.Equal("", row["latency_us_mean"]);
        Assert.Equal("", row["throughput_ops_mean"]);
        Assert.Equal("", row["cpu_us_per_operation"]);
    }

    [Fact]
    public void Text_keeps_its_quotes_and_line_breaks_and_never_becomes_a_formula()
    {
        var cell = TestCells.At(1, 1, 1, "=HYPERLINK(\"http://x\")") with { VerdictReason = "two \"lost\",\nor three" };
        var row = Assert.Single(Read(CsvReport.Render(TestCells.Results(cell))));

        Assert.Equal("two \"lost\",\nor three", row["verdict_reason"]);
        Assert.StartsWith("'=", row["operation"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_factor_that_is_called_like_a_figure_has_a_column_of_its_own()
    {
        var row = Assert.Single(Read(CsvReport.Render(TestCells.Results(TestCells.Cell("echo", 5, 1, factors: [("operations", 77)])))));

        Assert.Equal("77", row["factor_operations"]);
        Assert.Equal("1000", row["operations"]);
    }

    [Fact]
    public void Errors_are_listed_by_kind() => Assert.Equal(
        "timeout=30; unavailable=7",
        Assert.Single(Read(CsvReport.Render(TestCells.Results(TestCells.At(1, 1, 1).WithErrors(("timeout", 30), ("unavailable", 7))))))["errors_by_kind"]);

    [Fact]
    public void A_run_without_cells_is_a_header() => Assert.Empty(Read(CsvReport.Render(SampleResults.Empty())));

    private static double? Number(string field) =>
        field.Length == 0 ? null : double.Parse(field, CultureInfo.InvariantCulture);

    private static List<Dictionary<string, string>> Read(string csv)
    {
        using var reader = CsvReader.FromText(csv, CsvReaderOptions.Default);
        reader.ReadHeader();
        var headers = reader.Headers.ToArray();
        Assert.Equal(headers.Length, headers.Distinct(StringComparer.Ordinal).Count());
        var rows = new List<Dictionary<string, string>>();
        while (reader.Read())
        {
            rows.Add(headers.ToDictionary(header => header, reader.GetString));
        }

        return rows;
    }
}
