using Lab.Harness.Archive;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.Echo;
using Lab.Harness.Experiments;

namespace Lab.Tests.Samples;

/// <summary>Synthetic cells of the experiment <c>echo</c>: figures from a formula, or chosen by a test. Nothing was measured.</summary>
public static class EchoCells
{
    private const int RequestsPerConnection = 100;
    private const double Cores = 2;

    // Processor microseconds of the server per round trip, how much each further thousand connections adds, resident bytes
    // per idle connection, and whether each brings a thread.
    private static readonly (string Name, double ServerUs, double AddedUs, double IdleBytes, bool Threads)[] Engines =
    [
        ("threads", 11.5, 0.35, 21_400, true),
        ("select", 10.4, 1.6, 310, false),
        ("epoll", 9.1, 0.05, 420, false),
        ("async", 10.8, 0.06, 1_180, false),
        ("uring", 8.2, 0.05, 560, false),
        ("kestrel", 14.2, 0.08, 3_900, false),
    ];

    private static readonly PublishedFigures Published =
        SampleSystems.Published(SampleSystems.Echo);

    /// <summary>The whole experiment, one engine left out.</summary>
    public static RunResults Full()
    {
        var engines = Engines.Where(engine => engine.Name != "uring").ToList();
        var cells = new List<CellResult>();
        foreach (var connections in new[] { 100, 200, 500, 1000, 1500, 2000, 2500, 3000, 4000 })
        {
            cells.AddRange(engines.Select(engine => Formula("published-table", engine, connections)));
        }

        foreach (var connections in new[] { 10_000, 19_900 })
        {
            cells.AddRange(engines.Select(engine => Formula("beyond", engine, connections)));
        }

        cells.Add(Shared(39_800));
        cells.AddRange(engines.Select(engine => Held(engine.Name, 10_000, engine.IdleBytes, engine.Threads)));
        var results = SampleResults.Results("20260131-154500-echo", "full", cells, TimeSpan.FromMinutes(31));
        return results with
        {
            Run = results.Run with
            {
                LeftOut = [new LeftOutCells("echo", 12, "engine uring", "the kernel does not grant io_uring")],
                Experiments =
                [
                    new ExperimentInfo(
                        "echo",
                        "An epoll echo server and its rivals",
                        "A server sends back whatever it receives; a client opens many connections.",
                        [
                            new GroupInfo("published-table", "From 100 to 4000 connections", "How do response and duration grow?"),
                            new GroupInfo("beyond", "As many as one process may open", "Who still serves 10,000 connections?"),
                            new GroupInfo("several-processes", "More than one process may open", "Can three servers share one port?"),
                            new GroupInfo("memory", "What an idle connection costs", "How much memory does a connection need?"),
                        ]),
                ],
            },
        };
    }

    /// <summary>A cell whose every figure is chosen by a test.</summary>
    public static CellResult Cell(
        string engine, int connections, double throughput, double serverUs = 9, double loadUs = 5, int iterations = 10, string group = "published-table")
    {
        var factors = new Dictionary<string, object> { ["connections"] = (long)connections, ["engine"] = engine };
        var operations = (long)iterations * connections * RequestsPerConnection;
        var latencyUs = connections / throughput * 1e6;
        return TestCells.Cell("echo", throughput, latencyUs, group: group, iterations: iterations) with
        {
            Experiment = "echo",
            System = "echo",
            Info = SampleSystems.Echo.Info,
            Factors = factors,
            Operations = operations,
            VerdictReason = "every reply equalled its request",
            Published = Published.Find("echo", factors),
            Metrics = Figures(connections, iterations, latencyUs),
            Processes =
            [
                Process($"echo-{engine}", serverUs, operations, 60),
                Process("harness", loadUs, operations, 180),
                new ProcessUsage("seller-server", 0.01, 90L << 20) { Role = Role("seller-server") },
            ],
        };
    }

