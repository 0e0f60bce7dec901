using System.Text.RegularExpressions;
using System.Xml.Linq;
using Lab.Harness.Archive;
using Lab.Harness.Reports;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

public sealed partial class HtmlReportTests
{
    [Fact]
    public async Task Every_section_is_there()
    {
        var html = await RenderAsync(SampleResults.Full());

        foreach (var heading in new[]
        {
            "Marketplace: the published experiments", "Failed: an invariant was broken", "Environment", "Results",
            "The report's key observations, tested", "Across groups", "Clients", "Many items", "Deployment",
            "The machine's own limits", "What the machine gives", "How to read this report",
            "Latency and throughput against clients (sellers &#x2B; buyers)", "Latency distribution at 100&#x2B;100 clients",
            "Processor time per operation at 100&#x2B;100 clients", "Processor time and peak memory of each process", "Errors by kind",
        })
        {
            Assert.Contains($">{heading}<", html, StringComparison.Ordinal);
        }

        Assert.Contains("another machine", html, StringComparison.Ordinal);
        Assert.Contains("steal time 6.1", html, StringComparison.Ordinal);
        Assert.Contains("registrations: 20,000 acknowledged, 19,998 in the database", html, StringComparison.Ordinal);
        Assert.Equal(65, CellRow().Count(html));
    }

    [Fact]
    public async Task A_run_without_trouble_says_that_it_passed()
    {
        var html = await RenderAsync(SampleResults.Quick());

        Assert.Contains("Passed: every invariant held", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Errors by kind", html, StringComparison.Ordinal);
        Assert.Contains("No request failed in this group.", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_without_cells_is_a_report_too()
    {
        var html = await RenderAsync(SampleResults.Empty());

        Assert.Contains("The run ended early: the database did not start", html, StringComparison.Ordinal);
        Assert.Contains("Not measured in this run: Clients, Many items, Deployment, Calibration.", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<svg", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_cell_is_drawn_as_bars()
    {
        var html = await RenderAsync(SampleResults.OneCell());

        Assert.Contains("class=\"bar s0\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("against clients", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_fetched_from_anywhere()
    {
        var html = await RenderAsync(SampleResults.Full());

        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", html, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_text_stays_text()
    {
        var html = await RenderAsync(HostileResults.Of());

        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotMatch(Handler(), html);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain('\u0001', html);
        Assert.Equal(html.Split("<svg").Length, html.Split("</svg>").Length);
        Assert.NotEmpty(Plots(html));
    }

    [Fact]
    public async Task Every_plot_has_a_title_and_says_its_figures_in_words()
    {
        var plots = Plots(await RenderAsync(SampleResults.Full()));

        Assert.InRange(plots.Count, 20, 60);
        Assert.All(plots, plot =>
        {
            Assert.Equal("img", plot.Attribute("role")?.Value);
            Assert.NotEmpty(plot.Element("title")!.Value);
            Assert.Matches("[0-9]", plot.Element("desc")!.Value);
            Assert.DoesNotContain("NaN", plot.ToString(), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("full")]
    [InlineData("quick")]
    [InlineData("hostile")]
    public async Task Names_are_unique_and_every_link_leads_somewhere(string which)
    {
        var html = await RenderAsync(which switch { "full" => SampleResults.Full(), "quick" => SampleResults.Quick(), _ => HostileResults.Of() });
        var ids = Id().Matches(html).Select(match => match.Groups["name"].Value).ToList();

        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        var links = Link().Matches(html).Select(match => match.Groups["name"].Value).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.Contains(link, ids));
    }

    [Fact]
    public async Task Tables_and_plots_follow_from_what_varies_in_any_system()
    {
        CellResult Echo(int connections, string io) => TestCells.Cell(
            "echo", 1000 + connections, 10 * connections, group: "connections", factors: [("connections", connections), ("io", io)]) with
        {
            Experiment = "echo",
            System = "somebody-elses",
            Info = new SystemInfo("somebody-elses"),
        };

        var html = await RenderAsync(TestCells.Results(Echo(100, "epoll"), Echo(4000, "epoll"), Echo(100, "select"), Echo(4000, "select")));

        Assert.Contains("Latency and throughput against connections", html, StringComparison.Ordinal);
        Assert.Contains("select against epoll at 4,000 connections", html, StringComparison.Ordinal);
        Assert.DoesNotContain("key observations", html, StringComparison.Ordinal);
        Assert.DoesNotContain("of limit</th>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_report_is_not_rendered()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => HtmlReport.RenderAsync(ReportModel.Of(SampleResults.OneCell()), cancelled.Token));
    }

    private static Task<string> RenderAsync(RunResults results) => HtmlReport.RenderAsync(ReportModel.Of(results), CancellationToken.None);

    private static List<XElement> Plots(string html) => [.. Plot().Matches(html).Select(match => XElement.Parse(match.Value))];

    [GeneratedRegex("<svg .*?</svg>", RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Plot();

    // An attribute of its own, not a word within the quotes of another.
    [GeneratedRegex("<\\w+(?:\\s+[\\w:-]+(?:=\"[^\"]*\")?)*?\\s+onload", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Handler();

    [GeneratedRegex("<tr id=\"cell-", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CellRow();

    [GeneratedRegex(" id=\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Id();

    [GeneratedRegex("href=\"#(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Link();
}
