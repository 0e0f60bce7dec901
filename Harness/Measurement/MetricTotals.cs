using Lab.Harness.Archive;
using Lab.Harness.Load;
using MathNet.Numerics.Statistics;

namespace Lab.Harness.Measurement;

/// <summary>Adds up what the iterations of a cell say of its metrics.</summary>
public sealed class MetricTotals
{
    private readonly OrderedDictionary<string, List<MetricSample>> _samples = new(StringComparer.Ordinal);

    /// <param name="samples">Of an iteration, or of a warm-up.</param>
    /// <param name="isWarmUp">Only metrics that include it count then.</param>
    public void Add(IEnumerable<MetricSample> samples, bool isWarmUp = false)
    {
        foreach (var sample in samples.Where(sample => !isWarmUp || sample.Metric.IncludesWarmUp))
        {
            if (!_samples.TryGetValue(sample.Metric.Name, out var same))
            {
                _samples[sample.Metric.Name] = same = [];
            }

            same.Add(sample);
        }
    }

    /// <summary>One figure for each metric that has anything to show, in the order in which they were first added.</summary>
    public IReadOnlyList<MetricFigure> ToFigures() => [.. _samples.Values.Select(Reduce).OfType<MetricFigure>()];

    private static MetricFigure? Reduce(List<MetricSample> samples)
    {
        var metric = samples[0].Metric;
        return metric.Kind switch
        {
            MetricKind.Gauge => new GaugeFigure(metric.Name, Reduce(metric.Reduction, Values(samples))),
            MetricKind.Counter => new CounterFigure(metric.Name, (long)Values(samples).Sum()),
            MetricKind.Histogram => LatencyHistogram.Sum(samples.OfType<HistogramSample>().Select(sample => sample.Durations)).Summarise([]) is { } summary ? new HistogramFigure(metric.Name, summary) : null,
            MetricKind.Phases => Phases(metric, [.. samples.OfType<PhasesSample>().SelectMany(sample => sample.Times)]),
            MetricKind.Series => DisturbanceTimeline.Of([.. samples.OfType<SeriesSample>().Select(sample => sample.Disturbance)]) is { } timeline
                ? new SeriesFigure(metric.Name, timeline)
                : null,
            MetricKind.Trace => samples.OfType<TraceSample>().FirstOrDefault(sample => sample.Trace.Messages.Count > 0) is { } traced
                ? new TraceFigure(metric.Name, traced.Trace)
                : null,
            _ => throw new NotSupportedException($"metric '{metric.Name}' is of an unknown kind"),
        };
    }

    private static List<double> Values(List<MetricSample> samples) => [.. samples.OfType<ValueSample>().Select(sample => sample.Value)];

    private static Estimate Reduce(MetricReduction reduction, List<double> values) => reduction switch
    {
        MetricReduction.Mean => ConfidenceInterval.Mean95(values),
        MetricReduction.Median => new Estimate(values.Median(), 0),
        MetricReduction.Max => new Estimate(values.Max(), 0),
        _ => new Estimate(values.Sum(), 0),
    };

    private static PhasesFigure? Phases(MetricInfo metric, List<PhaseTime> times) => times.Count == 0 ? null : new PhasesFigure(
        metric.Name,
        [.. times.GroupBy(time => time.Name, StringComparer.Ordinal).Select(part =>
        {
            var summary = LatencyHistogram.Of(part.Select(time => (long)(time.DurationUs * 1000))).Summarise([])!;
            return new PhaseFigures(part.Key, summary.Mean, summary.P50, summary.P99);
        })]);
}
