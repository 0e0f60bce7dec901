using Lab.Harness.Archive;
using Lab.Harness.Load;
using Lab.Harness.Measurement;

namespace Lab.Harness.Running;

/// <summary>Adds up the parts of a cell's operations, iteration by iteration.</summary>
internal sealed class PhaseTotals
{
    // A histogram takes 261 KiB: cells whose operations have no parts have none.
    private readonly OrderedDictionary<string, LatencyHistogram> _phases = new(StringComparer.Ordinal);

    public void Add(IReadOnlyList<PhaseTime> times)
    {
        foreach (var time in times)
        {
            if (!_phases.TryGetValue(time.Name, out var histogram))
            {
                _phases[time.Name] = histogram = new LatencyHistogram();
            }

            histogram.Record((long)(time.DurationUs * 1000));
        }
    }

    /// <summary>In the order in which they were first added; empty when there were none.</summary>
    public IReadOnlyList<PhaseFigures> ToFigures() => [.. _phases
        .Select(phase => (phase.Key, Summary: phase.Value.Summarise([])!))
        .Select(phase => new PhaseFigures(phase.Key, phase.Summary.Mean, phase.Summary.P50, phase.Summary.P99))];
}
