using Lab.Harness.Measurement;
using Lab.Transport.Engines;

namespace Lab.Harness.Experiments;

/// <summary>What this machine allows, as far as it decides which cells can run.</summary>
/// <param name="MaxConnections">Connections that one process may open.</param>
/// <param name="MissingEngines">Connection engines that do not run here, with the reason.</param>
public sealed record MachineAbilities(long MaxConnections, IReadOnlyDictionary<string, string> MissingEngines)
{
    /// <summary>Engines that hold fewer connections than there may be descriptors, with the most they hold and the reason.</summary>
    public IReadOnlyDictionary<string, (int Connections, string Reason)> SmallerEngines { get; init; } =
        new Dictionary<string, (int Connections, string Reason)>(StringComparer.Ordinal);

    /// <summary>Why the run has no containers beside processes; null: it has.</summary>
    public string? WhyNoContainers { get; init; }

    /// <summary>Why services cannot be limited; null: they can.</summary>
    public string? WhyNoLimits { get; init; }

    /// <summary>Connections from this machine to one address and port: each takes a port of its own.</summary>
    public long PortsToOneAddress { get; init; } = long.MaxValue;

    /// <summary>Those of this process; its children inherit them. Raises the process's limit of open files.</summary>
    public static MachineAbilities OfThisProcess() => new(ConnectionBudget.OfThisProcess().PerProcess, ConnectionEngines.NotOffered)
    {
        WhyNoContainers = "a run with --isolation container has both",
        WhyNoLimits = "only containers have them (--isolation container)",
        SmallerEngines = ConnectionEngines.Offered.Where(engine => ConnectionEngines.Most(engine) is not null)
            .ToDictionary(engine => engine, engine => ConnectionEngines.Most(engine)!.Value, StringComparer.Ordinal),
    };

    /// <summary>Why a cell's engine does not run here; null when it does, or when the cell names none.</summary>
    public Obstacle? EngineObstacle(IReadOnlyDictionary<string, object> factors) =>
        factors.TryGetValue(CommonFactors.Engine, out var engine) && MissingEngines.TryGetValue((string)engine, out var reason)
            ? new Obstacle($"engine {engine}", reason.TrimEnd('.', ' '))
            : null;
}

/// <summary>Why a cell cannot run on this machine.</summary>
/// <param name="Setting">What the cell has that is in the way: <c>engine uring</c>.</param>
/// <param name="Reason">Why that does not work here, without a full stop.</param>
public sealed record Obstacle(string Setting, string Reason);
