using System.CommandLine;
using System.Diagnostics;
using Lab.Harness.Systems;
using Lab.LocalHost;
using Lab.Topology;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary><c>lab up</c>: starts everything and waits.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var dashboard = LabConsole.DashboardOption();
        var fresh = new Option<bool>("--fresh") { Description = "Begin with empty databases instead of those of the last time." };
        var isolation = IsolationOption.Create();
        var command = new Command("up", """
            Start every system of the lab, print where it listens, and wait. Ctrl-C stops all of it.

            Examples:
              ./lab up
              ./lab up --fresh
              ./lab up --dashboard false
              ./lab up --isolation container
            """) { fresh, dashboard, isolation };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var started = Stopwatch.GetTimestamp();
            await using var lab = await LabConsole.StartAsync(
                LabTopology.Complete(),
                new LocalLabOptions
                {
                    StateFolder = LabFolders.State,
                    KeepData = !arguments.GetValue(fresh),
                    WithDashboard = arguments.GetValue(dashboard),
                    Isolation = IsolationOption.Of(arguments, isolation),
                    Settings = SystemModules.Default.All.SelectMany(system => system.SettingsWhenUp).ToDictionary(StringComparer.Ordinal),
                },
                cancellationToken);
            using var published = PublishedLab.Publish(lab.Endpoints, LabFolders.State);
            AnsiConsole.MarkupLineInterpolated($"[bold]everything is healthy[/] after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
            LabConsole.ShowEndpoints(lab.Endpoints);
            LabConsole.ShowDashboard(lab);
            AnsiConsole.MarkupLine("[grey]Ctrl-C stops all of it.[/]");
            await LabConsole.WaitAsync(cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }
}
