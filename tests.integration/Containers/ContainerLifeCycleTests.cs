using Lab.LocalHost;
using Lab.Tests.Integration.Labs;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Containers;

/// <summary>Whatever ends a lab in containers, nothing of it is left, and what is not its own is left alone.</summary>
public sealed class ContainerLifeCycleTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task A_lab_without_a_container_engine_says_what_to_do()
    {
        using var up = Start([("DOCKER_HOST", "unix:///nowhere/docker.sock")], "up", "--isolation", "container");
        Assert.Equal(3, await up.WaitForExitAsync());
        Assert.Contains("--isolation process", up.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_c_removes_every_container_and_the_network_and_keeps_the_databases_data()
    {
        await Engine.NeededAsync();
        using var up = Start([], "up", "--isolation", "container");
        await up.WaitForAsync("Ctrl-C stops all of it");
        Assert.Equal(LabTopology.Complete().Services.Count + 6, (await Engine.OfAsync(_state)).Count);
        up.Signal("INT");
        Assert.Equal(0, await up.WaitForExitAsync());
        Assert.DoesNotContain("crashed", up.Output, StringComparison.Ordinal);
        Assert.All(await Engine.OfAsync(_state), left => Assert.Contains("-mysql-data", left, StringComparison.Ordinal));

        using var down = Start([], "down", "--data");
        Assert.Equal(0, await down.WaitForExitAsync());
        Assert.Empty(await Engine.OfAsync(_state));
    }

    [Fact]
    public async Task What_a_killed_lab_leaves_the_next_start_removes()
    {
        await Engine.NeededAsync();
        using var up = Start([], "up", "--fresh", "--isolation", "container");
        await up.WaitForAsync("Ctrl-C stops all of it");
        up.Kill();
        await up.WaitForExitAsync();

        // Its containers end with it; one whose client was killed, too, does not, and neither does somebody else's.
        var (orphan, stranger) = (await RunSleeperAsync(_state), await RunSleeperAsync(_state + "-of-another"));
        try
        {
            var events = new System.Collections.Concurrent.ConcurrentQueue<ResourceEvent>();
            await using (await LocalLab.StartAsync(LabTopology.Of(), new LocalLabOptions { StateFolder = _state }, events.Enqueue, Token))
            {
                Assert.DoesNotContain(orphan, await Engine.OfAsync(_state));
                Assert.Contains(stranger, await Engine.OfAsync(_state + "-of-another"));
                Assert.Contains(events, change => change.State == ResourceState.Stopped && change.Resource == $"container {orphan}");
                Assert.Contains(events, change => change.State == ResourceState.Stopped && change.Resource.StartsWith("network ", StringComparison.Ordinal));
            }

            Assert.All(await Engine.OfAsync(_state), left => Assert.Contains("-mysql-data", left, StringComparison.Ordinal));
        }
        finally
        {
            await Engine.RunAsync("rm", "--force", stranger);
            using var down = Start([], "down", "--data");
            await down.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Down_ends_a_running_lab_and_says_what_it_removed()
    {
        await Engine.NeededAsync();
        using var up = Start([], "up", "--fresh", "--isolation", "container");
        await up.WaitForAsync("Ctrl-C stops all of it");
        var orphan = await RunSleeperAsync(_state);
        using var down = Start([], "down", "--data");
        Assert.True(await down.WaitForExitAsync() == 0, down.Output);
        Assert.Equal(0, await up.WaitForExitAsync());
        Assert.Contains("the running lab, process", down.Output, StringComparison.Ordinal);
        Assert.Empty(await Engine.OfAsync(_state));
        Assert.True(down.Output.Contains(orphan, StringComparison.Ordinal) || !up.Output.Contains("crashed", StringComparison.Ordinal), down.Output);

        using var again = Start([], "down");
        Assert.Equal(0, await again.WaitForExitAsync());
        Assert.Contains("Nothing was left", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_has_no_network_and_no_limits_of_its_own()
    {
        await using var lab = await LocalLab.StartAsync(
            LabTopology.Of(), new LocalLabOptions { StateFolder = _state }, _ => { }, Token);
        var name = FaultProxyTopology.Name;
        foreach (var attempt in new Func<Task>[] { () => lab.DisconnectAsync(name, Token), () => lab.LimitAsync(name, new ResourceLimits(1, 512), Token) })
        {
            Assert.Contains("--isolation container", (await Assert.ThrowsAsync<NotSupportedException>(attempt)).Message, StringComparison.Ordinal);
        }

        Assert.Equal("process", lab.Isolation);
    }

    /// <summary>A container with the label of a state folder.</summary>
    private static async Task<string> RunSleeperAsync(string state)
    {
        var images = await Engine.ImagesAsync("EchoServer");
        var name = "lab-test-sleeper-" + Guid.NewGuid().ToString("N")[..8];
        await Engine.RunAsync("run", "--detach", "--init", "--name", name, "--label", $"lab.state={state}", "--network", "none", "--entrypoint", "sleep", images["EchoServer"], "300");
        return name;
    }

    private LabProgram Start((string Name, string Value)[] environment, params string[] arguments) => LabProgram.Start(
        "Harness",
        environment.Append((Name: "LAB_STATE", Value: _state)).ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal),
        arguments);
}
