using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
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
        var resume = new Option<DirectoryInfo?>("--resume")
        {
            Description = "Go on with a run that was cut off: its folder. What it has measured stays; it must be the same commit and machine.",
        };
        var command = new Command("run", """
            Run experiments: start the lab, measure, check that every system stayed correct, write a report.
            Exit code 0: every cell ran and every verdict is true. 1: not so. 2: wrong arguments or files. 3: the lab cannot start.
            4: the report cannot be written where it belongs.

            Examples:
              ./lab run
              ./lab run EXPERIMENT --preset full
              ./lab run --seed 7 --out /tmp/my-report
              ./lab run EXPERIMENT --tracing tail --dashboard
              ./lab run EXPERIMENT --isolation container
              ./lab run --resume reports/20260131-154500-full
            """) { experiments, preset, seed, output, tracing, dashboard, isolation, keepUp, attach, resume };
        command.Validators.Add(given => Refuse(given, keepUp, isolation, attach));
        command.Validators.Add(given => RefuseOthers(given, resume, experiments, [preset, seed, output, tracing, isolation]));
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
                Resume = arguments.GetValue(resume)?.FullName,
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

    private static void RefuseOthers(
        CommandResult given, Option<DirectoryInfo?> resume, Argument<string[]> experiments, IReadOnlyList<Option> options)
    {
        var others = options.Where(option => given.GetResult(option) is { Implicit: false }).Select(option => option.Name)
            .Concat(given.GetResult(experiments) is { Tokens.Count: > 0 } ? ["experiments"] : []);
        if (given.GetResult(resume) is not null && others.FirstOrDefault() is { } other)
        {
            given.AddError($"--resume goes on with what the run began with: {other} cannot be given");
        }
    }

    private static async Task<int> RunAsync(RunSettings given, CancellationToken cancellationToken)
    {
        var resumed = given.Resume is { } cutOff ? await ResumedRun.ReadAsync(cutOff, cancellationToken) : null;
        var settings = resumed?.Settings(given) ?? given;
        var folder = PlanOptions.Load(await IsolationOption.AbilitiesAsync(settings.Isolation, cancellationToken));
        var whole = folder.Plan(settings.Experiments, settings.Preset);
        if (resumed is not null)
        {
            await resumed.CheckAsync(whole, cancellationToken);
        }

        var (plan, started) = (resumed?.Missing(whole) ?? whole, DateTimeOffset.Now);
        var id = resumed?.Results.Run.Id ?? settings.NewRunId(started);
        // Before anything is started: an hour of measuring must not end with a report that cannot be written.
        var archive = RunArchive.Open(settings.OutputFolder ?? Path.Combine(LabFolders.Reports, id), Path.Combine(LabFolders.State, "unsaved", id));
        RunOutcome.Announce(settings, whole, plan);
        var run = plan.Cells.Count == 0 && resumed is not null
            ? resumed.Results with { Run = resumed.Results.Run with { FinishedAt = started, Aborted = null } }
            : null;
        await using var labs = run is null
            // Servers that nobody asks are not started: idle, they would still disturb what is measured.
            ? await RunningLabs.OpenAsync(plan, LabTopology.For(plan.Systems), folder.Deployments, settings.LabOptions, cancellationToken)
            : null;
        using var export = labs is null ? null : OtlpExport.Start("load", labs.Lab.Dashboard?.Otlp);
        if (labs is not null)
        {
            LabConsole.ShowDashboard(labs.Lab);
            var draft = resumed is null
                ? await RunDescription.BeginAsync(settings, id, started, whole, folder, labs.Lab, cancellationToken)
                : await resumed.GoOnAsync(started, labs.Lab.Endpoints, cancellationToken);
            run = await MeasureAsync(
                new RunResults { Run = draft, Cells = [] }, plan, measured => resumed?.Join(whole, measured) ?? measured, settings, labs, archive, cancellationToken);
        }

        await archive.FinishAsync(run!);
        RunOutcome.Show(run!, whole, LabFolders.Show(archive.Folder));
        if (settings.KeepUp && labs is not null && run!.Run.Aborted is null)
        {
            using var published = PublishedLab.Publish(labs.Lab.Endpoints, LabFolders.State);
            LabConsole.ShowEndpoints(labs.Lab.Endpoints);
            AnsiConsole.MarkupLine("[grey]Everything is still running; Ctrl-C stops it.[/]");
            await LabConsole.WaitAsync(cancellationToken);
        }

        return archive.Problem is { } problem ? throw new ReportFolderException(problem)
            : run!.Run.Aborted is not null ? ExitCodes.Interrupted
            : RunOutcome.IsSuccess(run, whole) ? ExitCodes.Ok
            : ExitCodes.Failed;
    }

    /// <summary>Interrupted, it returns what was measured until then: a report of it is better than none.</summary>
    private static async Task<RunResults> MeasureAsync(
        RunResults begun,
        Plan plan,
        Func<IReadOnlyList<CellResult>, IReadOnlyList<CellResult>> join,
        RunSettings settings,
        RunningLabs labs,
        RunArchive archive,
        CancellationToken cancellationToken)
    {
        await using var progress = ProgressView.Open();
        ExperimentRunner? runner = null;
        runner = new ExperimentRunner(
            labs.Scenarios(settings.Seed, settings.Tracing, archive.Folder),
            labs.ProcessIds,
            progress.Show,
            labs.Limits.ApplyAsync,
            _ => archive.SaveAsync(begun with { Cells = join(runner!.Results) }));
        await archive.SaveAsync(begun with { Cells = join([]) });
        string? aborted = null;
        try
        {
            await runner.RunAsync(plan, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            aborted = "interrupted before all cells had run";
        }

        return new RunResults { Run = begun.Run with { FinishedAt = DateTimeOffset.Now, Aborted = aborted }, Cells = join(runner.Results) };
    }
}

/// <summary>What a user asked for.</summary>
internal sealed record RunSettings(
    IReadOnlyList<string> Experiments, string Preset, long Seed, string? OutputFolder, string Tracing, bool KeepUp)
{
    public bool WithDashboard { get; init; }

    /// <summary>What the lab's services run in.</summary>
    public Isolation Isolation { get; init; }

    /// <summary>The folder of a run that was cut off and goes on.</summary>
    public string? Resume { get; init; }

    /// <summary>Somebody else has started the lab.</summary>
    public bool Attach { get; init; }

    /// <summary>Of the lab to start; null when it is there.</summary>
    public LocalLabOptions? LabOptions => Attach
        ? null
        : new LocalLabOptions { StateFolder = LabFolders.State, Isolation = Isolation, WithDashboard = WithDashboard };

    /// <summary>Sorts by time; also the name of the report's folder.</summary>
    public string NewRunId(DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{Preset}");
}
