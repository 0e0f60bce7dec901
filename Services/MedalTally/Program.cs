using Lab.MedalTally.Database;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.FrontEnds;
using Lab.MedalTally.SingleTier;
using Lab.ServiceDefaults;

RuntimeTuning.CompleteSocketsInline();
switch (args)
{
    case ["single", ..]:
        return await ServiceProgram.RunAsync(() => SingleServer.StartAsync(args[1..]));
    case ["database", ..]:
        return await ServiceProgram.RunAsync(() => DatabaseServer.StartAsync(args[1..]));
    case ["dispatch", ..]:
        return await ServiceProgram.RunAsync(() => DispatchServer.StartAsync(args[1..]));
    case ["front-end"]:
        return await ServiceProgram.RunAsync(() => FrontEnd.StartAsync([]));
    default:
        await Console.Error.WriteLineAsync("usage: Lab.MedalTally single | database | dispatch | front-end");
        return 2;
}
