using System.Diagnostics;
using System.Globalization;
using Lab.LocalHost;
using Lab.Processes;
using Lab.Topology;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.AppHost.Aspire;

/// <summary>The harness: runs experiments against what the app host started, when somebody asks for it, or at once.</summary>
internal static class HarnessBuilderExtensions
{
    public const string Name = "harness";

    private const string ProcessId = "executable.pid";

    public static void AddHarness(this LabBuilder lab)
    {
        // It belongs to a lab that runs, not to one that is published.
        if (lab.Plan is not { } plan)
        {
            return;
        }

        var seed = lab.App.AddParameter("seed", () => lab.App.Configuration["Parameters:seed"] ?? lab.Given.Seed.ToString(CultureInfo.InvariantCulture));
        var preset = lab.App.AddParameter("preset", () => lab.App.Configuration["Parameters:preset"] ?? lab.Given.Run ?? LabArguments.Quick);
        string? asked = null;
        var program = PlannedLab.Program("Harness", ["run", "--attach", .. lab.Given.Experiments]);
        var harness = lab.App.AddProgram(Name, program.Command, lab.Root, program.Arguments)
            .WithArgs(async context =>
            {
                context.Args.Add("--preset");
                context.Args.Add(asked ?? await preset.Resource.GetValueAsync(context.CancellationToken) ?? LabArguments.Quick);
                context.Args.Add("--seed");
                context.Args.Add(seed.Resource);
                if (lab.Given.Out is { } folder)
                {
                    context.Args.Add("--out");
                    context.Args.Add(folder);
                }
            })
            .WithEnvironment(context => AddEndpoints(context, plan))
            .WithOtlpExporter()
            .WithIconName("Beaker")
            .WithRunCommand(LabArguments.Quick, "Run quick", preset => asked = preset)
            .WithRunCommand(LabArguments.Full, "Run full", preset => asked = preset)
            .WithCommand(
                "open-report",
                "Open last report",
                _ => Task.FromResult(OpenReport(Path.Combine(lab.Root, "reports"))),
                new CommandOptions { Description = "In the browser of the machine on which the lab runs.", IconName = "DocumentText" });
        foreach (var needed in lab.Resources.Values)
        {
            harness.WaitFor(needed);
        }

        if (lab.Given.Run is null)
        {
            harness.WithExplicitStart();
        }
    }

    private static IResourceBuilder<ExecutableResource> WithRunCommand(
        this IResourceBuilder<ExecutableResource> harness, string preset, string title, Action<string> ask) => harness.WithCommand(
        $"run-{preset}",
        title,
        async context =>
        {
            ask(preset);
            return await context.Services.GetRequiredService<ResourceCommandService>()
                .ExecuteCommandAsync(harness.Resource, KnownResourceCommands.StartCommand, context.CancellationToken);
        },
        new CommandOptions
        {
            Description = $"Runs every experiment with the preset {preset}, and writes a report.",
            IconName = "Play",
            IsHighlighted = preset == LabArguments.Quick,
            UpdateState = context => IsIdle(context.ResourceSnapshot) ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
        });

    private static bool IsIdle(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text is { } state && (state == KnownResourceStates.NotStarted || KnownResourceStates.TerminalStates.Contains(state));

    private static void AddEndpoints(EnvironmentCallbackContext context, PlannedLab plan)
    {
        foreach (var (variable, value) in AttachVariables.Of(plan.Endpoints))
        {
            context.EnvironmentVariables[variable] = value;
        }

        // Databases have no admin endpoint to ask for their process.
        var notifications = context.ExecutionContext.Services.GetRequiredService<ResourceNotificationService>();
        foreach (var name in plan.LocalServers)
        {
            if (notifications.TryGetCurrentState(name, out var state)
                && state.Snapshot.Properties.FirstOrDefault(property => property.Name == ProcessId)?.Value is int pid)
            {
                context.EnvironmentVariables[AttachVariables.ProcessId(name)] = pid.ToString(CultureInfo.InvariantCulture);
            }
        }
    }

    private static ExecuteCommandResult OpenReport(string folder)
    {
        var newest = Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Order(StringComparer.Ordinal).Select(run => Path.Combine(run, "index.html")).LastOrDefault(File.Exists)
            : null;
        if (newest is null)
        {
            return CommandResults.Failure($"There is no report in {folder} yet.");
        }

        if (Programs.Find("xdg-open", "open") is not { } opener)
        {
            return CommandResults.Failure($"No program opens pages here; the report is {newest}");
        }

        using var browser = Process.Start(new ProcessStartInfo(opener, [newest]) { UseShellExecute = false });
        return CommandResults.Success(newest);
    }
}
