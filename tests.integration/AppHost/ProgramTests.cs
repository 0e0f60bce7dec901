using System.Text.Json;
using Lab.Harness.Commands;
using Lab.Tests.Integration.Containers;
using Lab.Tests.Integration.Labs;
using Lab.Topology;

namespace Lab.Tests.Integration.AppHost;

/// <summary>The app host as its users run it.</summary>
[Collection(AspireTestsCollection.Name)]
public sealed class ProgramTests : IDisposable
{
    /// <summary>One cell of a second.</summary>
    private const string Tiny = """
        name: tiny
        system: echo
        title: A few answers
        summary: For tests.
        groups:
          - name: few
            title: A few
            question: Does it answer?
            matrix:
              operation: [echo]
              connections: [2]
              engine: [epoll]
            presets:
              full: { iterations: 1, operations_per_client: 10 }
              quick: { iterations: 1, operations_per_client: 10 }
        """;

    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly Dictionary<string, string> _environment;

    public ProgramTests() => _environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["LAB_STATE"] = _state };

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Theory]
    [InlineData("INT", "local")]
    [InlineData("TERM", "local")]
    [InlineData("TERM", "containers")]
    public async Task A_signal_ends_everything_that_was_started(string signal, string databases)
    {
        var inContainers = databases == "containers";
        if (inContainers)
        {
            await Engine.NeededAsync();
        }

        using var host = Start("--databases", databases, "--experiment", "marketplace");
        await host.WaitForAsync("Everything is healthy");
        Assert.True(Running().Count > 4, "its processes cannot be told");
        var networks = inContainers ? await NetworksAsync() : [];
        host.Signal(signal);
        Assert.Equal(0, await host.WaitForExitAsync());
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Running().Count == 0, "processes are left");
        if (inContainers)
        {
            Assert.NotEmpty(networks);
            Assert.Empty(await Engine.OfAsync(_state));
            Assert.Empty((await Engine.RunAsync("network", "ls", "--quiet", "--no-trunc")).Split('\n').Intersect(networks, StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_run_ends_with_the_exit_code_of_the_harness_and_leaves_a_report_and_nothing_else()
    {
        var (experiments, report) = (Path.Combine(_state, "experiments"), Path.Combine(_state, "report"));
        Directory.CreateDirectory(experiments);
        File.Copy(Path.Combine(LabFolders.Root, "experiments", "deployments.yaml"), Path.Combine(experiments, "deployments.yaml"));
        await File.WriteAllTextAsync(Path.Combine(experiments, "tiny.yaml"), Tiny, TestContext.Current.CancellationToken);
        _environment["LAB_EXPERIMENTS"] = experiments;

        using var host = Start("--run", "quick", "--exit", "--experiment", "tiny", "--out", report);
        Assert.True(await host.WaitForExitAsync() == 0, host.Output);
        Assert.Contains("1 cells, preset quick", host.Output, StringComparison.Ordinal);
        using var results = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(report, "results.json"), TestContext.Current.CancellationToken));
        Assert.Equal(1, results.RootElement.GetProperty("cells").GetArrayLength());
        await Eventually.TrueAsync(() => Running().Count == 0, "processes are left");
    }

    [Theory]
    [InlineData("unknown experiment 'none'", "--run", "quick", "--exit", "--experiment", "none")]
    [InlineData("--exit belongs to --run", "--exit")]
    public async Task What_makes_no_sense_is_refused_in_words(string expected, params string[] arguments)
    {
        using var host = Start(arguments);
        Assert.Equal(ExitCodes.Usage, await host.WaitForExitAsync());
        Assert.Contains(expected, host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_engine_does_not_answer_programs_of_this_machine_run_and_the_reason_is_said()
    {
        var tools = Directory.CreateDirectory(Path.Combine(_state, "tools")).FullName;
        File.CreateSymbolicLink(Path.Combine(tools, "docker"), "/bin/false");
        _environment["PATH"] = $"{tools}:{Environment.GetEnvironmentVariable("PATH")}";
        using var host = Start("--databases", "containers", "--experiment", "marketplace");
        await host.WaitForAsync("MySQL and Redis run as programs of this machine, not in containers:");
        await host.WaitForAsync("Everything is healthy");
        host.Signal("TERM");
        Assert.Equal(0, await host.WaitForExitAsync());
        await Eventually.TrueAsync(() => Running().Count == 0, "processes are left");
    }

    [Fact]
    public async Task The_manifest_has_every_resource_and_no_secret()
    {
        const string Secret = "Parameter4711Secret";
        var file = Path.Combine(_state, "manifest.json");
        foreach (var parameter in new[] { "admin-token", "mysql-password", "redis-password" })
        {
            _environment[$"Parameters__{parameter}"] = Secret;
        }

        using var host = Start("--publisher", "manifest", "--output-path", file);
        Assert.True(await host.WaitForExitAsync() == 0, host.Output);
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        using var manifest = JsonDocument.Parse(text);
        var resources = manifest.RootElement.GetProperty("resources");
        var topology = LabTopology.Complete();
        foreach (var service in topology.Services.Append(topology.FaultProxy).Where(service => service.SharesAddressOf is null))
        {
            var resource = resources.GetProperty(service.Name);
            Assert.Equal("project.v0", resource.GetProperty("type").GetString());
            Assert.Equal("{admin-token.value}", resource.GetProperty("env").GetProperty("Service__AdminToken").GetString());
        }

        foreach (var name in topology.Databases.Select(database => database.Name).Concat(topology.Caches.Select(cache => cache.Name)))
        {
            Assert.Equal("container.v0", resources.GetProperty(name).GetProperty("type").GetString());
        }

        foreach (var schema in topology.Schemas)
        {
            Assert.Equal(
                $"{{{schema.Database}.connectionString}};Database={schema.Name}",
                resources.GetProperty(schema.Name.Replace('_', '-')).GetProperty("connectionString").GetString());
        }
    }

    private LabProgram Start(params IReadOnlyList<string> arguments) => LabProgram.Start("AppHost", _environment, arguments);

    /// <summary>Whatever was started has the lab's state folder in its environment.</summary>
    private List<int> Running() =>
        [.. Directory.GetDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0).Where(pid => pid > 0 && IsOurs(pid))];

    private bool IsOurs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0').Contains($"LAB_STATE={_state}", StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or is somebody else's.
            return false;
        }
    }

    /// <summary>Ids of the networks that the lab's containers are in.</summary>
    private async Task<IReadOnlyList<string>> NetworksAsync()
    {
        var containers = (await Engine.RunAsync("ps", "--quiet", "--filter", $"label=lab.state={_state}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var networks = await Engine.RunAsync(["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.NetworkID}}\n{{end}}", .. containers]);
        return [.. networks.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
    }
}
