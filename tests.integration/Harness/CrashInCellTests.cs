using System.Net.Http.Json;
using System.Text.Json;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.Marketplace;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Samples;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Harness;

/// <summary>A server, or the fault proxy, that dies while it is measured comes back with defaults: figures must not bear the cell's label then.</summary>
public sealed class CrashInCellTests : TestLab
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_killed_in_the_middle_of_a_cell_fails_that_iteration_by_name_and_serves_the_next_one_as_the_cell_asks()
    {
        using var control = new LabControl(Topology(), Lab.Endpoints, SampleSystems.Deployments);
        var killed = 0;
        var runner = new ExperimentRunner([new MarketplaceScenario(control, 1)], Lab.ProcessIds, progress =>
        {
            if (progress.Step == "iteration 1 of 3" && Interlocked.Exchange(ref killed, 1) == 0)
            {
                _ = KillSoonAsync(MarketplaceTopology.BuyerServer);
            }
        });
        await runner.RunAsync(new Plan("test", [Cell("local", iterations: 3, operations: 20_000)]), Token);

        var result = Assert.Single(runner.Results);
        Assert.Equal((2, Verdict.Unknown), (result.Iterations, result.Verdict));
        var reason = Assert.Single(result.FailedIterations);
        Assert.StartsWith($"iteration 2: {MarketplaceTopology.BuyerServer} ", reason, StringComparison.Ordinal);
        Assert.Contains(reason, result.VerdictReason, StringComparison.Ordinal);

        // The new process began with its defaults.
        var factors = await FactorsAsync(MarketplaceTopology.BuyerServer);
        Assert.Equal(("epoll", "redis"), (factors.GetProperty("engine").GetProperty("current").GetString(), factors.GetProperty("cache").GetProperty("current").GetString()));
    }

    [Fact]
    public async Task A_fault_proxy_that_lost_its_toxics_gets_them_again_before_the_next_iteration()
    {
        using var control = new LabControl(Topology(), Lab.Endpoints, SampleSystems.Deployments);
        using var http = new HttpClient { BaseAddress = Lab.Endpoints.FaultProxyApi };
        await control.DeployAsync("gcp", Token);
        Assert.NotEqual(0, await ToxicsAsync(http));

        (await http.PostAsync("/reset", content: null, Token)).EnsureSuccessStatusCode();
        Assert.Equal(0, await ToxicsAsync(http));

        await control.DeployAsync("gcp", Token);
        Assert.NotEqual(0, await ToxicsAsync(http));
        await control.DeployAsync("local", Token);
        Assert.Equal(0, await ToxicsAsync(http));
    }

    protected override LabTopology Topology() => LabTopology.For([MarketplaceTopology.Name]);

    private static Cell Cell(string deployment, int iterations, int operations) => new()
    {
        Experiment = "test",
        Group = "group",
        System = MarketplaceTopology.Name,
        Operation = MarketplaceModule.Rating,
        Factors = new OrderedDictionary<string, object>
        {
            ["sellers"] = 2L,
            ["buyers"] = 2L,
            ["engine"] = "epoll",
            ["cache"] = "redis",
            ["deployment"] = deployment,
        },
        Iterations = iterations,
        OperationsPerClient = operations,
        Published = null,
        Info = SampleSystems.Marketplace.Info,
    };

    private static async Task<int> ToxicsAsync(HttpClient http)
    {
        var proxies = await http.GetFromJsonAsync<JsonElement>("/proxies", Token);
        return proxies.EnumerateObject().Sum(proxy => proxy.Value.GetProperty("toxics").GetArrayLength());
    }

    private async Task<JsonElement> FactorsAsync(string service)
    {
        using var reply = await GetAdminAsync(service, "/admin/factors", Token);
        return await reply.Content.ReadFromJsonAsync<JsonElement>(Token);
    }
}
