using System.Text.RegularExpressions;
using System.Xml.Linq;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports;
using Lab.Harness.Systems.TradingPost;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

/// <summary>What reports add for a system that elects.</summary>
public sealed partial class TradingPostReportTests
{
    private static readonly RunResults Results = TradingPostCells.Full();

    [Fact]
    public async Task The_page_has_parts_timeline_and_histogram()
    {
        var plots = await PlotsAsync(Results);

        Assert.All(
            new[]
            {
                "Where the time of a change goes: After kill -9, election as-published", "Where the time of a change goes: After SIGSTOP, with all connections open, election improved",
                "Response times: buy, writes improved", "buy_through_change, election improved: purchases per second", "buy_through_change, election improved: latency",
            },
            title => Assert.Contains(title, plots.Keys));
        Assert.DoesNotContain("Throughput", plots.Keys.Where(title => title.Contains("elect_", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_bar_has_its_parts_in_proportion()
    {
        var plot = (await PlotsAsync(TestCells.Results(
            TradingPostCells.Election(TradingPostModule.ElectAfterKill, 3, TradingPostCells.Improved, 2_000, 6_000, 4_000))))["Where the time of a change goes: After kill -9"];

        var parts = plot.Elements("rect").Select(part => (Width: (double)part.Attribute("width")!, Class: part.Attribute("class")!.Value)).ToList();
        Assert.Equal(["bar part s0", "bar part s1", "bar part s2"], parts.Select(part => part.Class));
        Assert.Equal(3, parts[1].Width / parts[0].Width, tolerance: 0.02);
        Assert.Equal(2, parts[2].Width / parts[0].Width, tolerance: 0.02);
    }

    [Theory]
    [InlineData(1_000_000, true)]
    [InlineData(10_000, false)]
    public async Task A_published_election_is_drawn_where_it_fits(double agreementUs, bool isDrawn)
    {
        var plot = (await PlotsAsync(TestCells.Results(
            TradingPostCells.Election(TradingPostModule.ElectAfterKill, 6, TradingPostCells.AsPublished, 2_000, agreementUs, 4_000))))["Where the time of a change goes: After kill -9"];

        Assert.Equal(isDrawn, plot.Elements("rect").Any(bar => bar.Attribute("class")!.Value.EndsWith("published", StringComparison.Ordinal)));
        Assert.Equal(!isDrawn, plot.Value.Contains("published: 2.83 s, far off this scale", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_timeline_names_its_moments_and_breaks_where_nothing_was_answered()
    {
        var plots = await PlotsAsync(TestCells.Results(TradingPostCells.Change(TradingPostCells.Improved, 30_000, 70_000, 95_000)));

        var latency = plots["latency"];
        Assert.Equal(4, latency.Elements("path").Count(path => path.Attribute("class")!.Value == "event"));
        Assert.All(
            new[] { "trader killed", "noticed: 30.0 ms", "new trader: 70.0 ms", "first sale: 95.0 ms", "p50", "p99" },
            label => Assert.Contains(label, latency.Elements("text").Select(text => text.Value)));
        Assert.True(latency.Elements("path").Count(path => path.Attribute("class")!.Value == "line s0") >= 2);
        Assert.Equal(1, plots["purchases per second"].Elements("path").Count(path => path.Attribute("class")!.Value == "line s0"));
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(100_000, true)]
    public async Task The_published_range_is_marked_where_it_fits_and_said_otherwise(double latencyUs, bool fits)
    {
        var results = TestCells.Results(TradingPostCells.Buy("histogram", 1, TradingPostCells.Improved, latencyUs, peers: 2, operations: 450));
        var plot = (await PlotsAsync(results))["Response times: buy"];
        var set = GroupFigures.Of(ReportModel.Of(results).Groups.Single())[0];

        Assert.Equal(fits, plot.Elements("rect").Any(area => area.Attribute("class")!.Value == "range"));
        Assert.Equal(!fits, set.Explanation.Contains("off this scale: it lies between 200 ms and 300 ms", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_column_of_a_histogram_is_as_high_as_its_count()
    {
        var cell = TradingPostCells.Buy("histogram", 1, TradingPostCells.Improved, 400, peers: 2, operations: 450);
        cell = cell with { Latency = cell.Latency! with { Distribution = [new(100, 0), new(200, 10), new(400, 40), new(800, 0), new(1600, 20)] } };
        var plot = (await PlotsAsync(TestCells.Results(cell)))["Response times: buy"];

        var heights = plot.Elements("rect").Select(column => (double)column.Attribute("height")!).ToList();
        Assert.Equal(3, heights.Count);
        Assert.Equal((4, 2), (Math.Round(heights[1] / heights[0], 1), Math.Round(heights[2] / heights[0], 1)));
    }

    [Fact]
    public void Elections_have_columns_of_their_parts_and_no_throughput()
    {
        var cell = TradingPostCells.Election(TradingPostModule.ElectAfterKill, 6, TradingPostCells.Improved, 2_000, 14_000, 4_000);
        var columns = CellTable.Of(ReportModel.Of(TestCells.Results(cell)).Groups.Single()).Columns;

        Assert.Equal(
            ["2.00 ms", "14.0 ms", "4.00 ms"], columns.Where(column => column.Part == "phases").Select(column => column.Text(cell)));
        Assert.DoesNotContain(columns, column => column.Part == TableColumn.Throughput);
        Assert.Equal("2.83 s", columns.First(column => column.Label == "published").Text(cell));
    }

    [Fact]
    public void A_change_has_columns_of_its_moments()
    {
        var cell = TradingPostCells.Change(TradingPostCells.Improved, 2_000, 14_000, 20_000);
        var columns = CellTable.Of(ReportModel.Of(TestCells.Results(cell)).Groups.Single()).Columns.Where(column => column.Part == "change");

        Assert.Equal(["2.00 ms", "14.0 ms", "20.0 ms"], columns.Select(column => column.Text(cell)));
    }

    [Fact]
    public void A_published_range_stands_in_the_table()
    {
        var cell = TradingPostCells.Buy("histogram", 1, TradingPostCells.Improved, 400, peers: 2);
        var columns = CellTable.Of(ReportModel.Of(TestCells.Results(cell)).Groups.Single()).Columns;

        Assert.Equal("200 ms to 300 ms", columns.First(column => column.Label == "published").Text(cell));
        Assert.DoesNotContain(columns, column => column.Label == "ratio");
    }

    [Fact]
    public void Of_many_peers_the_trader_and_all_others_are_told_apart()
    {
        var cell = TradingPostCells.Buy("published-table", 3, TradingPostCells.Improved, 400, peers: 12);
        var group = ReportModel.Of(TestCells.Results(cell)).Groups.Single();

        Assert.Equal(["trader", "other peers", "load", "everything else"], ProcessTable.Of(group).Names);
        Assert.Equal(
            ["trader", "other peers", "load", "everything else"],
            GroupFigures.Of(group).First(set => set.Title.StartsWith("Processor time", StringComparison.Ordinal)).Legend);
    }

    [Fact]
    public void The_csv_has_the_parts()
    {
        var cell = TradingPostCells.Election(TradingPostModule.ElectAfterStop, 6, TradingPostCells.Improved, 2_000, 14_000, 4_000);
        var lines = CsvReport.Render(TestCells.Results(cell)).Split('\n');

        string Field(string column) => lines[1].Split(',')[Array.IndexOf(lines[0].Split(','), column) + lines[1].Count(character => character == '"')];
        Assert.Equal(("2000", "14000", "4000"), (Field("detection_us_mean"), Field("agreement_us_mean"), Field("first_sale_us_mean")));
    }

    [Fact]
    public void An_archive_keeps_parts_and_timeline()
    {
        var read = ResultsJson.Deserialize(ResultsJson.Serialize(Results));

        Assert.Equal(Results.Cells.SelectMany(ElectionAnalyser.Phases), read.Cells.SelectMany(ElectionAnalyser.Phases));
        var (written, kept) = (Timelines(Results), Timelines(read));
        Assert.Equal(2, kept.Count);
        Assert.Equal(written.SelectMany(timeline => timeline.Buckets), kept.SelectMany(timeline => timeline.Buckets));
        Assert.Equal(written.SelectMany(timeline => timeline.Markers), kept.SelectMany(timeline => timeline.Markers));
    }

    private static List<Timeline> Timelines(RunResults results) => [.. results.Cells.Select(cell => ChangeAnalyser.Series(cell)?.Timeline).OfType<Timeline>()];

    private static async Task<Dictionary<string, XElement>> PlotsAsync(RunResults results)
    {
        var html = await HtmlReport.RenderAsync(ReportModel.Of(results), CancellationToken.None);
        return Plot().Matches(html).Select(match => XElement.Parse(match.Value))
            .DistinctBy(plot => plot.Element("title")!.Value).ToDictionary(plot => plot.Element("title")!.Value);
    }

    [GeneratedRegex("<svg .*?</svg>", RegexOptions.Singleline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Plot();
}
