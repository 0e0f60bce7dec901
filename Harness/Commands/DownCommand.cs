using System.CommandLine;
using Lab.LocalHost;
using Lab.LocalHost.Containers;
using Spectre.Console;

namespace Lab.Harness.Commands;

/// <summary><c>lab down</c>: ends the lab, and whatever an earlier one has left.</summary>
internal static class DownCommand
{
    public static Command Create()
    {
        var data = new Option<bool>("--data") { Description = "Remove the databases' content, too, which ./lab up keeps." };
        var command = new Command("down", """
            End the lab that runs here, and remove what earlier ones have left: processes, containers, networks.
            Exit code 0: nothing is left. 1: something could not be removed.

            Examples:
              ./lab down
              ./lab down --data
            """) { data };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            try
            {
                var removed = 0;
                foreach (var state in new[] { LabFolders.State, LabFolders.ProcessesBeside(LabFolders.State) })
                {
                    foreach (var what in await Leftovers.DownAsync(new LocalLabOptions { StateFolder = state }, arguments.GetValue(data), cancellationToken))
                    {
                        AnsiConsole.MarkupLineInterpolated($"[grey]removed[/] {what}");
                        removed++;
                    }
                }

                AnsiConsole.MarkupLine(removed == 0 ? "Nothing was left to remove." : "Nothing is left.");
                return ExitCodes.Ok;
            }
            catch (ContainerException exception)
            {
                await Console.Error.WriteLineAsync($"Something is left: {exception.Message}");
                return ExitCodes.Failed;
            }
        });
        return command;
    }
}
