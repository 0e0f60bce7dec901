namespace Lab.Coordination.Simulation;

/// <summary>How a simulated network and its machines behave. The default: quick, and without faults.</summary>
public sealed record SimulationOptions
{
    /// <summary>No message is faster.</summary>
    public long MinDelayUs { get; init; } = 50;

    /// <summary>Mean of what comes on top, exponentially distributed; so messages overtake each other.</summary>
    public long MeanExtraDelayUs { get; init; } = 200;

    /// <summary>Of all messages, these (0 to 1) are lost.</summary>
    public double DropChance { get; init; }

    /// <summary>These arrive twice.</summary>
    public double DuplicateChance { get; init; }

    /// <summary>These take up to <see cref="SlowUs"/> longer.</summary>
    public double SlowChance { get; init; }

    /// <summary>See <see cref="SlowChance"/>.</summary>
    public long SlowUs { get; init; } = 50_000;

    /// <summary>These arrive once more, up to <see cref="ReplayUs"/> later: somebody has kept them.</summary>
    public double ReplayChance { get; init; }

    /// <summary>See <see cref="ReplayChance"/>.</summary>
    public long ReplayUs { get; init; } = 1_000_000;

    /// <summary>With these comes another one that their sender never sent (<see cref="Simulator{TMessage}.Forge"/>).</summary>
    public double ForgeChance { get; init; }

    /// <summary>From then on no message is lost, doubled, slow, replayed or forged: what must happen in the end can be asked for.</summary>
    public long CalmAfterUs { get; init; } = long.MaxValue;

    /// <summary>Nodes start at random within this time.</summary>
    public long StartSpreadUs { get; init; } = 10_000;

    /// <summary>How long the others take at most to see that a node's process is gone: its connections end.</summary>
    public long DisconnectUs { get; init; } = 1_000;

    /// <summary>Clocks of two nodes differ by up to twice this.</summary>
    public long MaxClockOffsetUs { get; init; } = 1_000_000_000;

    /// <summary>Clocks go wrong by up to so many microseconds per second; timers with them.</summary>
    public int MaxClockDriftPpm { get; init; } = 100;

    /// <summary>So many events wait for a node that is paused; what comes then is lost, as in full socket buffers.</summary>
    public int MaxWaiting { get; init; } = 10_000;
}
