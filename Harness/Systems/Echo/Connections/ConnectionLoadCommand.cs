using System.CommandLine;
using Lab.Harness.Commands;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>A load process, started by the harness itself: not for people, hence not in the list of commands.</summary>
internal static class ConnectionLoadCommand
{
    public static Command Create()
    {
        var command = new Command(LoadProcess.Command, "Opens connections as its standard input says.") { Hidden = true };
        command.SetAction(async (_, cancellationToken) =>
        {
            await LoadProcess.ServeAsync(Console.In, Console.Out, cancellationToken);
            return ExitCodes.Ok;
        });
        return command;
    }
}
