using Lab.Topology.Systems;

namespace Lab.Harness.Experiments;

/// <summary>
/// What the experiments may ask of each system. A new system adds its description here and its scenarios.
/// </summary>
public sealed class FactorCatalog
{
    /// <summary>The factor that says how a server waits for its connections.</summary>
    public const string Engine = "engine";

    /// <summary>Serves in no system but the echo, where it is a rival: it brings its own server.</summary>
    private const string Kestrel = "kestrel";

    /// <summary>Which requests are followed through a system.</summary>
    public static IReadOnlyList<string> TracingModes { get; } = ["none", "ratio", "all", "tail"];

    private readonly OrderedDictionary<string, ScenarioDescription> _systems;

    public FactorCatalog(IEnumerable<ScenarioDescription> systems) => _systems = new(
        systems.Select(system => KeyValuePair.Create(system.System, system)), StringComparer.Ordinal);

    public IReadOnlyCollection<string> Systems => _systems.Keys;

    /// <summary>The systems of this lab.</summary>
    /// <param name="deployments">The values of the factor <c>deployment</c>.</param>
    /// <param name="machine">What cells can run here.</param>
    public static FactorCatalog Of(Deployments deployments, MachineAbilities machine) =>
        new([MarketplaceSystem(deployments, machine), EchoFactors.Of(machine), TradingPostFactors.Of(deployments, machine), CalibrationSystem(machine)]);

    /// <summary>What a system understands, or null when there is no such system.</summary>
    public ScenarioDescription? Find(string system) => _systems.GetValueOrDefault(system);

    private static ScenarioDescription CalibrationSystem(MachineAbilities machine) => new(
        CalibrationTopology.Name,
        ["tcp_round_trip", "select_by_key", "insert_row"],
        new NumberFactor("clients", 1, 10_000),
        ContainerFactors.All)
    {
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine),
    };

    private static ScenarioDescription MarketplaceSystem(Deployments deployments, MachineAbilities machine) => new(
        MarketplaceTopology.Name,
        ["get_seller_rating", "search_items", "display_items_for_sale", "register_item_for_sale"],
        new ClientsFactor("clients", "sellers", "buyers", 1, 10_000),
        [
            new WordFactor(Engine, [.. EchoTopology.Engines.Where(engine => engine != Kestrel)]),
            new WordFactor("cache", ["off", "redis"]),
            new WordFactor("tracing", TracingModes),
            new WordFactor("deployment", deployments.Names),
            new NumberFactor("items_per_seller", 0, 100_000),
            .. ContainerFactors.All,
        ])
    {
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine) ?? machine.EngineObstacle(factors),
    };
}

/// <summary>What the load can do to one system: its operations, and the factors an experiment may vary.</summary>
public sealed record ScenarioDescription
{
    /// <summary>The factor every system has: what a client does.</summary>
    public const string Operation = "operation";

    private readonly OrderedDictionary<string, FactorDescription> _factors;

    /// <param name="system">Its name.</param>
    /// <param name="operations">What a client can do.</param>
    /// <param name="clients">The factor that says how many clients there are; every group must say it.</param>
    /// <param name="factors">All others.</param>
    public ScenarioDescription(
        string system, IReadOnlyList<string> operations, FactorDescription clients, IReadOnlyList<FactorDescription> factors)
    {
        System = system;
        Clients = clients with { Required = true };
        FactorDescription[] all = [new WordFactor(Operation, operations) { Required = true }, Clients, .. factors];
        _factors = new(all.Select(factor => KeyValuePair.Create(factor.Name, factor)), StringComparer.Ordinal);
    }

    public string System { get; }

    /// <summary>The factor that says how many clients there are.</summary>
    public FactorDescription Clients { get; }

    /// <summary>All factors, <see cref="Operation"/> first.</summary>
    public IReadOnlyCollection<FactorDescription> Factors => _factors.Values;

    /// <summary>Why a cell with these factors cannot run here, or null when it can.</summary>
    public Func<IReadOnlyDictionary<string, object>, Obstacle?> Obstacle { get; init; } = _ => null;

    public FactorDescription? Find(string factor) => _factors.GetValueOrDefault(factor);
}
