using System.Diagnostics;
using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.Marketplace;
using Lab.Telemetry.Export;
using Lab.Telemetry.Requests;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Telemetry;

/// <summary>Requests, from the client to the commit, as a real dashboard shows them.</summary>
[Collection(DashboardTestsCollection.Name)]
public sealed class DashboardTests(DashboardLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_traced_caller_is_followed_into_the_server()
    {
        _ = lab.Dashboard;
        await using var seller = await lab.NewSellerAsync();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "test" or "Lab.marketplace.client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test");
        string trace;
        using (var caller = source.StartActivity("caller")!)
        {
            trace = caller.TraceId.ToHexString();
            await seller.DisplayItemsAsync(Token);
        }

        var spans = await lab.SpansAsync(span => span.TraceId == trace, 7, Token);
        var server = Assert.Single(spans, span => span.Name == "display_items_for_sale");
        Assert.Equal("seller-server", server.Service);
        Assert.False(string.IsNullOrEmpty(server.Parent));
        Assert.Equal(
            ["mysql execute", "parse", "queue", "redis session", "write"],
            spans.Where(span => span.Parent == server.SpanId).Select(span => span.Name).Order(StringComparer.Ordinal));
        Assert.Equal("Execute", Assert.Single(spans, span => span.Parent == spans.Single(span => span.Name == "mysql execute").SpanId).Name);
    }

    /// <summary>The load's view and the server's, for requests that were chosen after they had ended.</summary>
    [Fact]
    public async Task The_slowest_requests_of_a_tail_cell_can_be_opened_as_traces()
    {
        _ = lab.Dashboard;
        using var export = OtlpExport.Start("load", lab.Dashboard.Otlp);
        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var cells = new Planner(folder.Catalog).Plan(folder.Experiments, ["marketplace"], "full").Cells
            .Where(cell => cell.Group == "tracing" && cell.Number("sellers") == 10 && cell.Operation == "register_item_for_sale")
            .Select(cell => cell with { Iterations = 2, OperationsPerClient = 5 })
            .ToList();
        using var control = new LabControl(LabTopology.For([MarketplaceTopology.Name]), lab.Lab.Endpoints, folder.Deployments);
        var runner = new ExperimentRunner([new MarketplaceScenario(control, 1)], lab.Lab.ProcessIds, _ => { });
        await runner.RunAsync(new Plan("full", cells), Token);
        await lab.SetFactorsAsync(MarketplaceTopology.SellerServer, ("tracing", "all"));

        Assert.All(runner.Results, result => Assert.True(result.Verdict == Verdict.True, result.VerdictReason));
        Assert.All(runner.Results.Where(result => result.Factors["tracing"] is not "tail"), result => Assert.Empty(result.Slowest));
        var slowest = runner.Results.Single(result => result.Factors["tracing"] is "tail").Slowest;
        Assert.Equal(10, slowest.Count);
        Assert.All(slowest, request =>
        {
            Assert.True(request.ServerUs > 0);
            Assert.Contains(request.Stages, stage => stage is { Stage: RequestStage.Commit, DurationUs: > 0 });
            Assert.Contains(request.Stages, stage => stage.Stage == RequestStage.Session);
        });

        var spans = await lab.SpansAsync(span => span.TraceId == slowest[0].TraceId, 8, Token);
        var client = Assert.Single(spans, span => span.Service == "load");
        var server = Assert.Single(spans, span => span.Parent == client.SpanId);
        Assert.Equal(("seller-server", "register_item_for_sale"), (server.Service, server.Name));
        Assert.Contains(spans, span => span.Name == "mysql commit" && span.Parent == server.SpanId);
    }
}
