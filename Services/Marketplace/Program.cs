using Lab.Marketplace.Cli;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Server;
using Lab.ServiceDefaults;

RuntimeTuning.CompleteSocketsInline();
switch (args)
{
    case ["serve", "seller" or "buyer", ..]:
        return await ServiceProgram.RunAsync(() => MarketplaceServer.StartAsync(RoleNames.Parse(args[1]), args[2..]));
    case ["marketplace", ..]:
        return await MarketplaceCli.RunAsync(args);
    default:
        Console.Error.WriteLine("usage: Lab.Marketplace serve seller|buyer | marketplace seller|buyer --server HOST:PORT [OPERATION]");
        return 2;
}
