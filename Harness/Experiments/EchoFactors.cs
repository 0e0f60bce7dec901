using System.Globalization;
using Lab.Topology.Systems;

namespace Lab.Harness.Experiments;

/// <summary>What the experiments may ask of the echo and its rivals.</summary>
public static class EchoFactors
{
    /// <summary>The factor that says how many connections are open at once.</summary>
    public const string Connections = "connections";

    private const long MostConnections = 1_000_000;
    private const string Port = "port";
    private const string SharedPort = "shared";

    public static ScenarioDescription Of(MachineAbilities machine) => new(
        EchoTopology.Name,
        ["echo", "hold_connections"],
        new LimitedNumberFactor(Connections, 1, MostConnections, machine.MaxConnections),
        [
            new WordFactor(FactorCatalog.Engine, EchoTopology.Engines),
            new WordFactor(Port, ["own", SharedPort]),
            .. ContainerFactors.All,
        ])
    {
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine) ?? machine.EngineObstacle(factors) ?? TooMany(factors, machine)
            ?? Obstacle(factors, machine.MaxConnections) ?? NoPorts(factors, machine.PortsToOneAddress),
    };

    private static Obstacle? NoPorts(IReadOnlyDictionary<string, object> factors, long ports) => (long)factors[Connections] <= ports
        ? null
        : new Obstacle(
            string.Create(CultureInfo.InvariantCulture, $"{factors[Connections]:N0} connections"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"a container has one address, and from this machine to it there are {ports:N0} ports (net.ipv4.ip_local_port_range)"));

    private static Obstacle? TooMany(IReadOnlyDictionary<string, object> factors, MachineAbilities machine) =>
        factors.TryGetValue(FactorCatalog.Engine, out var engine)
        && machine.SmallerEngines.TryGetValue((string)engine, out var most)
        && (long)factors[Connections] > most.Connections
            ? new Obstacle(
                string.Create(CultureInfo.InvariantCulture, $"{factors[Connections]:N0} connections and engine {engine}"),
                string.Create(CultureInfo.InvariantCulture, $"at most {most.Connections:N0}: {most.Reason}"))
            : null;

    private static Obstacle? Obstacle(IReadOnlyDictionary<string, object> factors, long maxConnections)
    {
        var shared = factors.TryGetValue(Port, out var port) && (string)port == SharedPort;
        if (shared && factors.TryGetValue(FactorCatalog.Engine, out var engine) && (string)engine != EchoTopology.Epoll)
        {
            return new Obstacle($"port shared and engine {engine}", $"servers that share a port have the engine {EchoTopology.Epoll}");
        }

        var most = shared ? maxConnections * EchoTopology.SharedServers : maxConnections;
        var wanted = (long)factors[Connections];
        return wanted <= most
            ? null
            : new Obstacle(
                string.Create(CultureInfo.InvariantCulture, $"{wanted:N0} connections"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"a server may open {maxConnections:N0} here{(shared ? $", and {EchoTopology.SharedServers} servers share the port" : "")}"));
    }
}
