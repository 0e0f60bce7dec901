namespace Lab.Coordination.Failures;

/// <summary>How patient a <see cref="FailureDetector"/> is.</summary>
public sealed record FailureDetectorOptions
{
    /// <summary>Pause between two heartbeats, and between two checks.</summary>
    public long HeartbeatUs { get; init; } = 20_000;

    /// <summary>No silence up to this long is suspicious: schedulers and collectors pause processes.</summary>
    public long MinTimeoutUs { get; init; } = 120_000;

    /// <summary>Every silence longer than this is.</summary>
    public long MaxTimeoutUs { get; init; } = 5_000_000;

    /// <summary>How many of the latest intervals between signs of life are remembered of each node.</summary>
    public int Window { get; init; } = 64;

    /// <summary>How many standard deviations above the mean interval a silence may be; Jacobson took 4 mean deviations.</summary>
    public double Deviations { get; init; } = 4;
}
