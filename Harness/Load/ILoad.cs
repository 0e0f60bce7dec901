using Lab.Harness.Measurement;

namespace Lab.Harness.Load;

/// <summary>
/// What puts load on a system in one cell. An iteration gets ready, runs once and ends; the warm-up gets ready, runs for
/// several short times and ends. Only the running is measured.
/// </summary>
public interface ILoad
{
    /// <summary>Whether a warm-up must come before an iteration.</summary>
    /// <param name="iteration">Which one of the cell, from 1; again from 1 after one that failed.</param>
    bool NeedsWarmUp(int iteration) => iteration == 1;

    /// <summary>Further processes of this load, by the name under which reports list them; known once it is ready.</summary>
    IReadOnlyDictionary<string, int> ProcessIds => new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Connects what is not connected, or not any more: an iteration after a restart measures again.</summary>
    Task ReadyAsync(CancellationToken cancellationToken);

    /// <summary>A fixed number of operations per client; all begin together.</summary>
    Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken);

    /// <summary>As many operations as fit into a time.</summary>
    Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Closes what lives for one iteration only.</summary>
    /// <returns>What turned out only then.</returns>
    Task<LoadEnd> EndAsync(CancellationToken cancellationToken) => Task.FromResult(LoadEnd.Nothing);
}

/// <summary>What a number of clients did in one iteration.</summary>
/// <param name="Latency">Of all answered operations.</param>
/// <param name="Errors">By kind.</param>
/// <param name="DurationS">From the common start to the last answer.</param>
public sealed record LoadOutcome(LatencyHistogram Latency, IReadOnlyDictionary<string, long> Errors, double DurationS)
{
    /// <summary>The slowest operations, slowest first; empty for a load that does not tell operations apart.</summary>
    public IReadOnlyList<SlowOperation> Slowest { get; init; } = [];

    /// <summary>How long operations were waited for that then failed; null where none did, or where nobody waits for a single one.</summary>
    public LatencyHistogram? ErrorLatency { get; init; }

    /// <summary>What the iteration has to say of the system's own metrics.</summary>
    public IReadOnlyList<MetricSample> Metrics { get; init; } = [];

    public double ThroughputOps => DurationS > 0 ? Latency.Count / DurationS : 0;

    /// <summary>Several loads that ran at the same time, as one.</summary>
    public static LoadOutcome Merge(IReadOnlyList<LoadOutcome> parts)
    {
        return new LoadOutcome(
            LatencyHistogram.Sum(parts.Select(part => part.Latency)),
            ErrorKinds.Sum(parts.Select(part => part.Errors)),
            parts.Max(part => part.DurationS))
        {
            ErrorLatency = parts.Select(part => part.ErrorLatency).OfType<LatencyHistogram>().ToList() is { Count: > 0 } failed
                ? LatencyHistogram.Sum(failed)
                : null,
        };
    }
}

/// <summary>What turned out at the end of an iteration, or of a warm-up.</summary>
/// <param name="Errors">What was found wrong then, by kind.</param>
/// <param name="Metrics">What there is to say of the system's own metrics.</param>
public sealed record LoadEnd(IReadOnlyDictionary<string, long> Errors, IReadOnlyList<MetricSample> Metrics)
{
    public static LoadEnd Nothing { get; } = new(new Dictionary<string, long>(StringComparer.Ordinal), []);
}
