using System.CommandLine;
using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load.Connections;
using Lab.Harness.Reports;
using Lab.Harness.Running;
using Lab.Harness.Scenarios;
using Lab.LocalHost;
using Lab.Topology;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary><c>lab run</c>: the main job.</summary>
internal static class RunCommand
{
    private const long DefaultSeed = 1;

    public static Command Create()
    {
        var (experiments, preset) = (PlanOptions.Experiments(), PlanOptions.Preset());
        var seed = new Option<long>("--seed")
        {
            Description = "Makes the load choose the same sellers, items and words again.",
            DefaultValueFactory = _ => DefaultSeed,
        };
        var output = new Option<DirectoryInfo?>("--out") { Description = "Where the report goes; otherwise reports/RUN in the lab." };
        var isolation = IsolationOption.Create();
        var keepUp = new Option<bool>("--keep-up") { Description = "Leave everything running after the report, until Ctrl-C." };
        var command = new Command("run", """
            Run experiments: start the lab, measure, check that every system stayed correct, write a report.
            Exit code 0: every cell ran and every verdict is true. 1: not so. 2: wrong arguments or files. 3: the lab cannot start.

            Examples:
              ./lab run
              ./lab run marketplace --preset full
              ./lab run --seed 7 --out /tmp/my-report
              ./lab run marketplace --isolation container
            """) { experiments, preset, seed, output, keepUp, isolation };
        command.SetAction((arguments, cancellationToken) => RunAsync(
            new RunSettings(
                arguments.GetRequiredValue(experiments),
                arguments.GetRequiredValue(preset),
                arguments.GetValue(seed),
                arguments.GetValue(output)?.FullName,
                arguments.GetValue(keepUp))
            {
                Isolation = IsolationOption.Of(arguments, isolation),
            },
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        var folder = PlanOptions.Load(await IsolationOption.AbilitiesAsync(settings.Isolation, cancellationToken));
        var plan = new Planner(folder.Catalog).Plan(folder.Experiments, settings.Experiments, settings.Preset);
        // Servers that nobody asks are not started: idle, they would still disturb what is measured.
        var topology = LabTopology.For([.. plan.Cells.Select(cell => cell.System).Distinct(StringComparer.Ordinal)]);
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{plan.Cells.Count} cells[/], preset {settings.Preset}, seed {settings.Seed}");
        if (plan.Cells.Any(cell => cell.System == Topology.Systems.Echo.Name))
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{ConnectionBudget.OfThisProcess().ToString()}[/]");
        }

        RunOutcome.ShowLeftOut(plan.LeftOut);
        await using var labs = await RunningLabs.StartAsync(
            plan, topology, folder.Deployments, new LocalLabOptions { StateFolder = LabFolders.State, Isolation = settings.Isolation }, cancellationToken);
        var lab = labs.Lab;
        var draft = await RunDescription.BeginAsync(settings, plan, folder, lab, cancellationToken);
        var reportFolder = settings.OutputFolder ?? Path.Combine(LabFolders.Reports, draft.Id);
        var (results, aborted) = await MeasureAsync(
            plan, labs.Scenarios(settings.Seed, reportFolder), labs, new CellLimits(topology, lab), cancellationToken);
        var run = new RunResults
        {
            Run = draft with { FinishedAt = DateTimeOffset.Now, Aborted = aborted },
            Cells = results,
        };
        await ReportWriter.WriteAsync(run, reportFolder, CancellationToken.None);
        RunOutcome.Show(run, plan, LabFolders.Show(reportFolder));
        if (settings.KeepUp && aborted is null)
        {
            LabConsole.ShowEndpoints(lab.Endpoints);
            AnsiConsole.MarkupLine("[grey]Everything is still running; Ctrl-C stops it.[/]");
            await LabConsole.WaitAsync(cancellationToken);
        }

        return aborted is not null ? ExitCodes.Interrupted
            : RunOutcome.IsSuccess(run, plan) ? ExitCodes.Ok
            : ExitCodes.Failed;
    }

    /// <summary>Interrupted, it returns what was measured until then: a report of it is better than none.</summary>
    private static async Task<(IReadOnlyList<CellResult> Results, string? Aborted)> MeasureAsync(
        Plan plan, IReadOnlyList<IScenario> scenarios, RunningLabs labs, CellLimits limits, CancellationToken cancellationToken)
    {
        await using var progress = ProgressView.Open();
        var runner = new ExperimentRunner(scenarios, labs.ProcessIds, progress.Show, limits.ApplyAsync);
        try
        {
            await runner.RunAsync(plan, cancellationToken);
            return (runner.Results, null);
        }
        catch (OperationCanceledException)
        {
            return (runner.Results, "interrupted before all cells had run");
        }
    }
}

/// <summary>What a user asked for.</summary>
internal sealed record RunSettings(IReadOnlyList<string> Experiments, string Preset, long Seed, string? OutputFolder, bool KeepUp)
{
    /// <summary>What the lab's services run in.</summary>
    public Isolation Isolation { get; init; }

    /// <summary>Sorts by time; also the name of the report's folder.</summary>
    public string NewRunId(DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{Preset}");
}
