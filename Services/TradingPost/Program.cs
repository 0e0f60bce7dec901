using Lab.ServiceDefaults;
using Lab.TradingPost.Running;
using Lab.TradingPost.Supervision;

RuntimeTuning.CompleteSocketsInline();
switch (args)
{
    case ["serve", ..]:
        return await ServiceProgram.RunAsync(() => Supervisor.StartServiceAsync(args[1..]));
    case ["peer"]:
        return await ServiceProgram.RunAsync(PeerProgram.RunAsync);
    default:
        await Console.Error.WriteLineAsync("usage: Lab.TradingPost serve | peer");
        return 2;
}
