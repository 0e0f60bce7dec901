using Lab.Topology.Systems;

namespace Lab.Topology;

/// <summary>
/// What the lab consists of, written once. Runners translate it: local processes, containers, the Aspire app model,
/// virtual machines. Experiments never change it; they steer what runs.
/// </summary>
public sealed record LabTopology
{
    public required IReadOnlyList<DatabaseSpec> Databases { get; init; }

    public required IReadOnlyList<SchemaSpec> Schemas { get; init; }

    public required IReadOnlyList<CacheSpec> Caches { get; init; }

    public required IReadOnlyList<ServiceSpec> Services { get; init; }

    public required IReadOnlyList<LinkSpec> Links { get; init; }

    /// <summary>The fault proxy that carries the links.</summary>
    public required ServiceSpec FaultProxy { get; init; }

    private static IReadOnlyList<SystemEntry> All => [CalibrationTopology.Entry(), MarketplaceTopology.Entry(), EchoTopology.Entry(), TradingPostTopology.Entry(), MedalTallyTopology.Entry()];

    /// <summary>Every system of the lab, with all that they need.</summary>
    public static LabTopology Complete() => Of(All);

    /// <summary>Some systems of the lab by name, with all that they need.</summary>
    /// <exception cref="ArgumentException">There is no such system.</exception>
    public static LabTopology For(IReadOnlyCollection<string> systems) =>
        systems.FirstOrDefault(system => All.All(entry => entry.Name != system)) is { } unknown
            ? throw new ArgumentException($"the lab has no system '{unknown}'", nameof(systems))
            : Of([.. All.Where(entry => systems.Contains(entry.Name))]);

    /// <summary>The topology of some systems. What two of them share is there once.</summary>
    public static LabTopology Of(params IReadOnlyList<SystemEntry> systems) => new()
    {
        Databases = [.. systems.SelectMany(system => system.Databases).Distinct()],
        Schemas = [.. systems.SelectMany(system => system.Schemas)],
        Caches = [.. systems.SelectMany(system => system.Caches).Distinct()],
        Services = [.. systems.SelectMany(system => system.Services)],
        Links = [.. systems.SelectMany(system => system.Links)],
        FaultProxy = FaultProxyTopology.Service(),
    };
}

/// <summary>One system's share of the topology: adding a system means adding one of these.</summary>
public sealed record SystemEntry
{
    /// <summary>The system's name in experiments.</summary>
    public required string Name { get; init; }

    public IReadOnlyList<DatabaseSpec> Databases { get; init; } = [];

    public IReadOnlyList<SchemaSpec> Schemas { get; init; } = [];

    public IReadOnlyList<CacheSpec> Caches { get; init; } = [];

    public required IReadOnlyList<ServiceSpec> Services { get; init; }

    public IReadOnlyList<LinkSpec> Links { get; init; } = [];
}

/// <summary>A MySQL-compatible server.</summary>
public sealed record DatabaseSpec(string Name);

/// <summary>A schema in which a system keeps its tables; the system makes them.</summary>
/// <param name="Database">The server.</param>
/// <param name="Name">As SQL knows it.</param>
public sealed record SchemaSpec(string Database, string Name);

/// <summary>A Redis server.</summary>
public sealed record CacheSpec(string Name);

/// <summary>A TCP way that injects faults: a fault proxy's listener in front of an endpoint.</summary>
/// <param name="Name">Unique, also the proxy's name.</param>
/// <param name="Class">Which toxics of a deployment it gets: <c>client-server</c>, <c>server-database</c>, <c>between-servers</c>.</param>
/// <param name="To">Where it leads.</param>
public sealed record LinkSpec(string Name, string Class, SettingValue To)
{
    public const string ClientServer = "client-server";
    public const string ServerDatabase = "server-database";
    public const string BetweenServers = "between-servers";
}

/// <summary>A process of a system.</summary>
public sealed record ServiceSpec
{
    /// <summary>Unique; the name of its log, its resource, its row in reports.</summary>
    public required string Name { get; init; }

    /// <summary>The system it belongs to.</summary>
    public required string System { get; init; }

    /// <summary>The project that builds its program; its folder stands in <see cref="ProjectFolder"/>.</summary>
    public required string Project { get; init; }

    /// <summary>Relative to the repository.</summary>
    public required string ProjectFolder { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>TCP endpoints that clients use, by name. The admin endpoint exists always and is not listed.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    /// <summary>Configuration by key (<c>Shop:Listen</c>); runners pass it as environment variables.</summary>
    public IReadOnlyDictionary<string, SettingValue> Settings { get; init; } = new Dictionary<string, SettingValue>(StringComparer.Ordinal);

    /// <summary>
    /// Another service at whose address and port this one listens, too (SO_REUSEPORT); null: it has an address of its own.
    /// Runners with a network for every service put both into one.
    /// </summary>
    public string? SharesAddressOf { get; init; }

    /// <summary>It writes what must be durable: runners give it a folder on a disk (<c>Service:DataFolder</c>).</summary>
    public bool KeepsData { get; init; }

    /// <summary>Names of resources that must be healthy before this one is started.</summary>
    public IReadOnlyList<string> WaitFor { get; init; } = [];

    /// <summary>Started again after a crash.</summary>
    public bool RestartAfterCrash { get; init; } = true;
}

/// <summary>A value that only the runner knows: where something listens.</summary>
public abstract record SettingValue
{
    private SettingValue()
    {
    }

    public static SettingValue Of(string text) => new Literal(text);

    /// <summary>ADDRESS:PORT of a service's endpoint: where it shall listen, or where others reach it.</summary>
    public static SettingValue Endpoint(string service, string endpoint) => new EndpointAddress(service, endpoint);

    /// <summary>ADDRESS:PORT of a link's listener.</summary>
    public static SettingValue Link(string link) => new LinkAddress(link);

    /// <summary>Connection string of a database, directly or through a link.</summary>
    public static SettingValue Database(string database, string? throughLink = null) => new DatabaseConnection(database, throughLink);

    public static SettingValue Cache(string cache) => new CacheConnection(cache);

    public sealed record Literal(string Text) : SettingValue;

    public sealed record EndpointAddress(string Service, string Name) : SettingValue;

    public sealed record LinkAddress(string LinkName) : SettingValue;

    public sealed record DatabaseConnection(string Name, string? ThroughLink) : SettingValue;

    public sealed record CacheConnection(string Name) : SettingValue;
}
