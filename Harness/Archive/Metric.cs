using System.Text.Json.Serialization;

namespace Lab.Harness.Archive;

/// <summary>What a metric's figure looks like; each kind is added up, tabulated and drawn in its own way.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MetricKind>))]
public enum MetricKind
{
    /// <summary>A value per iteration: an <see cref="Estimate"/>.</summary>
    [JsonStringEnumMemberName("gauge")]
    Gauge,

    /// <summary>A number of things that happened, over all iterations.</summary>
    [JsonStringEnumMemberName("counter")]
    Counter,

    /// <summary>A distribution of durations in microseconds.</summary>
    [JsonStringEnumMemberName("histogram")]
    Histogram,

    /// <summary>The parts of an operation in the order in which they follow each other: their means add up to the operation's.</summary>
    [JsonStringEnumMemberName("phases")]
    Phases,

    /// <summary>What clients saw around something that was done to the system: a <see cref="Archive.Timeline"/>.</summary>
    [JsonStringEnumMemberName("series")]
    Series,

    /// <summary>What processes said to each other for a short while: a <see cref="Archive.MessageTrace"/> of one iteration.</summary>
    [JsonStringEnumMemberName("trace")]
    Trace,
}

/// <summary>What a metric's numbers count.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MetricUnit>))]
public enum MetricUnit
{
    [JsonStringEnumMemberName("count")]
    Count,

    [JsonStringEnumMemberName("us")]
    Microseconds,

    [JsonStringEnumMemberName("s")]
    Seconds,

    [JsonStringEnumMemberName("bytes")]
    Bytes,

    [JsonStringEnumMemberName("per_s")]
    PerSecond,

    [JsonStringEnumMemberName("ratio")]
    Ratio,
}

/// <summary>Which of two values a user would rather have.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Better>))]
public enum Better
{
    /// <summary>The metric describes; nobody wants more or less of it.</summary>
    [JsonStringEnumMemberName("neither")]
    Neither,

    [JsonStringEnumMemberName("lower")]
    Lower,

    [JsonStringEnumMemberName("higher")]
    Higher,
}

/// <summary>How the values of a cell's iterations become one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MetricReduction>))]
public enum MetricReduction
{
    /// <summary>With a 95 % confidence interval.</summary>
    [JsonStringEnumMemberName("mean")]
    Mean,

    [JsonStringEnumMemberName("median")]
    Median,

    [JsonStringEnumMemberName("max")]
    Max,

    /// <summary>Of histograms and phases: all of them as one.</summary>
    [JsonStringEnumMemberName("sum")]
    Sum,
}

/// <summary>Where reports show a metric; the archive has all of them.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ShownIn>))]
public enum ShownIn
{
    [JsonStringEnumMemberName("archive")]
    Archive,

    [JsonStringEnumMemberName("table")]
    Table,

    [JsonStringEnumMemberName("table and plot")]
    TableAndPlot,
}

/// <summary>What a system measures beyond latency and throughput, as data: reports, CSV and comparisons handle it by its kind.</summary>
public sealed record MetricInfo
{
    /// <summary>With its unit last: <c>duration_s</c>. Also the name of its column in <c>results.csv</c> and of published figures.</summary>
    public required string Name { get; init; }

    public required MetricKind Kind { get; init; }

    public required MetricUnit Unit { get; init; }

    public Better Better { get; init; }

    public MetricReduction Reduction { get; init; }

    /// <summary>Metrics with the same heading stand together in tables, and so do their drawings.</summary>
    public required string Heading { get; init; }

    /// <summary>Tells it from others with its heading.</summary>
    public required string Label { get; init; }

    /// <summary>One sentence without a full stop.</summary>
    public required string Explanation { get; init; }

    public ShownIn ShownIn { get; init; } = ShownIn.TableAndPlot;

    /// <summary>What its drawing leaves open, in full sentences; may be empty.</summary>
    public string Note { get; init; } = "";

    /// <summary>Of phases: their names; of a series: what happens after the disturbance. In order.</summary>
    public IReadOnlyList<string> Parts { get; init; } = [];

    /// <summary>The warm-up counts as well, because the check of the system's invariants includes it.</summary>
    public bool IncludesWarmUp { get; init; }
}

/// <summary>A metric's figure in a cell, over all its iterations.</summary>
/// <param name="Name">The metric's, as the run's <c>systems</c> describe it.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(GaugeFigure), "gauge")]
[JsonDerivedType(typeof(CounterFigure), "counter")]
[JsonDerivedType(typeof(HistogramFigure), "histogram")]
[JsonDerivedType(typeof(PhasesFigure), "phases")]
[JsonDerivedType(typeof(SeriesFigure), "series")]
[JsonDerivedType(typeof(TraceFigure), "trace")]
public abstract record MetricFigure(string Name);

/// <inheritdoc cref="MetricKind.Gauge"/>
public sealed record GaugeFigure(string Name, Estimate Value) : MetricFigure(Name);

/// <inheritdoc cref="MetricKind.Counter"/>
public sealed record CounterFigure(string Name, long Total) : MetricFigure(Name);

/// <inheritdoc cref="MetricKind.Histogram"/>
public sealed record HistogramFigure(string Name, [property: JsonPropertyName("value_us")] LatencySummary Value) : MetricFigure(Name);

/// <inheritdoc cref="MetricKind.Phases"/>
public sealed record PhasesFigure(string Name, IReadOnlyList<PhaseFigures> Phases) : MetricFigure(Name);

/// <inheritdoc cref="MetricKind.Series"/>
public sealed record SeriesFigure(string Name, Timeline Timeline) : MetricFigure(Name);

/// <inheritdoc cref="MetricKind.Trace"/>
public sealed record TraceFigure(string Name, MessageTrace Trace) : MetricFigure(Name);

/// <summary>A named part of an operation, over all operations of a cell.</summary>
/// <param name="Name">What happens in it: <c>detection</c>.</param>
/// <param name="MeanUs">Mean duration in microseconds.</param>
/// <param name="P50Us">Half of them took at most this long.</param>
/// <param name="P99Us">99 of 100 took at most this long; the longest, where there are fewer than 100.</param>
public sealed record PhaseFigures(
    string Name,
    [property: JsonPropertyName("mean_us")] double MeanUs,
    [property: JsonPropertyName("p50_us")] double P50Us,
    [property: JsonPropertyName("p99_us")] double P99Us);
