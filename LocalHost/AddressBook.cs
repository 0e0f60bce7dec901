using Lab.Topology;

namespace Lab.LocalHost;

/// <summary>Gives every endpoint of the topology its port before anything starts, and turns settings into text.</summary>
internal sealed class AddressBook
{
    private readonly Dictionary<(string Service, string Endpoint), string> _endpoints = [];
    private readonly Dictionary<string, string> _links;
    private readonly Func<string, string?, string> _database;
    private readonly Func<string, string> _cache;

    /// <param name="topology">What needs addresses.</param>
    /// <param name="nextAddress">A new ADDRESS:PORT for the resource that shall listen there.</param>
    /// <param name="database">Connection string of a database; the second argument is the address to use instead of its own.</param>
    /// <param name="cache">Connection string of a cache.</param>
    public AddressBook(LabTopology topology, Func<string, string> nextAddress, Func<string, string?, string> database, Func<string, string> cache)
    {
        foreach (var service in topology.Services.Append(topology.FaultProxy))
        {
            foreach (var endpoint in service.Endpoints.Append(AdminEndpoint))
            {
                _endpoints[(service.Name, endpoint)] = nextAddress(service.SharesAddressOf ?? service.Name);
            }
        }

        _links = topology.Links.ToDictionary(link => link.Name, _ => nextAddress(topology.FaultProxy.Name), StringComparer.Ordinal);
        _database = database;
        _cache = cache;
    }

    private const string AdminEndpoint = "admin";

    public IReadOnlyDictionary<string, string> Links => _links;

    public string AdminUrl(ServiceSpec service) => $"http://{_endpoints[(service.Name, AdminEndpoint)]}";

    public ServiceEndpoints EndpointsOf(ServiceSpec service) => new(
        new Uri(AdminUrl(service)),
        service.Endpoints.ToDictionary(endpoint => endpoint, endpoint => _endpoints[(service.Name, endpoint)], StringComparer.Ordinal));

    public string Resolve(SettingValue value) => value switch
    {
        SettingValue.Literal literal => literal.Text,
        SettingValue.EndpointAddress endpoint => _endpoints[(endpoint.Service, endpoint.Name)],
        SettingValue.LinkAddress link => _links[link.LinkName],
        SettingValue.DatabaseConnection { ThroughLink: { } link } database => _database(database.Name, _links[link]),
        SettingValue.DatabaseConnection database => _database(database.Name, null),
        SettingValue.CacheConnection cache => _cache(cache.Name),
        _ => throw new NotSupportedException($"no address for {value.GetType().Name}"),
    };
}
