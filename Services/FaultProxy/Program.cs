using Lab.FaultProxy;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Measurement;
using Lab.ServiceDefaults;

const int CannotMeasure = 1;
const int Usage = 2;

RuntimeTuning.CompleteSocketsInline();
if (CommandLine.IsHelp(args))
{
    Console.WriteLine(CommandLine.Help);
    return 0;
}

if (args is not ["measure", ..])
{
    return CommandLine.FindProblem(args) is { } problem
        ? await RefuseAsync(problem)
        : await ServiceProgram.RunAsync(() => FaultProxyApp.StartAsync(args));
}

if (args is not [_, var text] || !Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp)
{
    return await RefuseAsync("measure expects the URL of one API, such as http://127.0.0.1:8474");
}

try
{
    await LinkMeasurement.RunAsync(url, CancellationToken.None);
    return 0;
}
catch (Exception failure) when (failure is IOException or ToxiproxyException)
{
    // Nobody there: the message says it all.
    await Console.Error.WriteLineAsync(failure.Message);
    return CannotMeasure;
}

static async Task<int> RefuseAsync(string problem)
{
    await Console.Error.WriteLineAsync($"{problem} (--help shows all)");
    return Usage;
}
