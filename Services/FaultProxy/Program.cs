using Lab.FaultProxy;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Measurement;
using Lab.ServiceDefaults;

RuntimeTuning.CompleteSocketsInline();

try
{
    if (args is ["measure", var url])
    {
        await LinkMeasurement.RunAsync(new Uri(url), CancellationToken.None);
        return 0;
    }

    await using var app = await FaultProxyApp.StartAsync(args);
    return await app.WaitForEndAsync();
}
catch (Exception failure) when (failure is InvalidOperationException or IOException or UriFormatException or ToxiproxyException)
{
    // A configuration that cannot work, or an address in use: the message says it all.
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
