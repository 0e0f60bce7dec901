using Lab.Harness.Archive;
using Lab.Harness.Measurement;

namespace Lab.Harness.Load;

/// <summary>What one iteration has to say of a metric of its system.</summary>
public abstract record MetricSample(MetricInfo Metric);

/// <summary>Of a gauge or a counter.</summary>
/// <param name="Metric">Which one.</param>
/// <param name="Value">In the metric's unit.</param>
public sealed record ValueSample(MetricInfo Metric, double Value) : MetricSample(Metric);

/// <summary>Of a histogram.</summary>
/// <param name="Metric">Which one.</param>
/// <param name="Durations">In nanoseconds.</param>
public sealed record HistogramSample(MetricInfo Metric, LatencyHistogram Durations) : MetricSample(Metric);

/// <summary>Of phases: how long each part of each operation took.</summary>
public sealed record PhasesSample(MetricInfo Metric, IReadOnlyList<PhaseTime> Times) : MetricSample(Metric);

/// <summary>Of a series.</summary>
public sealed record SeriesSample(MetricInfo Metric, Disturbance Disturbance) : MetricSample(Metric);

/// <summary>Of a trace; of several iterations the first one counts.</summary>
public sealed record TraceSample(MetricInfo Metric, MessageTrace Trace) : MetricSample(Metric);

/// <summary>How long a part of an operation took.</summary>
/// <param name="Name">The part's.</param>
/// <param name="DurationUs">In microseconds.</param>
public readonly record struct PhaseTime(string Name, double DurationUs);

/// <summary>An operation by the time of its answer.</summary>
/// <param name="AnsweredUs">In microseconds from the disturbance; negative: before it.</param>
/// <param name="LatencyUs">From sending to the checked answer, in microseconds.</param>
public readonly record struct TimedOperation(double AnsweredUs, double LatencyUs);

/// <summary>Something that happened, by its time.</summary>
/// <param name="Name">What.</param>
/// <param name="AtUs">In microseconds from the disturbance.</param>
public readonly record struct TimedEvent(string Name, double AtUs);

/// <summary>What clients saw around something that was done to the system in the middle of an iteration.</summary>
/// <param name="Operations">All answered ones, in any order.</param>
/// <param name="Events">What happened to the system, the disturbance itself (at 0) first.</param>
public sealed record Disturbance(IReadOnlyList<TimedOperation> Operations, IReadOnlyList<TimedEvent> Events);
