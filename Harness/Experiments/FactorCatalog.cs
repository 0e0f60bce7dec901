using Lab.Harness.Archive;
using Lab.Harness.Systems;

namespace Lab.Harness.Experiments;

/// <summary>What the experiments may ask of each system.</summary>
public sealed class FactorCatalog
{
    private readonly OrderedDictionary<string, SystemDescription> _systems;

    public FactorCatalog(IEnumerable<SystemDescription> systems) => _systems = new(
        systems.Select(system => KeyValuePair.Create(system.Name, system)), StringComparer.Ordinal);

    public IReadOnlyCollection<string> Systems => _systems.Keys;

    /// <param name="systems">Those that can be run.</param>
    /// <param name="deployments">The values of the factor <c>deployment</c>.</param>
    /// <param name="machine">What cells can run here.</param>
    public static FactorCatalog Of(SystemModules systems, Deployments deployments, MachineAbilities machine) =>
        new(systems.All.Select(system => system.Describe(deployments, machine)));

    /// <summary>What a system understands, or null when there is no such system.</summary>
    public SystemDescription? Find(string system) => _systems.GetValueOrDefault(system);
}

/// <summary>What the load can do to one system, what an experiment may vary, and what cells measure beyond latency and throughput.</summary>
public sealed record SystemDescription
{
    /// <summary>The factor every system has: what a client does.</summary>
    public const string Operation = "operation";

    private readonly OrderedDictionary<string, FactorDescription> _factors;

    /// <param name="name">Its name.</param>
    /// <param name="operations">What a client can do.</param>
    /// <param name="clients">The factor that says how many clients there are; every group must say it.</param>
    /// <param name="factors">All others.</param>
    public SystemDescription(
        string name, IReadOnlyList<OperationInfo> operations, FactorDescription clients, IReadOnlyList<FactorDescription> factors)
    {
        Name = name;
        Clients = clients with { Required = true };
        FactorDescription[] all = [new WordFactor(Operation, [.. operations.Select(operation => operation.Name)]) { Required = true }, Clients, .. factors];
        _factors = new(all.Select(factor => KeyValuePair.Create(factor.Name, factor)), StringComparer.Ordinal);
        Info = new SystemInfo(name) { Operations = operations, Factors = [.. all.Skip(1).Select(factor => factor.Info)] };
    }

    public string Name { get; }

    /// <summary>The factor that says how many clients there are.</summary>
    public FactorDescription Clients { get; }

    /// <summary>All factors, <see cref="Operation"/> first.</summary>
    public IReadOnlyCollection<FactorDescription> Factors => _factors.Values;

    /// <summary>For the archive.</summary>
    public SystemInfo Info { get; private init; }

    public IReadOnlyList<MetricInfo> Metrics
    {
        get => Info.Metrics;
        init => Info = Info with { Metrics = value };
    }

    /// <summary>Columns of published figures that no cell measures by itself, such as a growth over several cells.</summary>
    public IReadOnlyList<string> OtherPublishedColumns { get; init; } = [];

    /// <summary>Why a cell with these factors cannot run here, or null when it can.</summary>
    public Func<IReadOnlyDictionary<string, object>, Obstacle?> Obstacle { get; init; } = _ => null;

    public FactorDescription? Find(string factor) => _factors.GetValueOrDefault(factor);
}
