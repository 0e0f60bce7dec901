using System.Net.Sockets;
using Lab.ServiceDefaults;
using Lab.TradingPost.Running;
using Lab.TradingPost.Supervision;

RuntimeTuning.CompleteSocketsInline();
try
{
    switch (args)
    {
        case ["serve", ..]:
            return await SupervisorService.RunAsync(args[1..]);
        case ["peer"]:
            return await PeerProgram.RunAsync();
        default:
            await Console.Error.WriteLineAsync("usage: Lab.TradingPost serve | peer");
            return 2;
    }
}
catch (Exception failure) when (failure is InvalidOperationException or IOException or UnauthorizedAccessException or SocketException or PeerStartException)
{
    // A setting that cannot work, an address in use, a folder that cannot be written: the message says it all.
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
