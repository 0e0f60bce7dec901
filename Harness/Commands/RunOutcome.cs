using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Systems;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary>What a run found, at the end of its output; the report has the rest.</summary>
internal static class RunOutcome
{
    public static bool IsSuccess(RunResults run, Plan plan) =>
        run.Cells.Count == plan.Cells.Count && run.Cells.All(cell => cell.Verdict == Verdict.True);

    /// <summary>What will be measured, before anything is started.</summary>
    /// <param name="settings">Of the run.</param>
    /// <param name="whole">All of it.</param>
    /// <param name="plan">What of it is still to be done.</param>
    public static void Announce(RunSettings settings, Plan whole, Plan plan)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{whole.Cells.Count} cells[/], preset {settings.Preset}, seed {settings.Seed}");
        if (settings.Resume is not null)
        {
            AnsiConsole.MarkupLineInterpolated($"{whole.Cells.Count - plan.Cells.Count} of them are there already; {plan.Cells.Count} are left to measure");
        }

        foreach (var notice in plan.Systems.Select(name => SystemModules.Default.Find(name)?.Notice()).OfType<string>())
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]{notice}[/]");
        }

        ShowLeftOut(plan.LeftOut);
    }

    public static void Show(RunResults run, Plan plan, string folder)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("operation", "factors");
        foreach (var column in new[] { "published", "measured", "ops/s", "p99", "errors" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        table.AddColumn("verdict");
        foreach (var cell in run.Cells)
        {
            table.AddRow(
                Markup.Escape(cell.Operation),
                Markup.Escape(string.Join(' ', cell.Factors.Select(factor => $"{factor.Key}={factor.Value}"))),
                Milliseconds(cell.Published?.LatencyUs),
                Milliseconds(cell.Latency?.Mean),
                cell.Throughput is { } throughput ? $"{throughput.Mean:N0}" : "-",
                Milliseconds(cell.Latency?.P99),
                cell.Errors.Total == 0 ? "0" : $"[red]{cell.Errors.Total}[/]",
                cell.Verdict == Verdict.True ? "[green]true[/]" : $"[red]{cell.Verdict.ToString().ToLowerInvariant()}[/]");
        }

        AnsiConsole.Write(table);
        foreach (var cell in run.Cells.Where(cell => cell.Verdict != Verdict.True))
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{cell.Verdict.ToString().ToLowerInvariant()}[/] {cell.Operation}: {cell.VerdictReason}");
        }

        ShowLeftOut(run.Run.LeftOut);
        var good = run.Cells.Count(cell => cell.Verdict == Verdict.True);
        AnsiConsole.MarkupLineInterpolated($"[bold]{good} of {plan.Cells.Count} cells ran and kept every invariant.[/]");
        AnsiConsole.MarkupLineInterpolated($"report: [bold]{Path.Combine(folder, "index.html")}[/]");
        if (run.Run.Aborted is not null)
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]./lab run --resume {folder} goes on with what is left[/]");
        }
    }

    /// <summary>What this machine cannot run: no failure, but the reader would miss it.</summary>
    public static void ShowLeftOut(IReadOnlyList<LeftOutCells> leftOut)
    {
        foreach (var cells in leftOut)
        {
            AnsiConsole.MarkupLineInterpolated($"[grey]left out: {cells.ToString()}[/]");
        }
    }

    private static string Milliseconds(double? latencyUs) => latencyUs is { } us ? $"{us / 1000:0.00} ms" : "-";
}
