using System.Globalization;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.Echo.Connections;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Echo;

/// <summary>What the harness knows of the echo and its rivals.</summary>
public static class EchoModule
{
    /// <summary>Requests on all connections.</summary>
    public const string Echo = "echo";

    /// <summary>What connections cost while they are open and idle; a request on each of them shows that they are alive.</summary>
    public const string Hold = "hold_connections";

    /// <summary>The factor that says how many connections are open at once.</summary>
    public const string Connections = "connections";

    /// <summary>The factor that says whether servers share a port.</summary>
    public const string Port = "port";

    public const string SharedPort = "shared";

    private const long MostConnections = 1_000_000;

    public static SystemModule Create() => new()
    {
        Name = EchoTopology.Name,
        Describe = (_, machine) => Describe(machine),
        Scenario = context => new EchoScenario(context.Lab, context.ProcessIds, context.ReportFolder),
        Claims = new ReportClaims("epoll report", EchoClaims.Count, EchoClaims.Check),
        Analysers = [new EngineRankingAnalyser(), new IdleConnectionAnalyser()],
        Tables = GrowthTables.Of,
        Terms =
        [
            ("duration", "of a connection: from sending its first request to having its last reply; mean over all connections"),
            ("server, in a ranking", "processor time of the server per round trip"),
            ("growth", $"a figure ÷ the same figure at {ConnectionCells.GrowthBase} connections with the same engine"),
        ],
        Notice = () => ConnectionBudget.OfThisProcess().ToString(),
        Commands = [ConnectionLoadCommand.Create],
    };

    public static SystemDescription Describe(MachineAbilities machine) => new(
        EchoTopology.Name,
        [
            new OperationInfo(Echo) { Unit = "round trip" },
            new OperationInfo(Hold) { Unit = "round trip", Title = "What idle connections cost the server", Figures = CommonFigures.None },
        ],
        new LimitedNumberFactor(Connections, 1, MostConnections, machine.MaxConnections),
        [
            CommonFactors.EngineOf(EchoTopology.Engines) with { HasOwnAnalyser = true },
            new WordFactor(Port, ["own", SharedPort]),
            .. ContainerFactors.All,
        ])
    {
        Metrics = EchoMetrics.All,
        OtherPublishedColumns = [LatencyGrowth, DurationGrowth],
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine) ?? machine.EngineObstacle(factors) ?? TooMany(factors, machine)
            ?? Obstacle(factors, machine.MaxConnections) ?? NoPorts(factors, machine.PortsToOneAddress),
    };

    /// <summary>How many times as long as in the report's smallest experiment an answer took: a column of published figures.</summary>
    public const string LatencyGrowth = "latency_growth";

    /// <summary>How many times as long as in the report's smallest experiment a connection lasted: a column of published figures.</summary>
    public const string DurationGrowth = "duration_growth";

    private static Obstacle? NoPorts(IReadOnlyDictionary<string, object> factors, long ports) => (long)factors[Connections] <= ports
        ? null
        : new Obstacle(
            string.Create(CultureInfo.InvariantCulture, $"{factors[Connections]:N0} connections"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"a container has one address, and from this machine to it there are {ports:N0} ports (net.ipv4.ip_local_port_range)"));

    private static Obstacle? TooMany(IReadOnlyDictionary<string, object> factors, MachineAbilities machine) =>
        factors.TryGetValue(CommonFactors.Engine, out var engine)
        && machine.SmallerEngines.TryGetValue((string)engine, out var most)
        && (long)factors[Connections] > most.Connections
            ? new Obstacle(
                string.Create(CultureInfo.InvariantCulture, $"{factors[Connections]:N0} connections and engine {engine}"),
                string.Create(CultureInfo.InvariantCulture, $"at most {most.Connections:N0}: {most.Reason}"))
            : null;

    private static Obstacle? Obstacle(IReadOnlyDictionary<string, object> factors, long maxConnections)
    {
        var shared = factors.TryGetValue(Port, out var port) && (string)port == SharedPort;
        if (shared && factors.TryGetValue(CommonFactors.Engine, out var engine) && (string)engine != EchoTopology.Epoll)
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
