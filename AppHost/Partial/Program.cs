using Lab.AppHost;
using Lab.Harness.Commands;

Console.WriteLine("AppHost: this package feed lacks Aspire's packages (package set partial), so LocalHost brings the lab up, as processes of this machine.");
if (LabArguments.ShowsHelp(args))
{
    return 0;
}

if (HandOver.Translate(args, out var problem) is { } command)
{
    return await LabCommand.RunAsync(command);
}

await Console.Error.WriteLineAsync(problem);
return LabArguments.UsageError;
