using System.Text.Json.Serialization;

namespace Lab.Harness.Archive;

/// <summary>Everything one run measured: the content of <c>results.json</c> (described in <c>docs/results.md</c>).</summary>
public sealed record RunResults
{
    /// <summary>Version of this layout; raised when a reader of the old one would misread the new one.</summary>
    public int Schema { get; init; } = ResultsJson.Schema;

    public required RunInfo Run { get; init; }

    public required IReadOnlyList<CellResult> Cells { get; init; }
}

/// <summary>What a reader must know about the run as a whole.</summary>
public sealed record RunInfo
{
    /// <summary>Sortable name, also the name of the output folder: <c>20260131-154500-quick</c>.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Null: the run goes on, or was cut off.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When a run that had been cut off went on.</summary>
    public IReadOnlyList<DateTimeOffset> ResumedAt { get; init; } = [];

    public required long Seed { get; init; }

    public required string Preset { get; init; }

    /// <summary>The machine: cpu, cores, memory, kernel, governor, commit, steal, load before the run. Text, for reading.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Versions that shape the figures: runtime, database server, drivers.</summary>
    public required IReadOnlyDictionary<string, string> Packages { get; init; }

    /// <summary>The experiments in the order in which they ran, with the words the report prints.</summary>
    public required IReadOnlyList<ExperimentInfo> Experiments { get; init; }

    /// <summary>The systems that were measured, as they describe themselves.</summary>
    public IReadOnlyList<SystemInfo> Systems { get; init; } = [];

    /// <summary>Cells that the preset asks for and this machine cannot run; no failure, but said.</summary>
    public IReadOnlyList<LeftOutCells> LeftOut { get; init; } = [];

    /// <summary>Why the run ended early, if it did (a service that would not start, Ctrl-C).</summary>
    public string? Aborted { get; init; }
}

/// <summary>Cells of an experiment that this machine cannot run, for one reason.</summary>
/// <param name="Experiment">Name of the experiment.</param>
/// <param name="Cells">How many they are.</param>
/// <param name="Setting">What they have in common that is in the way: <c>engine uring</c>.</param>
/// <param name="Reason">Why that does not work here, without a full stop.</param>
public sealed record LeftOutCells(string Experiment, int Cells, string Setting, string Reason)
{
    public override string ToString() => $"{Cells} {(Cells == 1 ? "cell" : "cells")} with {Setting}: {Reason}";
}

/// <summary>An experiment's titles, copied so that a report can be made from the archive alone.</summary>
public sealed record ExperimentInfo(string Name, string Title, string Summary, IReadOnlyList<GroupInfo> Groups);

/// <summary>A group of cells that answers one question.</summary>
public sealed record GroupInfo(string Name, string Title, string Question);

/// <summary>One combination of factor values, measured.</summary>
public sealed record CellResult
{
    public required string Experiment { get; init; }

    public required string Group { get; init; }

    public required string System { get; init; }

    public required string Operation { get; init; }

    /// <summary>Factor values: numbers (<c>clients</c>) as <see cref="long"/>, all others as <see cref="string"/>.</summary>
    [JsonConverter(typeof(FactorsConverter))]
    public required IReadOnlyDictionary<string, object> Factors { get; init; }

    /// <summary>The run goes on, or ended, before all iterations had run and the invariants were checked.</summary>
    public bool Partial { get; init; }

    /// <summary>Iterations that ran and count: the figures are made of these, and of these alone.</summary>
    public required int Iterations { get; init; }

    /// <summary>Operations measured over all iterations, warm-up excluded.</summary>
    public required long Operations { get; init; }

    /// <summary>Null when the cell failed before a single operation was answered.</summary>
    [JsonPropertyName("latency_us")]
    public required LatencySummary? Latency { get; init; }

    [JsonPropertyName("throughput_ops")]
    public required Estimate? Throughput { get; init; }

    /// <summary>Mean latency and throughput of every iteration, in order.</summary>
    public IReadOnlyList<IterationResult> PerIteration { get; init; } = [];

    /// <summary>Iterations whose figures do not count, each with the reason and its errors: a server was restarted meanwhile, nothing was answered.</summary>
    public IReadOnlyList<string> FailedIterations { get; init; } = [];

    public required ErrorCounts Errors { get; init; }

    /// <summary>Did the system keep its invariants in this cell?</summary>
    public required Verdict Verdict { get; init; }

    public required string VerdictReason { get; init; }

    public required PublishedFigure? Published { get; init; }

    /// <summary>What this machine gives without the system, at the same concurrency; null for calibration cells.</summary>
    public MachineLimit? Limit { get; init; }

    /// <summary>What the system measures beyond latency and throughput.</summary>
    public IReadOnlyList<MetricFigure> Metrics { get; init; } = [];

    /// <summary>The slowest requests and where their time went, slowest first; empty unless the cell followed its requests.</summary>
    public IReadOnlyList<SlowRequest> Slowest { get; init; } = [];

    /// <summary>Why the figures deserve distrust (the machine was busy with something else), or null.</summary>
    public string? Noise { get; init; }

