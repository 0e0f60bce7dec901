using Lab.AppHost;
using Lab.Harness.Commands;

// The lab is started by local processes here; the arguments are those that an Aspire app host will take.
Console.WriteLine("AppHost: the lab is brought up by LocalHost, as processes of this machine.");
return await LabCommand.RunAsync(HandOver.Translate(args));
