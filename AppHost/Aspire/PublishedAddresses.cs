using Lab.Topology;

namespace Lab.AppHost.Aspire;

/// <summary>
/// Addresses in a model that is published: every service is a container with ports of its own, and others are known by
/// what Aspire puts in when the model is deployed.
/// </summary>
internal sealed class PublishedAddresses
{
    /// <summary>Where a service tells whether it is healthy.</summary>
    public const int AdminPort = 8080;

    private const int FirstPort = 21_000;
    private const string Everywhere = "0.0.0.0";

    private readonly Dictionary<string, int> _ports = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EndpointReference> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<EndpointReference?, ReferenceExpression>> _databases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReferenceExpression> _caches = new(StringComparer.Ordinal);

    public static string AdminUrl => FormattableString.Invariant($"http://{Everywhere}:{AdminPort}");

    /// <summary>The port that a service listens on for an endpoint, or the fault proxy for a link.</summary>
    public int Port(string endpoint)
    {
        if (!_ports.TryGetValue(endpoint, out var port))
        {
            _ports[endpoint] = port = FirstPort + _ports.Count;
        }

        return port;
    }

    public void Know(string endpoint, EndpointReference reference) => _endpoints[endpoint] = reference;

    /// <param name="name">The database.</param>
    /// <param name="connection">Its connection string, by way of an endpoint or, without one, directly.</param>
    public void KnowDatabase(string name, Func<EndpointReference?, ReferenceExpression> connection) => _databases[name] = connection;

    public void KnowCache(string name, ReferenceExpression connection) => _caches[name] = connection;

    public static string Endpoint(string service, string name) => $"{service}/{name}";

    /// <summary>All interfaces of the container, at the endpoint's port.</summary>
    public ReferenceExpression Listen(string endpoint) => ReferenceExpression.Create($"{FormattableString.Invariant($"{Everywhere}:{Port(endpoint)}")}");

    /// <summary>A setting's value; a service's own endpoint is where it listens, another's is where it can be reached.</summary>
    public ReferenceExpression Resolve(ServiceSpec owner, SettingValue value) => value switch
    {
        SettingValue.Literal literal => ReferenceExpression.Create($"{literal.Text}"),
        SettingValue.EndpointAddress own when own.Service == owner.Name => Listen(Endpoint(own.Service, own.Name)),
        SettingValue.EndpointAddress other => Address(Endpoint(other.Service, other.Name)),
        SettingValue.LinkAddress link => Address(link.LinkName),
        SettingValue.DatabaseConnection { ThroughLink: { } link } database => _databases[database.Name](_endpoints[link]),
        SettingValue.DatabaseConnection database => _databases[database.Name](null),
        SettingValue.CacheConnection cache => _caches[cache.Name],
        _ => throw new NotSupportedException($"no address for {value.GetType().Name}"),
    };

    /// <summary>Where a link leads.</summary>
    public ReferenceExpression Upstream(ServiceSpec faultProxy, LinkSpec link) =>
        link.To is SettingValue.DatabaseConnection database ? Address(database.Name) : Resolve(faultProxy, link.To);

    private ReferenceExpression Address(string endpoint) =>
        ReferenceExpression.Create($"{_endpoints[endpoint].Property(EndpointProperty.HostAndPort)}");
}