    public required IReadOnlyList<ProcessUsage> Processes { get; init; }

    /// <summary>The cell's system as the run describes it; the archive has it once.</summary>
    [JsonIgnore]
    public SystemInfo Info { get; init; } = new("");

    /// <summary>The cell's operation as its system describes it.</summary>
    [JsonIgnore]
    public OperationInfo Does => Info.Operation(Operation);

    /// <summary>A metric's figure, or null where the cell has none of this name and kind.</summary>
    public TFigure? Metric<TFigure>(string name)
        where TFigure : MetricFigure => Metrics.OfType<TFigure>().FirstOrDefault(figure => figure.Name == name);
}

/// <summary>Latency of a cell in microseconds, from its merged histogram.</summary>
public sealed record LatencySummary
{
    /// <summary>Mean over the iterations; where there are none, over all operations.</summary>
    public required double Mean { get; init; }

    /// <summary>Half width of the 95 % confidence interval of the mean over iterations (Student's t); 0 with one iteration.</summary>
    public required double Ci95 { get; init; }

    public required double P50 { get; init; }

    public required double P90 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required double Max { get; init; }

    /// <summary>The distribution, coarse enough to plot: rising upper bounds in microseconds with counts.</summary>
    public IReadOnlyList<LatencyBucket> Distribution { get; init; } = [];
}

/// <summary>Operations that took at most <paramref name="UpToUs"/> and more than the bucket before.</summary>
public sealed record LatencyBucket([property: JsonPropertyName("upTo_us")] double UpToUs, long Count);

/// <summary>A mean with the half width of its 95 % confidence interval.</summary>
public sealed record Estimate(double Mean, double Ci95);

/// <summary>One repetition of a cell.</summary>
/// <param name="LatencyUs">Mean of the answered operations.</param>
/// <param name="ThroughputOps">Answered operations per second.</param>
/// <param name="Operations">Answered ones.</param>
/// <param name="DurationS">From the common start to the last answer.</param>
/// <param name="Errors">Operations that were not answered with success.</param>
public sealed record IterationResult(
    [property: JsonPropertyName("latency_us")] double LatencyUs,
    [property: JsonPropertyName("throughput_ops")] double ThroughputOps,
    long Operations,
    [property: JsonPropertyName("duration_s")] double DurationS,
    long Errors = 0);

/// <summary>Operations that were not answered with success, by error code; those of failed iterations are among them.</summary>
public sealed record ErrorCounts(long Total, IReadOnlyDictionary<string, long> ByKind)
{
    /// <summary>The share of a cell's operations that may fail: the experiment injects faults. With more the verdict is not true.</summary>
    [JsonPropertyName("allowed_share")]
    public double AllowedShare { get; init; }

    /// <summary>How long failed operations were waited for, timeouts included; null where none failed, or where nobody waits for a single one.</summary>
    [JsonPropertyName("latency_us")]
    public LatencySummary? Latency { get; init; }
}

/// <summary>A figure from a report, in the report's own setting: its machine is not this one.</summary>
public sealed record PublishedFigure(
    [property: JsonPropertyName("latency_us")] double? LatencyUs,
    [property: JsonPropertyName("throughput_ops")] double? ThroughputOps,
    string Source)
{
    /// <summary>By the name of a metric of the system, or of another column that it declares.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>One of <see cref="Metrics"/>; null where the report does not give it.</summary>
    public double? Metric(string name) => Metrics.TryGetValue(name, out var value) ? value : null;

    /// <summary>Where a report gives a range instead of a mean: its lower end.</summary>
    [JsonPropertyName("latency_low_us")]
    public double? LatencyLowUs { get; init; }

    /// <summary>Where a report gives a range instead of a mean: its upper end.</summary>
    [JsonPropertyName("latency_high_us")]
    public double? LatencyHighUs { get; init; }
}

/// <summary>The calibration's figure that bounds an operation, and the operation's share of it.</summary>
public sealed record MachineLimit(
    string Calibration,
    [property: JsonPropertyName("latency_us")] double LatencyUs,
    [property: JsonPropertyName("throughput_ops")] double ThroughputOps,
    [property: JsonPropertyName("added_latency_us")] double AddedLatencyUs,
    [property: JsonPropertyName("throughput_share")] double ThroughputShare);

/// <summary>Resources one process used during the measured part of a cell.</summary>
public sealed record ProcessUsage(
    string Name,
    [property: JsonPropertyName("cpu_s")] double CpuS,
    [property: JsonPropertyName("peakRss_bytes")] long PeakRssBytes)
{
    /// <summary>
    /// What it does for the cell, where its system says so: reports then add up those of one role. Null: its name tells it.
    /// </summary>
    public string? Role { get; init; }
}

/// <summary>Were the invariants kept? <see cref="Unknown"/>: could not be checked.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
public enum Verdict
{
    [JsonStringEnumMemberName("true")]
    True,

    [JsonStringEnumMemberName("unknown")]
    Unknown,

    [JsonStringEnumMemberName("false")]
    False,
}