    /// <summary>A cell that weighed idle connections.</summary>
    public static CellResult Held(string engine, int connections, double idleBytes, bool threads) =>
        Cell(engine, connections, 40_000, iterations: 3, group: "memory") with
        {
            Operation = "hold_connections",
            Operations = 3L * connections,
            Published = null,
            Metrics =
            [
                .. Figures(connections, 3, 1000).Where(figure => figure.Name != EchoMetrics.Duration.Name),
                Gauge(EchoMetrics.MemoryPerConnection, idleBytes),
                Gauge(EchoMetrics.MemoryBefore, 52L << 20),
                Gauge(EchoMetrics.MemoryIdle, (52L << 20) + (long)(idleBytes * connections)),
                Gauge(EchoMetrics.ThreadsBefore, 9),
                Gauge(EchoMetrics.ThreadsIdle, threads ? 9 + connections : 9),
                .. threads ? [Gauge(EchoMetrics.MemoryPerThread, idleBytes)] : Array.Empty<MetricFigure>(),
            ],
        };

    /// <summary>The cell with that many connections lost in all.</summary>
    public static CellResult Losing(this CellResult cell, long lost) => cell with
    {
        Verdict = Verdict.False,
        VerdictReason = $"{lost} connections were not closed properly",
        Metrics =
        [
            .. cell.Metrics.Where(figure => figure.Name != EchoMetrics.LogLines.Name),
            new CounterFigure(EchoMetrics.LogLines.Name, ConnectionCells.Opened(cell) - lost),
        ],
    };

    private static CellResult Shared(int connections)
    {
        var cell = Cell("epoll", connections, 68_000, group: "several-processes", iterations: 5);
        return cell with
        {
            Factors = new Dictionary<string, object>(cell.Factors) { ["port"] = "shared" },
            Processes =
            [
                .. Enumerable.Range(1, 3).Select(number => Process($"echo-shared-{number}", 3.2, cell.Operations, 70)),
                Process("load-1", 3, cell.Operations, 200),
                Process("load-2", 3, cell.Operations, 200),
            ],
        };
    }

    // Server and load share the cores: what both need for a round trip bounds the rate.
    private static CellResult Formula(string group, (string Name, double ServerUs, double AddedUs, double IdleBytes, bool Threads) engine, int connections)
    {
        const double loadUs = 8.5;
        var serverUs = engine.ServerUs + (engine.AddedUs * connections / 1000);
        var cell = Cell(engine.Name, connections, Cores * 0.93e6 / (serverUs + loadUs), serverUs, loadUs, group: group);
        return cell with { Latency = SampleLatency.Of([cell.Latency!.Mean * 0.98, cell.Latency.Mean, cell.Latency.Mean * 1.02], cell.Operations, 0.3) };
    }

    private static IReadOnlyList<MetricFigure> Figures(int connections, int iterations, double latencyUs) =>
    [
        new GaugeFigure(EchoMetrics.Duration.Name, new Estimate(latencyUs * RequestsPerConnection / 1e6, latencyUs * RequestsPerConnection / 1e8)),
        Gauge(EchoMetrics.Open, connections),
        new CounterFigure(EchoMetrics.Opened.Name, (long)connections * iterations),
        new CounterFigure(EchoMetrics.LogLines.Name, (long)connections * iterations),
        Gauge(EchoMetrics.ConnectRate, 21_000),
        Gauge(EchoMetrics.LoadProcesses, 1),
    ];

    private static GaugeFigure Gauge(MetricInfo metric, double value) => new(metric.Name, new Estimate(value, 0));

    private static string Role(string process) =>
        process.StartsWith("echo-", StringComparison.Ordinal) ? ProcessRoles.Server : process == "seller-server" ? ProcessRoles.Rest : ProcessRoles.Load;

    private static ProcessUsage Process(string name, double perOperationUs, long operations, long mib) =>
        new(name, perOperationUs * operations / 1e6, mib << 20) { Role = Role(name) };
}
