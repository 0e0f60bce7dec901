using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.LocalHost;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Containers;

/// <summary>Experiments in containers: beside processes, with limits, and with servers that share a port.</summary>
public sealed class ContainedRunTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task Containers_and_processes_are_measured_in_one_run_and_limits_are_set_and_lifted()
    {
        await Engine.NeededAsync();
        var folder = ExperimentFolder.Load(LabFolders.Experiments, await IsolationOption.AbilitiesAsync(Isolation.Container, Token), SystemModules.Default);
        var quick = new Planner(folder.Catalog).Plan(folder.Experiments, ["marketplace"], "quick");
        var cells = quick.Cells.Where(cell => ContainerFactors.AreStated(cell.Factors)).Select(cell => cell with { Iterations = 2, OperationsPerClient = 4 }).ToList();
        Assert.Equal(8, cells.Count);
        var plan = quick with { Cells = cells };
        var topology = LabTopology.For(["marketplace"]);
        var options = new LocalLabOptions { StateFolder = _state, Isolation = Isolation.Container, ExternalMySql = null, ExternalRedis = null };
        await using (var labs = await RunningLabs.OpenAsync(plan, topology, folder.Deployments, options, Token))
        {
            var limits = new CellLimits(topology, (LocalLab)labs.Lab);
            var limited = new HashSet<string>(StringComparer.Ordinal);
            var runner = new ExperimentRunner(labs.Scenarios(1, "none", _state), labs.ProcessIds, _ => { }, async (cell, token) =>
            {
                await limits.ApplyAsync(cell, token);
                limited.Add($"{cell?.Word(ContainerFactors.Limits, "none")}: {await QuotaAsync()}");
            });
            await runner.RunAsync(plan, Token);

            Assert.Equal(cells.Count, runner.Results.Count);
            Assert.All(runner.Results, result => Assert.True(result.Verdict == Verdict.True, $"{result.Operation}: {result.VerdictReason}"));
            Assert.All(runner.Results, result => Assert.Contains(result.Processes, process => process.Name == "seller-server (process)"));
            Assert.Contains("cpus=0.5 memory_mb=512: 50000", limited);
            Assert.Subset(new HashSet<string>(["cpus=0.5 memory_mb=512: 50000", "none: 0", "none: -1", ": -1"], StringComparer.Ordinal), limited);
            Assert.Contains(": -1", limited);
        }

        Assert.Empty(await Engine.OfAsync(_state));
    }

    [Fact]
    public async Task Servers_that_share_a_port_share_a_network_and_each_of_them_may_restart()
    {
        await Engine.NeededAsync();
        var topology = LabTopology.For([EchoTopology.Name]);
        topology = topology with { Services = [.. topology.Services.Where(service => EchoTopology.SharedPortServers.Contains(service.Name))] };
        await using var lab = await LocalLab.StartAsync(
            topology, new LocalLabOptions { StateFolder = _state, Isolation = Isolation.Container }, _ => { }, Token);
        Assert.Single(EchoTopology.SharedPortServers.Select(server => lab.Endpoints.Services[server].Admin.Host).Distinct(StringComparer.Ordinal));
        using var control = new LabControl(topology, lab.Endpoints, null!);
        var before = lab.ProcessIds();
        await Task.WhenAll(EchoTopology.SharedPortServers.Select(server => control.RestartAsync(server, lab.ProcessIds, Token)));
        Assert.All(EchoTopology.SharedPortServers, server => Assert.NotEqual(before[server], lab.ProcessIds()[server]));

        // Each is healthy at an admin port of its own, and the shared port is served.
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(System.Net.IPEndPoint.Parse(lab.Endpoints.Services[EchoTopology.SharedPortServers[0]].Endpoints[EchoTopology.ClientEndpoint]), Token);
        await client.GetStream().WriteAsync("salt"u8.ToArray(), Token);
        var echo = new byte[4];
        await client.GetStream().ReadExactlyAsync(echo, Token);
        Assert.Equal("salt"u8.ToArray(), echo);
    }

    private async Task<string> QuotaAsync() => await Engine.RunAsync(
        "inspect", "--format", "{{.HostConfig.CpuQuota}}", (await Engine.OfAsync(_state)).Single(name => name.EndsWith("-seller-server", StringComparison.Ordinal)));
}
