using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>A report's figure of a metric beside the measured one.</summary>
public static class PublishedMetric
{
    /// <summary>In the metric's unit; null where the report has none.</summary>
    public static double? Of(CellResult cell, MetricInfo metric) => cell.Published?.Metric(metric.Name);

    /// <summary>Measured ÷ published; null where either is missing or the figures cannot be compared.</summary>
    public static double? Ratio(CellResult cell, MetricInfo metric) =>
        Comparison.IsComparable(cell) && cell.Metric<GaugeFigure>(metric.Name) is { Value.Mean: var mean } && Of(cell, metric) is > 0 and var published
            ? mean / published
            : null;
}
