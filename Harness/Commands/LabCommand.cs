using System.CommandLine;
using System.CommandLine.Help;
using System.Data.Common;
using System.Net.Sockets;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.LocalHost;
using Lab.ServiceDefaults;

namespace Lab.Harness.Commands;

/// <summary>The lab's command line.</summary>
public static class LabCommand
{
    /// <summary>Stopping a lab in order takes a while: databases flush, services finish what they have begun.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);

    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0 && SystemModules.Default.Find(args[0])?.Program is { } program)
        {
            return await program(args);
        }

        using var signals = new TerminationSignals(StopPatience);
        // The load's clients never block, and every thread switch of theirs would be measured as the system's.
        RuntimeTuning.CompleteSocketsInline();
        LabConsole.Configure();
        var lab = new Command("lab", "A benchmark lab for distributed systems.")
        {
            RunCommand.Create(),
            ListCommand.Create(),
            PlanCommand.Create(),
            UpCommand.Create(),
            DownCommand.Create(),
            DoctorCommand.Create(),
            ReportCommand.Create(),
            new HelpOption(),
        };
        foreach (var create in SystemModules.Default.All.SelectMany(system => system.Commands))
        {
            lab.Add(create());
        }

        var parsed = lab.Parse(args);
        if (args.Length > 0 && SystemModules.Default.Find(args[0]) is not null && lab.Subcommands.All(command => command.Name != args[0]))
        {
            await Console.Error.WriteLineAsync($"'{args[0]}' has no command line of its own; ./lab list shows what measures it");
            return ExitCodes.Usage;
        }

        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message)));
            await Console.Error.WriteLineAsync($"See ./lab {parsed.CommandResult.Command.Name} --help");
            return ExitCodes.Usage;
        }

        try
        {
            // Its own handling of signals begins only when a command waits for something, and knows no SIGHUP.
            var command = parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, signals.Token);
            return await Task.WhenAny(command, signals.PatienceIsOver) == command ? await command : ExitCodes.Interrupted;
        }
        catch (Exception exception) when (exception is InvalidFileException or UnknownNameException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCodes.Usage;
        }
        catch (LabStartException exception)
        {
            await Console.Error.WriteLineAsync($"The lab cannot start: {exception.Message}");
            return ExitCodes.CannotStart;
        }
        catch (ReportFolderException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCodes.CannotWrite;
        }
        catch (OperationCanceledException exception) when (exception.InnerException is not TimeoutException)
        {
            // By Ctrl-C, SIGTERM or SIGHUP. An HTTP client's time-out is of this type, too, and is a failure like any other.
            return ExitCodes.Interrupted;
        }
        catch (Exception exception) when (IsOutside(exception))
        {
            await Console.Error.WriteLineAsync($"The lab cannot go on: {exception.Message}");
            return ExitCodes.CannotStart;
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync($"A defect of the lab: {exception.Message} ({await KeepAsync(exception)})");
            return ExitCodes.Defect;
        }
    }

    /// <summary>Disks, rights, networks, databases: a user can do something about them, and a stack trace would not help.</summary>
    private static bool IsOutside(Exception exception) => exception is DbException or HttpRequestException or SocketException or LabControlException
        || RunArchive.IsOfDisk(exception);

    /// <returns>Where the details stand.</returns>
    private static async Task<string> KeepAsync(Exception exception)
    {
        var file = Path.Combine(LabFolders.State, "defect.log");
        try
        {
            Directory.CreateDirectory(LabFolders.State);
            await File.WriteAllTextAsync(file, $"{DateTimeOffset.Now:O}\n{exception}\n");
            return $"the details stand in {LabFolders.Show(file)}: please report them";
        }
        catch (Exception disk) when (RunArchive.IsOfDisk(disk))
        {
            return exception.ToString();
        }
    }
}
