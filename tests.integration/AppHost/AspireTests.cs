using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Scenarios;
using Lab.Harness.Scenarios.Marketplace;
using Lab.Topology;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Integration.AppHost;

/// <summary>The lab as Aspire brings it up. Compiled only where Aspire's packages restore.</summary>
public sealed class AspireTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private DistributedApplication _app = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(["--databases", "local", $"--LAB_STATE={_state}"], Token);
        // Every line of every resource would stand between the test results.
        builder.Services.AddLogging(logging => logging.ClearProviders());
        _app = await builder.BuildAsync(Token);
        await _app.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        Directory.Delete(_state, recursive: true);
    }

    [Fact]
    public async Task Everything_becomes_healthy_and_a_quick_cell_keeps_its_invariants()
    {
        var topology = LabTopology.Complete();
        var names = topology.Services.Append(topology.FaultProxy).Select(service => service.Name)
            .Concat(topology.Databases.Select(database => database.Name)).Concat(topology.Caches.Select(cache => cache.Name));
        await Task.WhenAll(names.Select(name => _app.ResourceNotifications.WaitForResourceHealthyAsync(name, Token))).WaitAsync(Patience, Token);

        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var cell = new Planner(folder.Catalog).Plan(folder.Experiments, ["marketplace"], "quick").Cells
            .First(cell => cell.Operation == "get_seller_rating" && cell.Word("deployment", "local") == "local") with
        { Iterations = 1, OperationsPerClient = 10 };
        await using var lab = await HarnessLabAsync();
        using var control = new LabControl(topology, lab.Endpoints, folder.Deployments);
        var runner = new ExperimentRunner([new MarketplaceScenario(control, 1)], lab.ProcessIds, _ => { });
        await runner.RunAsync(new Plan("quick", [cell]), Token);
        var result = Assert.Single(runner.Results);
        Assert.True(result.Verdict == Verdict.True, result.VerdictReason);
        Assert.Equal(0, result.Errors.Total);
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "seller-server", "buyer-server", "mysql", "redis", "fault-proxy" },
            result.Processes.Select(process => process.Name).ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_service_that_is_restarted_or_crashes_comes_back_as_another_process()
    {
        const string Echo = Lab.Topology.Systems.Calibration.EchoServer;
        await _app.ResourceNotifications.WaitForResourceHealthyAsync(Echo, Token).WaitAsync(Patience, Token);
        await using var lab = await HarnessLabAsync();
        using var control = new LabControl(LabTopology.For(["calibration"]), lab.Endpoints, null!);
        var first = lab.ProcessIds()[Echo];
        await control.RestartAsync(Echo, lab.ProcessIds, Token);
        var second = lab.ProcessIds()[Echo];
        Assert.NotEqual(first, second);

        await _app.ResourceCommands.ExecuteCommandAsync(Echo, "crash", Token);
        for (var attempt = 0; attempt < 1200 && lab.ProcessIds().GetValueOrDefault(Echo, second) == second; attempt++)
        {
            await Task.Delay(50, Token);
        }

        Assert.NotEqual(second, lab.ProcessIds().GetValueOrDefault(Echo, second));
    }

    /// <summary>The lab as the harness resource would find it in its environment.</summary>
    private async Task<AttachedLab> HarnessLabAsync()
    {
        var harness = _app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<ExecutableResource>().Single(resource => resource.Name == "harness");
        var configuration = await ExecutionConfigurationBuilder.Create(harness).WithEnvironmentVariablesConfig()
            .BuildAsync(_app.Services.GetRequiredService<DistributedApplicationExecutionContext>(), NullLogger.Instance, Token);
        var variables = configuration.EnvironmentVariables.ToDictionary(StringComparer.Ordinal);
        return new AttachedLab(AttachVariables.Read(variables), AttachVariables.ReadProcessIds(variables));
    }
}
