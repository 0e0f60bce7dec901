using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Reports;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.LocalHost;
using Lab.Telemetry.Export;
using Lab.Topology;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary><c>lab run</c>: the main job.</summary>
internal static class RunCommand
{
    private const long DefaultSeed = 1;

    public static Command Create()
    {
        var (experiments, preset, dashboard) = (PlanOptions.Experiments(), PlanOptions.Preset(), LabConsole.DashboardOption());
        var seed = new Option<long>("--seed")
        {
            Description = "Makes the load make the same random choices again.",
            DefaultValueFactory = _ => DefaultSeed,
        };
        var output = new Option<DirectoryInfo?>("--out") { Description = "Where the report goes; otherwise reports/RUN in the lab." };
        var tracing = new Option<string>("--tracing")
        {
            Description = "Which requests are followed through the servers, in cells that do not say it: none, ratio, all, or tail (the slowest).",
            DefaultValueFactory = _ => CommonFactors.TracingModes[0],
        };
        tracing.AcceptOnlyFromAmong([.. CommonFactors.TracingModes]);
        var isolation = IsolationOption.Create();
        var keepUp = new Option<bool>("--keep-up") { Description = "Leave everything running after the report, until Ctrl-C." };
        var attach = new Option<bool>("--attach")
        {
            Description = "Start nothing: measure the lab that LAB_ATTACH__ environment variables name (docs/aspire.md).",
        };
        var command = new Command("run", """
            Run experiments: start the lab, measure, check that every system stayed correct, write a report.
            Exit code 0: every cell ran and every verdict is true. 1: not so. 2: wrong arguments or files. 3: the lab cannot start.

            Examples:
              ./lab run
              ./lab run EXPERIMENT --preset full
              ./lab run --seed 7 --out /tmp/my-report
              ./lab run EXPERIMENT --tracing tail --dashboard
              ./lab run EXPERIMENT --isolation container
            """) { experiments, preset, seed, output, tracing, dashboard, isolation, keepUp, attach };
        command.Validators.Add(given => Refuse(given, keepUp, isolation, attach));
        command.SetAction((arguments, cancellationToken) => RunAsync(
            new RunSettings(
                arguments.GetRequiredValue(experiments),
                arguments.GetRequiredValue(preset),
                arguments.GetValue(seed),
                arguments.GetValue(output)?.FullName,
                arguments.GetRequiredValue(tracing),
                arguments.GetValue(keepUp))
            {
                WithDashboard = arguments.GetValue(dashboard),
                Isolation = IsolationOption.Of(arguments, isolation),
                Attach = arguments.GetValue(attach),
            },
            cancellationToken));
        return command;
    }

    private static void Refuse(CommandResult given, Option<bool> keepUp, Option<string> isolation, Option<bool> attach)
    {
        if (given.GetValue(keepUp) && given.GetValue(attach))
        {
            given.AddError("--keep-up is for a lab that this command starts; an attached one stays up anyway");
        }

        if (given.GetResult(isolation) is { Implicit: false } && given.GetValue(attach))
        {
            given.AddError("--isolation is for a lab that this command starts; an attached one is what it is");
        }
    }

    private static async Task<int> RunAsync(RunSettings settings, CancellationToken cancellationToken)
    {
        var folder = PlanOptions.Load(await IsolationOption.AbilitiesAsync(settings.Isolation, cancellationToken));
        var plan = new Planner(folder.Catalog).Plan(folder.Experiments, settings.Experiments, settings.Preset);
        // Servers that nobody asks are not started: idle, they would still disturb what is measured.
        var topology = LabTopology.For(plan.Systems);
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{plan.Cells.Count} cells[/], preset {settings.Preset}, seed {settings.Seed}");
        foreach (var notice in plan.Systems.Select(name => SystemModules.Default.Find(name)?.Notice()).OfType<string>())
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{notice}[/]");
        }

        RunOutcome.ShowLeftOut(plan.LeftOut);
        await using var labs = await RunningLabs.OpenAsync(plan, topology, folder.Deployments, settings.LabOptions, cancellationToken);
        var lab = labs.Lab;
        using var export = OtlpExport.Start("load", lab.Dashboard?.Otlp);
        LabConsole.ShowDashboard(lab);

        var draft = await RunDescription.BeginAsync(settings, plan, folder, lab, cancellationToken);
        var reportFolder = settings.OutputFolder ?? Path.Combine(LabFolders.Reports, draft.Id);
        var (results, aborted) = await MeasureAsync(
            plan, labs.Scenarios(settings.Seed, settings.Tracing, reportFolder), labs, new CellLimits(topology, lab as LocalLab), cancellationToken);
        var run = new RunResults
        {
            Run = draft with { FinishedAt = DateTimeOffset.Now, Aborted = aborted },
            Cells = results,
        };
        await ReportWriter.WriteAsync(run, reportFolder, CancellationToken.None);
        RunOutcome.Show(run, plan, LabFolders.Show(reportFolder));
        if (settings.KeepUp && aborted is null)
        {
            using var published = PublishedLab.Publish(lab.Endpoints, LabFolders.State);
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
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (runner.Results, "interrupted before all cells had run");
        }
    }
}

/// <summary>What a user asked for.</summary>
internal sealed record RunSettings(
    IReadOnlyList<string> Experiments, string Preset, long Seed, string? OutputFolder, string Tracing, bool KeepUp)
{
    public bool WithDashboard { get; init; }

    /// <summary>What the lab's services run in.</summary>
    public Isolation Isolation { get; init; }

    /// <summary>Somebody else has started the lab.</summary>
    public bool Attach { get; init; }

    /// <summary>Of the lab to start; null when it is there.</summary>
    public LocalLabOptions? LabOptions => Attach
        ? null
        : new LocalLabOptions { StateFolder = LabFolders.State, Isolation = Isolation, WithDashboard = WithDashboard };

    /// <summary>Sorts by time; also the name of the report's folder.</summary>
    public string NewRunId(DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{Preset}");
}
