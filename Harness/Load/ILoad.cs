using Lab.Harness.Archive;
using Lab.Harness.Measurement;

namespace Lab.Harness.Load;

/// <summary>
/// What puts load on a system in one cell. An iteration gets ready, runs once and ends; the warm-up gets ready, runs for
/// several short times and ends. Only the running is measured.
/// </summary>
public interface ILoad
{
    /// <summary>Whether a warm-up must come before an iteration.</summary>
    /// <param name="iteration">Which one of the cell, from 1.</param>
    bool NeedsWarmUp(int iteration) => iteration == 1;

    /// <summary>Further processes of this load, by the name under which reports list them; known once it is ready.</summary>
    IReadOnlyDictionary<string, int> ProcessIds => new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Connects what is not connected.</summary>
    Task ReadyAsync(CancellationToken cancellationToken);

    /// <summary>A fixed number of operations per client; all begin together.</summary>
    Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken);

    /// <summary>As many operations as fit into a time.</summary>
    Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Closes what lives for one iteration only.</summary>
    /// <returns>What the connections did; null for a load that is not about connections.</returns>
    Task<ConnectionOutcome?> EndAsync(CancellationToken cancellationToken);
}

/// <summary>What a number of clients did in one iteration.</summary>
/// <param name="Latency">Of all answered operations.</param>
/// <param name="Errors">By kind.</param>
/// <param name="DurationS">From the common start to the last answer.</param>
public sealed record LoadOutcome(LatencyHistogram Latency, IReadOnlyDictionary<string, long> Errors, double DurationS)
{
    /// <summary>The slowest operations, slowest first; empty for a load that does not tell operations apart.</summary>
    public IReadOnlyList<SlowOperation> Slowest { get; init; } = [];

    /// <summary>How long each part of each operation took; empty for a load that does not tell parts apart.</summary>
    public IReadOnlyList<PhaseTime> Phases { get; init; } = [];

    /// <summary>What happened around a disturbance; null for a load without one.</summary>
    public Disturbance? Disturbance { get; init; }

    public double ThroughputOps => DurationS > 0 ? Latency.Count / DurationS : 0;

    /// <summary>Several loads that ran at the same time, as one.</summary>
    public static LoadOutcome Merge(IReadOnlyList<LoadOutcome> parts)
    {
        var latency = new LatencyHistogram();
        foreach (var part in parts)
        {
            latency.Merge(part.Latency);
        }

        return new LoadOutcome(latency, ErrorKinds.Sum(parts.Select(part => part.Errors)), parts.Max(part => part.DurationS));
    }
}

/// <summary>What the connections of one iteration, or of a warm-up, did.</summary>
/// <param name="Open">Open at once.</param>
/// <param name="Opened">Opened over all.</param>
/// <param name="LogLines">Of these, logged by the server as closed properly, with the figures that the load counted.</param>
/// <param name="MeanDurationS">From a connection's first request to its last reply; the mean over all, null when none was answered.</param>
/// <param name="ConnectS">How long it took to open them.</param>
/// <param name="LoadProcesses">Processes the load was spread over.</param>
public sealed record ConnectionOutcome(
    long Open, long Opened, long LogLines, double? MeanDurationS, double ConnectS, int LoadProcesses)
{
    /// <summary>What was found wrong with connections after the run, by kind.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>What idle connections cost the server; null where it was not measured.</summary>
    public ConnectionMemory? Memory { get; init; }
}
