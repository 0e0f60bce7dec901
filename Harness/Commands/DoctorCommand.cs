using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Lab.LocalHost;
using Lab.LocalHost.Containers;
using Lab.Processes;
using Lab.Transport.Engines;
using Lab.Transport.Native;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary><c>lab doctor</c>: what this machine has, lacks, and how to get it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "What this machine has, what it lacks, and how to get it. Exit code 1 when something needed is missing.");
        command.SetAction(async (_, cancellationToken) =>
        {
            List<Finding> findings =
            [
                Runtime(),
                Packages(),
                await ProgramAsync("MySQL server", ["mariadbd", "mysqld"], "apt-get install mariadb-server, or set LAB_MYSQL to a connection string", isNeeded: LocalLabOptions.Given("LAB_MYSQL") is null, cancellationToken),
                await ProgramAsync("Redis server", ["redis-server", "valkey-server"], "apt-get install redis-server, or set LAB_REDIS to HOST:PORT", isNeeded: LocalLabOptions.Given("LAB_REDIS") is null, cancellationToken),
                await ProgramAsync("setpriv", ["setpriv"], "part of util-linux; without it a killed lab leaves processes to the next start", isNeeded: false, cancellationToken),
                await ProgramAsync("Chromium (browser tests)", ["chromium", "chromium-browser", "google-chrome"], "apt-get install chromium; without it the browser tests are skipped", isNeeded: false, cancellationToken),
                await ContainersAsync(cancellationToken),
                NativeAot(),
                .. Engines(),
                Descriptors(),
                Processors(),
                Memory(),
                Disk(),
            ];
            Show(findings);
            return findings.Exists(finding => finding.State == State.Missing) ? ExitCodes.Failed : ExitCodes.Ok;
        });
        return command;
    }

    private enum State
    {
        Good,
        Advice,
        Missing,
    }

    private static Finding Runtime() => new(".NET", State.Good, RuntimeInformation.FrameworkDescription);

    private static Finding Packages() => ResolvedPackages.Otherwise(LabFolders.Root) is { Count: > 0 } otherwise
        ? new Finding("packages", State.Advice, $"the package feed lacks some versions, the next ones were taken: {string.Join(' ', otherwise)}")
        : new Finding("packages", State.Good, "all in the versions that the lab asks for");

    private static async Task<Finding> ProgramAsync(
        string what, string[] names, string advice, bool isNeeded, CancellationToken cancellationToken)
    {
        if (Programs.Find(names) is not { } path)
        {
            return new Finding(what, isNeeded ? State.Missing : State.Advice, $"not found; {advice}");
        }

        var start = new ProcessStartInfo(path, ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start);
        var version = process is null ? "" : (await process.StandardOutput.ReadToEndAsync(cancellationToken)).Split('\n')[0].Trim();
        return new Finding(what, State.Good, $"{path}  {version}");
    }

    /// <summary>Only <c>--isolation container</c> needs it.</summary>
    private static async Task<Finding> ContainersAsync(CancellationToken cancellationToken)
    {
        const string What = "container engine";
        try
        {
            var engine = await ContainerEngine.FindAsync(cancellationToken);
            var limits = engine.State is { LimitsCpu: true, LimitsMemory: true } ? "" : "; it cannot limit processor time and memory, such cells are left out";
            return new Finding(What, State.Good, $"{engine.Program}  {engine} on {engine.State.System}{limits}");
        }
        catch (LabStartException exception)
        {
            return new Finding(What, State.Advice, $"{exception.Message}. Optional");
        }
    }

    /// <summary>Whether servers could be published as native programs; nothing of the lab needs it.</summary>
    private static Finding NativeAot()
    {
        var reason = Path.Combine(LabFolders.State, "aot.reason");
        var answer = File.Exists(reason) ? File.ReadAllText(reason).Trim() : "the feed has not been asked; ./lab doctor does";
        return new Finding(
            "native AOT", answer.StartsWith("restorable", StringComparison.Ordinal) ? State.Good : State.Advice, $"{answer}. Delete .lab/aot.reason to ask again");
    }

    /// <summary>The connection engines: what cannot run here is left out of experiments.</summary>
    private static IEnumerable<Finding> Engines()
    {
        yield return new Finding("connection engines", State.Good, string.Join(", ", ConnectionEngines.Offered));
        foreach (var (engine, whyNot) in ConnectionEngines.NotOffered)
        {
            yield return new Finding($"connection engine {engine}", State.Advice, $"does not run here: {whyNot}. Its cells are left out");
        }
    }

    /// <summary>What a process of the lab gets after it has raised its limit.</summary>
    private static Finding Descriptors()
    {
        const int Wanted = 10_000;
        var limit = DescriptorLimit.Raise();
        var enough = limit.Current >= Wanted;
        return new Finding(
            "descriptors", enough ? State.Good : State.Advice, $"{limit}; every connection takes one{(enough ? "" : ". ulimit -Hn raises the limit, as root")}");
    }

    private static Finding Processors() => Environment.ProcessorCount >= 2
        ? new Finding("processors", State.Good, $"{Environment.ProcessorCount}; load, servers and databases share them")
        : new Finding("processors", State.Advice, "1: figures will say more about the scheduler than about the systems");

    private static Finding Memory()
    {
        const long Wanted = 4L << 30;
        var bytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new Finding("memory", bytes >= Wanted ? State.Good : State.Advice, $"{bytes / (double)(1 << 30):0.0} GiB");
    }

    private static Finding Disk()
    {
        const long Wanted = 2L << 30;
        var free = new DriveInfo(LabFolders.Root).AvailableFreeSpace;
        return new Finding("disk", free >= Wanted ? State.Good : State.Advice, $"{free / (double)(1 << 30):0.0} GiB free for databases and reports");
    }

    private static void Show(IEnumerable<Finding> findings)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "what", "found");
        foreach (var finding in findings)
        {
            var mark = finding.State switch
            {
                State.Good => "[green]ok[/]",
                State.Advice => "[yellow]note[/]",
                _ => "[red]missing[/]",
            };
            table.AddRow(mark, Markup.Escape(finding.What), Markup.Escape(finding.Text));
        }

        AnsiConsole.Write(table);
    }

    private sealed record Finding(string What, State State, string Text);
}
