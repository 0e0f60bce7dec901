using System.Text.RegularExpressions;
using System.Xml.Linq;
using Lab.Harness.Archive;
using Lab.Harness.Reports;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

/// <summary>What reports add for a system about connections.</summary>
public sealed partial class EchoReportTests
{
    private static readonly RunResults Results = EchoCells.Full();

    [Fact]
    public async Task The_page_has_growth_claims_and_what_was_left_out()
    {
        var html = await HtmlReport.RenderAsync(ReportModel.Of(Results), CancellationToken.None);

        foreach (var text in new[]
        {
            "Growth of the response", "Growth of the duration", "<td class=\"figure\">25.0&#xD7;</td>", "<td class=\"figure\">12.0&#xD7;</td>",
            "Latency, throughput, duration and the server&#x27;s processor time against connections", "What idle connections cost the server",
            "The report's key observations, tested", "Left out: 12 cells with engine uring: the kernel does not grant io_uring.",
            "12 cells were left out: this machine cannot run them.", "the 5 observations of the epoll report",
            "Mean latency of echo is below the published figure in 45 of 45 cells",
        })
        {
            Assert.Contains(text, html, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("marketplace", html, StringComparison.Ordinal);
        Assert.DoesNotContain("seller-server", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("latency", true)]
    [InlineData("duration_s", true)]
    [InlineData("throughput", false)]
    [InlineData("server-cpu", false)]
    public async Task Each_engine_has_a_line_of_its_own_and_the_published_one_is_dashed(string id, bool hasPublished)
    {
        var html = await HtmlReport.RenderAsync(ReportModel.Of(Results), CancellationToken.None);
        var plot = Plot().Matches(html).Select(match => XElement.Parse(match.Value))
            .First(plot => plot.Element("title")!.Attribute("id")!.Value == $"e1-g1-{id}1-title");

        var description = plot.Element("desc")!.Value;
        Assert.All(new[] { "threads", "select", "epoll", "async", "kestrel" }, engine => Assert.Contains($"{engine}: 100: ", description, StringComparison.Ordinal));
        Assert.Equal(hasPublished, description.Contains("published: 100: ", StringComparison.Ordinal));
        var lines = plot.Elements("path").Select(path => path.Attribute("class")!.Value).Where(css => css.StartsWith("line", StringComparison.Ordinal)).ToList();
        Assert.Equal(hasPublished ? 6 : 5, lines.Count);
    }

    [Fact]
    public void The_markdown_has_the_same_growth_tables()
    {
        var text = MarkdownReport.Render(ReportModel.Of(Results));

        Assert.Contains("| connections | published | threads | select | epoll | async | kestrel |", text, StringComparison.Ordinal);
        Assert.Contains("| 3,000 | 25.0× |", text, StringComparison.Ordinal);
        Assert.Contains("| 3,000 | 12.0× |", text, StringComparison.Ordinal);
        Assert.Contains("Left out: 12 cells with engine uring", text, StringComparison.Ordinal);
        Assert.Contains("memory per connection", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_compared_at_the_highest_load_that_most_of_them_ran_at()
    {
        var cells = new[] { "threads", "select", "epoll", "async", "kestrel" }.Select(engine => EchoCells.Cell(engine, 1000, 50_000));
        var model = ReportModel.Of(TestCells.Results([.. cells, EchoCells.Cell("epoll", 4000, 50_000), EchoCells.Cell("threads", 4000, 50_000)]));

        Assert.Contains(
            "Processor time per operation at 1,000 connections",
            GroupFigures.Of(model.Experiments.Single(experiment => experiment.Groups.Count > 0).Groups.Single()).Select(set => set.Title));
    }

    [Fact]
    public void Without_the_smallest_experiment_there_is_no_growth()
    {
        var model = ReportModel.Of(TestCells.Results(EchoCells.Cell("epoll", 200, 50_000), EchoCells.Cell("epoll", 1000, 50_000)));

        Assert.Empty(model.Experiments.SelectMany(experiment => experiment.Groups).Single().Tables);
    }

    [Fact]
    public void The_table_of_cells_has_published_measured_and_ratio_of_the_duration()
    {
        var cell = EchoCells.Cell("epoll", 3000, 100_000);
        var group = ReportModel.Of(TestCells.Results(cell)).Experiments.Single(experiment => experiment.Groups.Count > 0).Groups.Single();
        var duration = CellTable.Of(group).Columns.Where(column => column.Part == "duration").Select(column => column.Text(cell));

        Assert.Equal(["42.7 s", "3.00 ± 0.030 s", "0.0703×"], duration);
    }

    [Fact]
    public void Idle_connections_have_columns_of_memory_only()
    {
        var cell = EchoCells.Held("threads", 1000, 20_480, threads: true);
        var group = ReportModel.Of(TestCells.Results(cell)).Experiments.Single(experiment => experiment.Groups.Count > 0).Groups.Single();
        var columns = CellTable.Of(group).Columns;

        Assert.All(columns, column => Assert.Equal("memory", column.Part));
        Assert.Equal("20.0 KiB", columns[0].Text(cell));
    }

    [Fact]
    public void The_csv_has_the_figures_of_connections()
    {
        // No field with a comma, so that splitting at commas is enough.
        var cell = EchoCells.Cell("epoll", 3000, 100_000);
        cell = cell with { Published = cell.Published! with { Source = "a report" } };
        var lines = CsvReport.Render(TestCells.Results(cell, EchoCells.Held("threads", 1000, 20_480, threads: true)))
            .Split('\n');
        var header = lines[0].Split(',');

        string Field(int row, string column) => lines[row].Split(',')[Array.IndexOf(header, column)];
        Assert.Equal(("3000", "30000", "30000"), (Field(1, "connections_open"), Field(1, "connections_opened"), Field(1, "connections_log_lines")));
        Assert.Equal(("42.67918426", "25.03", "11.99"), (
            Field(1, "published_duration_s"), Field(1, "published_latency_growth"), Field(1, "published_duration_growth")));
        Assert.Equal("", Field(1, "memory_per_connection_bytes"));
        Assert.Equal(("20480", "1009"), (Field(2, "memory_per_connection_bytes"), Field(2, "threads_idle")));
    }

    [Fact]
    public void An_archive_keeps_what_was_left_out_and_the_connections()
    {
        var read = ResultsJson.Deserialize(ResultsJson.Serialize(Results));

        Assert.Equal(Results.Run.LeftOut, read.Run.LeftOut);
        Assert.Equal(Results.Cells.SelectMany(cell => cell.Metrics), read.Cells.SelectMany(cell => cell.Metrics));
    }

    [GeneratedRegex("<svg .*?</svg>", RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Plot();
}
