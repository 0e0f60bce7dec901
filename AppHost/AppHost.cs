using Lab.AppHost;
using Lab.AppHost.Aspire;
using Lab.LocalHost;

// The lab as an Aspire application: an index of what there is. What each entry becomes stands in Aspire/.
if (LabArguments.ShowsHelp(args))
{
    return 0;
}

if (LabArguments.Parse(args, out var problem) is not { } given)
{
    await Console.Error.WriteLineAsync(problem);
    return LabArguments.UsageError;
}

try
{
    if (await ExperimentSystems.TopologyAsync(given) is not { } topology)
    {
        return LabArguments.UsageError;
    }

    var builder = DistributedApplication.CreateBuilder(Dashboard.Options(given));
    using var lab = await LabBuilder.CreateAsync(builder, topology, given);

    foreach (var database in topology.Databases)
    {
        lab.AddDatabase(database, [.. topology.Schemas.Where(schema => schema.Database == database.Name)]);
    }

    foreach (var cache in topology.Caches)
    {
        lab.AddCache(cache);
    }

    foreach (var system in topology.Services.GroupBy(service => service.System))
    {
        lab.AddSystem(system.Key, [.. system]);
    }

    lab.AddFaultProxy(topology.FaultProxy, topology.Links);
    lab.AddHarness();

    await using var application = builder.Build();
    return await application.RunLabAsync(given, lab.Resources.Keys);
}
catch (LabStartException exception)
{
    await Console.Error.WriteLineAsync($"The lab cannot start: {exception.Message}");
    return LabRun.CannotStart;
}
