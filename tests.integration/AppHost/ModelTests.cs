using Aspire.Hosting.ApplicationModel;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.AppHost;

/// <summary>What the topology becomes in Aspire's model; nothing is started.</summary>
public sealed class ModelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_entry_of_the_topology_is_a_resource_and_services_stand_below_their_system()
    {
        await using var app = await AspireApp.ModelAsync(dashboard: false, "--databases", "local");
        var topology = LabTopology.Complete();
        foreach (var service in topology.Services)
        {
            var resource = Assert.IsType<ExecutableResource>(Named(app, service.Name));
            Assert.Equal(service.Endpoints.Append("admin").Order(StringComparer.Ordinal), resource.GetEndpoints().Select(endpoint => endpoint.EndpointName).Order(StringComparer.Ordinal));
            Assert.All(resource.Annotations.OfType<EndpointAnnotation>(), endpoint => Assert.False(endpoint.IsProxied));
            Assert.Superset(service.WaitFor.ToHashSet(StringComparer.Ordinal), resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).ToHashSet(StringComparer.Ordinal));
            Assert.Contains(resource.Annotations.OfType<ResourceCommandAnnotation>(), command => command.Name == "crash");
            var parents = resource.Annotations.OfType<ResourceRelationshipAnnotation>().Where(relationship => relationship.Type == "Parent").Select(relationship => relationship.Resource.Name);
            Assert.Equal(service.Name == service.System ? [] : [service.System], parents);
        }

        foreach (var name in topology.Databases.Select(database => database.Name).Concat(topology.Caches.Select(cache => cache.Name)))
        {
            Assert.IsAssignableFrom<IResourceWithConnectionString>(Named(app, name));
        }

        var faults = Named(app, topology.FaultProxy.Name).Annotations.OfType<ResourceCommandAnnotation>().Select(command => command.Name);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "inject-latency", "heal" }, faults.ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_harness_waits_for_everything_and_starts_when_it_is_asked_to()
    {
        await using var app = await AspireApp.ModelAsync(dashboard: false, "--databases", "local");
        var harness = Named(app, "harness");
        Assert.True(harness.TryGetLastAnnotation<ExplicitStartupAnnotation>(out _));
        var topology = LabTopology.Complete();
        Assert.Equal(
            topology.Services.Append(topology.FaultProxy).Select(service => service.Name)
                .Concat(topology.Databases.Select(database => database.Name)).Concat(topology.Caches.Select(cache => cache.Name)).Order(StringComparer.Ordinal),
            harness.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).Order(StringComparer.Ordinal));
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "run-quick", "run-full", "open-report" },
            harness.Annotations.OfType<ResourceCommandAnnotation>().Select(command => command.Name).ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Schemas_stand_below_their_server_with_connection_strings_of_their_own()
    {
        await using var app = await AspireApp.ModelAsync(dashboard: false, "--databases", "local");
        var server = Assert.IsAssignableFrom<IResourceWithConnectionString>(Named(app, MarketplaceTopology.Database));
        var connection = await server.GetConnectionStringAsync(Token);
        Assert.Contains("User ID=lab;Password=", connection, StringComparison.Ordinal);
        foreach (var schema in LabTopology.Complete().Schemas)
        {
            var resource = Named(app, schema.Name.Replace('_', '-'));
            Assert.Same(server, Assert.IsAssignableFrom<IResourceWithParent>(resource).Parent);
            Assert.Equal($"{connection};Database={schema.Name}", await ((IResourceWithConnectionString)resource).GetConnectionStringAsync(Token));
        }
    }

    [Fact]
    public async Task An_experiment_that_is_named_brings_only_the_systems_that_it_measures()
    {
        await using var app = await AspireApp.ModelAsync(dashboard: false, "--databases", "local", "--experiment", "echo");
        Assert.Contains(app.Resources, resource => resource.Name == EchoTopology.Server(EchoTopology.Epoll));
        Assert.DoesNotContain(app.Resources, resource => resource.Name is MarketplaceTopology.Database or MarketplaceTopology.SellerServer or TradingPostTopology.Supervisor);
    }

    private static IResource Named(AspireApp app, string name) => app.Resources.Single(resource => resource.Name == name);
}
