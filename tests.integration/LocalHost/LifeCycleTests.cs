using System.Diagnostics;
using System.Text.Json;
using Lab.LocalHost;
using Lab.LocalHost.Processes;
using Lab.Processes;
using Lab.Storage.MySql;
using Lab.Tests.Integration.Labs;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.LocalHost;

/// <summary>Whatever ends the lab, nothing of it is left running.</summary>
public sealed class LifeCycleTests : IDisposable
{
    // Not there yet: a lab makes what it needs.
    private readonly string _state = Path.Combine(Path.GetTempPath(), "lab-test-" + Guid.NewGuid().ToString("N")[..8]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private LocalLabOptions Options => new() { StateFolder = _state, ExternalMySql = null, ExternalRedis = null };

    public void Dispose()
    {
        if (Directory.Exists(_state))
        {
            Directory.Delete(_state, recursive: true);
        }
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task Ctrl_c_sigterm_and_sighup_stop_everything_in_order(string signal)
    {
        using var up = await UpAsync();
        var processes = Running();
        var topology = LabTopology.Complete();
        var missing = topology.Services.Append(topology.FaultProxy).Select(service => service.Name).Concat(["mysql", "redis"])
            .Except(processes.Select(process => process.Name), StringComparer.Ordinal).ToList();
        Assert.True(missing.Count == 0, $"{string.Join(", ", missing)} does not run:\n{up.Output}");
        Assert.All(processes, process => Assert.True(process.IsAlive));
        up.Signal(signal);
        Assert.Equal(0, await up.WaitForExitAsync());
        Assert.All(processes, process => Assert.False(process.IsAlive, $"{process.Name} is still running"));
        Assert.Empty(Running());
        Assert.DoesNotContain("crashed", up.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_lab_leaves_nothing_behind()
    {
        Assert.SkipWhen(Programs.Find("setpriv") is null, "without setpriv only the next start cleans up");
        using var up = await UpAsync();
        var processes = Running();
        up.Kill();
        await up.WaitForExitAsync();
        for (var attempt = 0; attempt < 400 && processes.Any(process => process.IsAlive); attempt++)
        {
            await Task.Delay(50, Token);
        }

        Assert.All(processes, process => Assert.False(process.IsAlive, $"{process.Name} is still running"));
    }

    [Fact]
    public async Task A_second_lab_in_the_same_place_is_refused_and_the_first_one_goes_on()
    {
        using var up = await UpAsync();
        using var second = Start();
        Assert.Equal(3, await second.WaitForExitAsync());
        Assert.Contains("another lab is running here", second.Output, StringComparison.Ordinal);
        Assert.All(Running(), process => Assert.True(process.IsAlive));
        up.Signal("INT");
        await up.WaitForExitAsync();
    }

    [Fact]
    public async Task A_state_folder_that_cannot_be_made_is_named_with_what_to_do()
    {
        // Below a file there is no folder, not even for root.
        await File.WriteAllTextAsync(_state, "", Token);
        try
        {
            var options = Options with { StateFolder = Path.Combine(_state, "state") };
            var refused = await Assert.ThrowsAsync<LabStartException>(() => LocalLab.StartAsync(LabTopology.Of(), options, _ => { }, Token));
            Assert.StartsWith($"{options.StateFolder}, where the lab keeps its data, cannot be written to", refused.Message, StringComparison.Ordinal);
            Assert.Contains("LAB_STATE", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(_state);
        }
    }

    [Fact]
    public async Task A_later_start_ends_what_was_left_behind_and_nothing_else()
    {
        using var leftover = Process.Start("sleep", "300");
        using var stranger = Process.Start("sleep", "300");
        var records = new RunningRecords(Options);
        records.Add(ProcessIdentity.Of("leftover", leftover.Id)!);

        // The same number, but another process: numbers are given again.
        records.Add(ProcessIdentity.Of("stranger", stranger.Id)! with { StartTicks = 1 });
        try
        {
            var ended = new List<ResourceEvent>();
            await using var lab = await LocalLab.StartAsync(LabTopology.Of(), Options, ended.Add, Token);
            await leftover.WaitForExitAsync(Token);
            Assert.Contains(ended, change => change is { Resource: "leftover", State: ResourceState.Stopped });
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task A_crashed_service_is_reported_and_started_again_at_its_address()
    {
        var events = new System.Collections.Concurrent.ConcurrentQueue<ResourceEvent>();
        await using var lab = await LocalLab.StartAsync(LabTopology.Of(), Options, events.Enqueue, Token);
        var name = FaultProxyTopology.Name;
        var before = lab.ProcessIds()[name];
        await lab.KillAsync(name, Token);
        for (var attempt = 0; attempt < 1200 && events.Count(change => change.State == ResourceState.Healthy) < 2; attempt++)
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal(
            [ResourceState.Starting, ResourceState.Healthy, ResourceState.Crashed, ResourceState.Restarting, ResourceState.Healthy],
            events.Select(change => change.State));
        Assert.NotEqual(before, lab.ProcessIds()[name]);
        using var http = new HttpClient();
        Assert.True((await http.GetAsync(new Uri(lab.Endpoints.FaultProxyApi, "/version"), Token)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_service_that_cannot_start_says_why_and_takes_nothing_with_it()
    {
        var broken = new ServiceSpec
        {
            Name = "broken",
            System = "test",
            Project = "FaultProxy",
            ProjectFolder = "Services/FaultProxy",
            Settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal) { ["FaultProxy:Seed"] = SettingValue.Of("not a number") },
        };
        var topology = LabTopology.Of(new SystemEntry { Name = "test", Services = [broken] });
        var refused = await Assert.ThrowsAsync<LabStartException>(() => LocalLab.StartAsync(topology, Options, _ => { }, Token));
        Assert.Contains("broken ended with exit code", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Running());
    }

    [Fact]
    public async Task A_database_that_was_being_made_when_the_lab_was_killed_is_made_anew_and_those_of_others_are_left_alone()
    {
        // What a killed installation leaves, and a table that another server of this machine is at work on.
        Directory.CreateDirectory(Path.Combine(_state, "data", "mysql-unfinished", "mysql"));
        var othersTable = Path.Combine(Path.GetTempPath(), $"#sql-temptable-{Guid.NewGuid():N}.MAI");
        await File.WriteAllTextAsync(othersTable, "", Token);
        try
        {
            await using var lab = await LocalLab.StartAsync(
                LabTopology.Of(new SystemEntry { Name = "test", Databases = LabTopology.Complete().Databases, Services = [] }), Options, _ => { }, Token);
            using var connection = MySqlDriver.Open(lab.Endpoints.Databases["mysql"]);
            Assert.True(File.Exists(othersTable), "it removed another server's table");
        }
        finally
        {
            File.Delete(othersTable);
        }
    }

    [Fact]
    public async Task Secrets_stand_neither_in_logs_nor_on_command_lines()
    {
        await using var lab = await LocalLab.StartAsync(LabTopology.Complete(), Options, _ => { }, Token);
        var password = lab.Endpoints.Databases["mysql"].Split("Password=")[1].Split(';')[0];
        foreach (var secret in new[] { password, lab.Endpoints.AdminToken })
        {
            Assert.All(Directory.GetFiles(Path.Combine(_state, "logs")), log => Assert.DoesNotContain(secret, File.ReadAllText(log), StringComparison.Ordinal));
            Assert.All(lab.ProcessIds().Values, pid => Assert.DoesNotContain(secret, File.ReadAllText($"/proc/{pid}/cmdline"), StringComparison.Ordinal));
        }
    }

    private LabProgram Start() => LabProgram.Start("Harness", new Dictionary<string, string>(StringComparer.Ordinal) { ["LAB_STATE"] = _state }, "up", "--fresh");

    private async Task<LabProgram> UpAsync()
    {
        var up = Start();
        await up.WaitForAsync("Ctrl-C stops all of it");
        return up;
    }

    private List<ProcessIdentity> Running() => Directory.Exists(Path.Combine(_state, "running"))
        ? [.. Directory.GetFiles(Path.Combine(_state, "running")).Select(file => JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllText(file))!)]
        : [];
}
