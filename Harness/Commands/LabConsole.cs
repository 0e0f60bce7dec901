using System.CommandLine;
using Lab.LocalHost;
using Lab.Telemetry.Export;
using Lab.Topology;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary>The lab's start and stop, as the terminal shows it.</summary>
internal static class LabConsole
{
    /// <summary>
    /// In a pipe or a file there are no colours, and lines are not broken at 80 columns. A terminal that is closed, or a full disk
    /// behind a pipe, ends no work.
    /// </summary>
    public static void Configure()
    {
        const int PlainWidth = 160;
        Console.SetOut(LenientStream.WriterFor(Console.OpenStandardOutput()));
        Console.SetError(LenientStream.WriterFor(Console.OpenStandardError()));
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) };
        if (Console.IsOutputRedirected)
        {
            (settings.Ansi, settings.ColorSystem) = (AnsiSupport.No, ColorSystemSupport.NoColors);
        }

        AnsiConsole.Console = AnsiConsole.Create(settings);
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = PlainWidth;
        }
    }

    public static Task<LocalLab> StartAsync(LabTopology topology, LocalLabOptions options, CancellationToken cancellationToken) =>
        LocalLab.StartAsync(topology, options, Show, cancellationToken);

    /// <summary>
    /// In a terminal somebody may look at a dashboard; in a pipe nobody does. Who has said where telemetry goes needs none.
    /// </summary>
    public static Option<bool> DashboardOption() => new("--dashboard")
    {
        Description = "Start a dashboard with the services' traces, metrics and logs; by default in a terminal only.",
        DefaultValueFactory = _ => !Console.IsOutputRedirected && !OtlpExport.IsWanted,
    };

    public static void ShowDashboard(IRunningLab lab)
    {
        if (lab.Dashboard is { Url: var url })
        {
            AnsiConsole.MarkupLineInterpolated($"dashboard: [bold]{url.ToString()}[/] [grey](traces, metrics, logs)[/]");
        }
    }

    /// <summary>Until Ctrl-C, SIGTERM or SIGHUP.</summary>
    public static async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            AnsiConsole.MarkupLine("[grey]stopping[/]");
        }
    }

    public static void ShowEndpoints(LabEndpoints endpoints)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("service", "clients connect to", "health");
        foreach (var (name, service) in endpoints.Services)
        {
            table.AddRow(
                Markup.Escape(name),
                Markup.Escape(string.Join(", ", service.Endpoints.Values)),
                Markup.Escape(new Uri(service.Admin, "/health").ToString()));
        }

        foreach (var (name, address) in endpoints.Links)
        {
            table.AddRow(Markup.Escape(name), Markup.Escape(address), "[grey]link of the fault proxy[/]");
        }

        AnsiConsole.Write(table);
    }

    public static void Show(ResourceEvent change)
    {
        var colour = change.State switch
        {
            ResourceState.Healthy => "green",
            ResourceState.Crashed or ResourceState.Stopped => "red",
            _ => "grey",
        };
        AnsiConsole.MarkupLineInterpolated($"[{colour}]{change.State.ToString().ToLowerInvariant(),-10}[/] {change.Resource} [grey]{change.Detail}[/]");
    }
}
