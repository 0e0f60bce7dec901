using Lab.Harness.Archive;

namespace Lab.Harness.Systems.Echo;

/// <summary>What the cells of the echo measure beyond latency and throughput.</summary>
public static class EchoMetrics
{
    private const string MemoryHeading = "memory";

    private const string MemoryNote =
        "Resident memory only: the buffers that the kernel keeps for a connection are not in it. Memory that the server had taken before and "
        + "uses again is not counted, so a figure can come out small.";

    public static MetricInfo Duration { get; } = new()
    {
        Name = "duration_s",
        Kind = MetricKind.Gauge,
        Unit = MetricUnit.Seconds,
        Better = Better.Lower,
        Heading = "duration",
        Label = "duration of a connection",
        Explanation = "from a connection's first request to its last reply, the mean over all connections",
    };

    public static MetricInfo Open { get; } = Count("connections_open", "connections open at once in every iteration") with
    {
        Kind = MetricKind.Gauge,
        Reduction = MetricReduction.Max,
    };

    public static MetricInfo Opened { get; } = Count("connections_opened", "connections opened over all iterations, warm-up included");

    public static MetricInfo LogLines { get; } = Count(
        "connections_log_lines", "connections that the server logged as closed properly, with the bytes and requests that the load counted, warm-up included") with
    {
        Better = Better.Higher,
    };

    public static MetricInfo ConnectRate { get; } = new()
    {
        Name = "connect_rate",
        Kind = MetricKind.Gauge,
        Unit = MetricUnit.PerSecond,
        Better = Better.Higher,
        Reduction = MetricReduction.Median,
        Heading = "connections",
        Label = "new per second",
        Explanation = "new connections per second while they were opened",
        ShownIn = ShownIn.Archive,
    };

    public static MetricInfo LoadProcesses { get; } = Count("load_processes", "processes that the load was spread over") with
    {
        Kind = MetricKind.Gauge,
        Reduction = MetricReduction.Max,
    };

    public static MetricInfo MemoryPerConnection { get; } = Memory(
        "memory_per_connection_bytes", MetricUnit.Bytes, "per connection", "resident memory that an idle connection adds to the server") with
    {
        Better = Better.Lower,
        ShownIn = ShownIn.TableAndPlot,
        Note = MemoryNote,
    };

    /// <summary>Absent where the connections brought no threads: one or two more have other reasons.</summary>
    public static MetricInfo MemoryPerThread { get; } = Memory(
        "memory_per_thread_bytes", MetricUnit.Bytes, "per thread", "the same divided by the threads that the connections brought");

    public static MetricInfo MemoryBefore { get; } = Memory(
        "memory_before_bytes", MetricUnit.Bytes, "server before", "resident memory of the server before its connections were opened");

    public static MetricInfo MemoryIdle { get; } = Memory(
        "memory_idle_bytes", MetricUnit.Bytes, "server idle", "resident memory of the server with all connections open");

    public static MetricInfo ThreadsBefore { get; } = Memory(
        "threads_before", MetricUnit.Count, "threads before", "threads of the server before its connections were opened");

    public static MetricInfo ThreadsIdle { get; } = Memory(
        "threads_idle", MetricUnit.Count, "threads idle", "threads of the server with all connections open") with
    {
        ShownIn = ShownIn.TableAndPlot,
    };

    public static IReadOnlyList<MetricInfo> All { get; } =
    [
        Duration, Open, Opened, LogLines, ConnectRate, LoadProcesses,
        MemoryPerConnection, MemoryPerThread, MemoryBefore, MemoryIdle, ThreadsBefore, ThreadsIdle,
    ];

    private static MetricInfo Count(string name, string explanation) => new()
    {
        Name = name,
        Kind = MetricKind.Counter,
        Unit = MetricUnit.Count,
        Heading = "connections",
        Label = name,
        Explanation = explanation,
        ShownIn = ShownIn.Archive,
        IncludesWarmUp = true,
    };

    private static MetricInfo Memory(string name, MetricUnit unit, string label, string explanation) => new()
    {
        Name = name,
        Kind = MetricKind.Gauge,
        Unit = unit,
        Reduction = MetricReduction.Median,
        Heading = MemoryHeading,
        Label = label,
        Explanation = explanation,
        ShownIn = ShownIn.Table,
    };
}
