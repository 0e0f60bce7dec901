using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.Calibration;
using Lab.LocalHost;
using Lab.Tests.Integration.Labs;
using Lab.Topology;

namespace Lab.Tests.Integration.Harness;

/// <summary>Experiments run against a lab that somebody else started.</summary>
public sealed class AttachTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private LocalLab _lab = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _lab = await LocalLab.StartAsync(
        LabTopology.For(["calibration", "echo"]),
        new LocalLabOptions { StateFolder = _folder, ExternalMySql = null, ExternalRedis = null },
        _ => { },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_cell_is_measured_on_a_lab_known_by_its_variables_only()
    {
        var variables = AttachVariables.Of(_lab.Endpoints).ToDictionary(StringComparer.Ordinal);
        variables[AttachVariables.ProcessId("mysql")] = _lab.ProcessIds()["mysql"].ToString(CultureInfo.InvariantCulture);
        await using var attached = new AttachedLab(AttachVariables.Read(variables), AttachVariables.ReadProcessIds(variables));
        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var cells = new Planner(folder.Catalog).Plan(folder.Experiments, ["marketplace"], "full").Cells
            .Where(cell => cell.System == "calibration" && cell.Number("clients") == 1)
            .Select(cell => cell with { Iterations = 1, OperationsPerClient = 4 }).ToList();
        using var control = new LabControl(LabTopology.For(["calibration"]), attached.Endpoints, folder.Deployments);
        var runner = new ExperimentRunner([new CalibrationScenario(control, 1)], attached.ProcessIds, _ => { });
        await runner.RunAsync(new Plan("full", cells), Token);

        Assert.Equal(3, runner.Results.Count);
        Assert.All(runner.Results, result =>
        {
            Assert.True(result.Verdict == Verdict.True, result.VerdictReason);
            var processes = result.Processes.Select(process => process.Name).ToHashSet(StringComparer.Ordinal);
            Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "calibration-echo", "mysql", "harness" }, processes);
        });
    }

    [Fact]
    public async Task The_command_measures_cell_after_cell_and_leaves_the_lab_running()
    {
        var before = _lab.ProcessIds()["calibration-echo"];
        var environment = AttachVariables.Of(_lab.Endpoints).Append(KeyValuePair.Create("LAB_STATE", Path.Combine(_folder, "unused"))).ToDictionary(StringComparer.Ordinal);
        using var run = LabProgram.Start("Harness", environment, "run", "echo", "--attach", "--out", Path.Combine(_folder, "report"));
        await run.WaitForAsync("[  12/");
        run.Signal("INT");
        Assert.Equal(130, await run.WaitForExitAsync());
        Assert.True(File.Exists(Path.Combine(_folder, "report", "results.json")), run.Output);
        Assert.False(Directory.Exists(environment["LAB_STATE"]));
        Assert.Equal(before, _lab.ProcessIds()["calibration-echo"]);
    }

    [Fact]
    public async Task A_server_of_an_attached_lab_is_restarted_like_any_other()
    {
        await using var attached = new AttachedLab(_lab.Endpoints, new Dictionary<string, int>(StringComparer.Ordinal));
        using var control = new LabControl(LabTopology.For(["calibration"]), attached.Endpoints, null!);
        var before = attached.ProcessIds()["calibration-echo"];
        Assert.Equal(_lab.ProcessIds()["calibration-echo"], before);
        await control.RestartAsync("calibration-echo", attached.ProcessIds, Token);
        Assert.NotEqual(before, attached.ProcessIds()["calibration-echo"]);
    }

    [Fact]
    public async Task Without_a_lab_in_the_environment_or_with_too_little_of_one_it_says_so()
    {
        var nothing = new Dictionary<string, string>(StringComparer.Ordinal);
        using var alone = LabProgram.Start("Harness", nothing, "run", "marketplace", "--attach");
        Assert.Equal(3, await alone.WaitForExitAsync());
        Assert.Contains("LAB_ATTACH__ADMIN_TOKEN is missing", alone.Output, StringComparison.Ordinal);
        using var poor = LabProgram.Start("Harness", AttachVariables.Of(_lab.Endpoints), "run", "marketplace", "--attach");
        Assert.Equal(3, await poor.WaitForExitAsync());
        Assert.Contains("lacks what these experiments need: seller-server", poor.Output, StringComparison.Ordinal);
    }
}
