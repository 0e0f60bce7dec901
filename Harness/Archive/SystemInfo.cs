using System.Text.Json.Serialization;

namespace Lab.Harness.Archive;

/// <summary>
/// What a reader must know of a system to tell its cells: declared by the system, and copied into the archive, so that a
/// report can be made from that alone.
/// </summary>
/// <param name="Name">As in experiments and topology.</param>
public sealed record SystemInfo(string Name)
{
    public IReadOnlyList<OperationInfo> Operations { get; init; } = [];

    public IReadOnlyList<FactorInfo> Factors { get; init; } = [];

    /// <summary>What cells measure beyond latency and throughput.</summary>
    public IReadOnlyList<MetricInfo> Metrics { get; init; } = [];

    /// <summary>One that nobody has declared is taken for an ordinary one.</summary>
    public OperationInfo Operation(string name) => Operations.FirstOrDefault(operation => operation.Name == name) ?? new OperationInfo(name);

    public MetricInfo? Metric(string name) => Metrics.FirstOrDefault(metric => metric.Name == name);
}

/// <summary>Does an operation change data?</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OperationAccess>))]
public enum OperationAccess
{
    /// <summary>It is left out where reads and writes are compared.</summary>
    [JsonStringEnumMemberName("neither")]
    Neither,

    [JsonStringEnumMemberName("reads")]
    Reads,

    [JsonStringEnumMemberName("writes")]
    Writes,
}

/// <summary>Which of the figures that every cell has say something about an operation.</summary>
[Flags]
[JsonConverter(typeof(JsonStringEnumConverter<CommonFigures>))]
public enum CommonFigures
{
    None = 0,
    Latency = 1,
    Throughput = 2,

    /// <summary>Not where a process is killed: it cannot be asked what it used, and without it the others' figures would mislead.</summary>
    Processes = 4,

    All = Latency | Throughput | Processes,
}

/// <summary>What a client does over and over in a cell.</summary>
/// <param name="Name">The value of the factor <c>operation</c>.</param>
/// <param name="Access">Reads, writes, or neither.</param>
public sealed record OperationInfo(string Name, OperationAccess Access = OperationAccess.Neither)
{
    /// <summary>One of them in a sentence: <c>round trip</c>.</summary>
    public string Unit { get; init; } = "operation";

    /// <summary>What is done, in words that can head a plot.</summary>
    public string Title { get; init; } = Name;

    public CommonFigures Figures { get; init; } = CommonFigures.All;

    /// <summary>
    /// The calibration operations that bound it: it cannot be faster than all of them together, and its throughput is told
    /// as a share of the last one's. Empty: nothing of the kind bounds it.
    /// </summary>
    public IReadOnlyList<string> BoundedBy { get; init; } = [];
}

/// <summary>A factor as a reader sees it.</summary>
/// <param name="Name">As in experiments.</param>
/// <param name="Title">A column's heading, an axis, a word in a sentence.</param>
public sealed record FactorInfo(string Name, string Title)
{
    /// <summary>The names under which cells have it, where they are several: one value then reads <c>10+10</c>.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>Its values say nothing without its title: <c>writes improved</c>.</summary>
    public bool NamesItsValues { get; init; }

    /// <summary>An analyser of its own compares its values: the general one leaves them out.</summary>
    public bool HasOwnAnalyser { get; init; }

    /// <summary>
    /// How much it costs to give a running system another value, by rank; 0: nothing. Cells are run in an order in which what
    /// costs most is changed least often.
    /// </summary>
    [JsonIgnore]
    public int SwitchCost { get; init; }
}
