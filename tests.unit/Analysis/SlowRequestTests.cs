using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports;
using Lab.Telemetry.Requests;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public class SlowRequestTests
{
    /// <summary>10 ms at the client; in the server the session (0.5 to 4 ms) is checked while the database works (2 to 6 ms).</summary>
    private static readonly SlowRequest Overlapping = new(
        "0af7651916cd43dd8448eb211c80319c",
        10_000,
        8_000,
        [
            new StageTimes(RequestStage.Parse, 0, 500, 1),
            new StageTimes(RequestStage.Session, 500, 3_500, 1),
            new StageTimes(RequestStage.Queue, 1_000, 1_000, 1),
            new StageTimes(RequestStage.Database, 2_000, 4_000, 12),
            new StageTimes(RequestStage.Write, 7_500, 500, 1),
        ]);

    [Fact]
    public void Parts_add_up_to_the_latency_and_overlapping_time_counts_for_the_database()
    {
        var shares = Shares(Overlapping);
        Assert.Equal(10_000, shares.Values.Sum(), precision: 6);
        Assert.Equal(
            (500.0, 500.0, 1_000.0, 4_000.0, 500.0, 1_500.0, 2_000.0),
            (shares["parse"], shares["session"], shares["queue"], shares["database"], shares["write"], shares[RequestShares.Elsewhere], shares[RequestShares.Outside]));
    }

    [Fact]
    public void Of_a_request_that_the_server_forgot_all_that_is_known_is_how_long_it_took()
    {
        var shares = Shares(new SlowRequest(null, 300, null, []));
        Assert.Equal((300.0, 300.0), (shares[RequestShares.Outside], shares.Values.Sum()));
    }

    /// <summary>Any stages, however they lie: nothing is counted twice, nothing is lost.</summary>
    [Fact]
    public void Parts_add_up_whatever_the_stages_are()
    {
        var random = new Random(20260131);
        for (var attempt = 0; attempt < 2_000; attempt++)
        {
            var stages = Enumerable.Range(0, random.Next(9)).Select(_ => new StageTimes(
                (RequestStage)random.Next(7), random.Next(1_000), random.Next(500), 1)).ToList();
            var request = new SlowRequest(null, 1_400 + random.Next(1_000), 1_500, stages);
            var parts = RequestShares.Of(request);
            Assert.All(parts, part => Assert.True(part >= 0));
            Assert.Equal(request.LatencyUs, parts.Sum(), precision: 6);
        }
    }

    [Fact]
    public void What_the_slowest_requests_waited_for_is_said_in_words()
    {
        var cell = TestCells.At(10, 1000, 5000, "register_item_for_sale") with { Slowest = [Overlapping] };
        var conclusion = Assert.Single(new SlowRequestAnalyser().Analyse([cell]));
        Assert.Contains("of the time of the 1 slowest request (10.0 ms to 10.0 ms), 40.0 % went to the database's statements and 20.0 % to the network and the client", conclusion.Text, StringComparison.Ordinal);
        Assert.Empty(new SlowRequestAnalyser().Analyse([TestCells.At(10, 1000, 5000, "register_item_for_sale")]));
    }

    [Fact]
    public async Task Reports_name_the_traces_and_draw_the_parts()
    {
        var results = SampleResults.Full();
        var model = ReportModel.Of(results with
        {
            Cells = [.. results.Cells.Select((cell, index) => index == 0 ? cell with { Slowest = [Overlapping] } : cell)],
        });
        var html = await HtmlReport.RenderAsync(model, TestContext.Current.CancellationToken);
        Assert.All([html, MarkdownReport.Render(model)], report =>
        {
            Assert.Contains("The slowest requests and their traces", report, StringComparison.Ordinal);
            Assert.Contains("0af7651916cd43dd8448eb211c80319c", report, StringComparison.Ordinal);
            Assert.Contains("can be opened in the dashboard that received them", report, StringComparison.Ordinal);
        });
        Assert.Contains("1. trace 0af76519", html, StringComparison.Ordinal);
        Assert.Contains("rest of the server: 2.50 ms", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Slow_requests_come_back_from_the_archive_as_they_were_written()
    {
        var results = SampleResults.Full();
        var written = results with { Cells = [results.Cells[0] with { Slowest = [Overlapping] }] };
        var read = ResultsJson.Deserialize(ResultsJson.Serialize(written)).Cells[0].Slowest[0];
        Assert.Equal((Overlapping.TraceId, Overlapping.LatencyUs, Overlapping.ServerUs), (read.TraceId, read.LatencyUs, read.ServerUs));
        Assert.Equal(Overlapping.Stages, read.Stages);
    }

    private static Dictionary<string, double> Shares(SlowRequest request) =>
        RequestShares.Names.Zip(RequestShares.Of(request)).ToDictionary(share => share.First, share => share.Second, StringComparer.Ordinal);
}
