using Lab.FaultProxy;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Measurement;
using Lab.ServiceDefaults;

RuntimeTuning.CompleteSocketsInline();
if (args is not ["measure", var url])
{
    return await ServiceProgram.RunAsync(() => FaultProxyApp.StartAsync(args));
}

try
{
    await LinkMeasurement.RunAsync(new Uri(url), CancellationToken.None);
    return 0;
}
catch (Exception failure) when (failure is IOException or UriFormatException or ToxiproxyException)
{
    // No address, or nobody there: the message says it all.
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
