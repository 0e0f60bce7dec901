using System.Text.Json;
using Lab.Harness.Commands;
using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.Harness;

/// <summary><c>./lab run</c> as its users run it, killed, starved and gone on with: nothing that was measured is lost.</summary>
public sealed class RunCommandTests : IDisposable
{
    private const int Ok = 0;
    private const int CannotWrite = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("lab-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Report => Path.Combine(_folder, "report");

    private string Archive => Path.Combine(Report, "results.json");

    private string Experiments => Path.Combine(_folder, "experiments");

    private Dictionary<string, string> Variables => new(StringComparer.Ordinal)
    {
        ["LAB_STATE"] = Path.Combine(_folder, "state"),
        ["LAB_EXPERIMENTS"] = Experiments,
        ["LAB_MYSQL"] = "",
        ["LAB_REDIS"] = "",
    };

    public RunCommandTests()
    {
        Directory.CreateDirectory(Experiments);
        File.Copy(Path.Combine(LabFolders.Root, "experiments", "deployments.yaml"), Path.Combine(Experiments, "deployments.yaml"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_run_that_is_killed_keeps_its_finished_cells_and_goes_on_with_the_others()
    {
        Write("two", connections: "[10, 20]", iterations: 2, operations: 20_000);
        using (var run = LabProgram.Start("Harness", Variables, "run", "--out", Report, "--dashboard", "false"))
        {
            await run.WaitForAsync("connections=20 engine=epoll  iteration 1 of 2");
            run.Kill();
            await run.WaitForExitAsync();
        }

        using var cutOff = JsonDocument.Parse(await File.ReadAllTextAsync(Archive, Token));
        Assert.Equal(JsonValueKind.Null, cutOff.RootElement.GetProperty("run").GetProperty("finishedAt").ValueKind);
        var first = cutOff.RootElement.GetProperty("cells")[0];
        Assert.Equal((10, "true", false), (Connections(first), first.GetProperty("verdict").GetString(), first.GetProperty("partial").GetBoolean()));

        using var resumed = LabProgram.Start("Harness", Variables, "run", "--resume", Report, "--dashboard", "false");
        var code = await resumed.WaitForExitAsync();
        Assert.True(code == Ok, resumed.Output);
        Assert.Contains("1 of them are there already; 1 are left to measure", resumed.Output, StringComparison.Ordinal);
        using var whole = JsonDocument.Parse(await File.ReadAllTextAsync(Archive, Token));
        var cells = whole.RootElement.GetProperty("cells");
        Assert.Equal([10, 20], cells.EnumerateArray().Select(Connections));
        Assert.Equal(first.GetRawText(), cells[0].GetRawText());
        Assert.Equal("true", cells[1].GetProperty("verdict").GetString());
        Assert.Equal(JsonValueKind.String, whole.RootElement.GetProperty("run").GetProperty("finishedAt").ValueKind);
        Assert.Single(whole.RootElement.GetProperty("run").GetProperty("resumedAt").EnumerateArray());
        Assert.True(File.Exists(Path.Combine(Report, "index.html")));

        // Another commit's figures do not belong beside these.
        await File.WriteAllTextAsync(Archive, (await File.ReadAllTextAsync(Archive, Token)).Replace("\"commit\": \"", "\"commit\": \"0", StringComparison.Ordinal), Token);
        var refused = await RunAsync("run", "--resume", Report);
        Assert.Equal(CannotWrite, refused.ExitCode);
        Assert.Contains("commit is now ", Assert.Single(Lines(refused.Errors)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_refused_before_anything_is_started()
    {
        Write("one", connections: "[10]", iterations: 1, operations: 10);
        await File.WriteAllTextAsync(Report, "a file", Token);
        var run = await RunAsync("run", "--out", Report);

        Assert.Equal(CannotWrite, run.ExitCode);
        Assert.Contains("nothing was measured", Assert.Single(Lines(run.Errors)), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "state", "logs")), "something was started");
    }

    [Fact]
    public async Task A_folder_that_is_gone_in_the_middle_costs_no_figures()
    {
        Write("one", connections: "[10, 20]", iterations: 2, operations: 5_000);
        using var run = LabProgram.Start("Harness", Variables, "run", "--out", Report, "--dashboard", "false");
        await run.WaitForAsync("iteration 1 of 2");
        Directory.Move(Report, Report + ".gone");
        await File.WriteAllTextAsync(Report, "a file", Token);

        Assert.Equal(CannotWrite, await run.WaitForExitAsync());
        var unsaved = Assert.Single(Directory.GetDirectories(Path.Combine(_folder, "state", "unsaved")));
        using var results = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(unsaved, "results.json"), Token));
        Assert.Equal(2, results.RootElement.GetProperty("cells").GetArrayLength());
        Assert.True(File.Exists(Path.Combine(unsaved, "index.html")));
        Assert.Single(Lines(run.Output), line => line.Contains("the report could not be written to", StringComparison.Ordinal) && line.Contains("state/unsaved/", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", run.Output, StringComparison.Ordinal);

        File.Delete(Path.Combine(unsaved, "index.html"));
        Assert.Equal(Ok, (await RunAsync("report", unsaved)).ExitCode);
        Assert.True(File.Exists(Path.Combine(unsaved, "index.html")));
    }

    [Theory]
    [InlineData("> /dev/full")]
    [InlineData("| head -n 1")]
    [InlineData(">&-")]
    public async Task Output_that_nobody_takes_does_not_end_the_work(string output)
    {
        Write("one", connections: "[10]", iterations: 2, operations: 10);
        var harness = ServicePrograms.Find("Harness");
        var run = await ProgramRun.OfAsync(
            "/usr/bin/env",
            [
                .. Variables.Select(variable => $"{variable.Key}={variable.Value}"),
                "bash", "-c", $"set -o pipefail; dotnet '{harness}' run --out '{Report}' --dashboard false {output}",
            ],
            Patience,
            Token);

        Assert.True(run.ExitCode == Ok, run.Errors);
        Assert.Empty(run.Errors);
        Assert.True(File.Exists(Path.Combine(Report, "index.html")));
    }

    private static int Connections(JsonElement cell) => cell.GetProperty("factors").GetProperty("connections").GetInt32();

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private Task<ProgramRun> RunAsync(params IReadOnlyList<string> arguments) => ProgramRun.OfAsync(
        "/usr/bin/env",
        [.. Variables.Select(variable => $"{variable.Key}={variable.Value}"), "dotnet", ServicePrograms.Find("Harness"), .. arguments],
        Patience,
        Token);

    private void Write(string name, string connections, int iterations, int operations) => File.WriteAllText(
        Path.Combine(Experiments, $"{name}.yaml"),
        $"""
        name: {name}
        system: echo
        title: A small one
        summary: For a test.
        groups:
          - name: connections
            title: Connections
            question: How many?
            matrix:
              operation: [echo]
              connections: {connections}
              engine: [epoll]
            presets:
              quick:
                iterations: {iterations}
                operations_per_client: {operations}

        """);
}
