namespace Lab.Coordination.Simulation;

/// <summary>What happened in a simulation.</summary>
public record struct SimulationCounts
{
    /// <summary>Events that some node, or the plan of the run, has seen.</summary>
    public long Events { get; set; }

    public long Sent { get; set; }

    public long Delivered { get; set; }

    /// <summary>Lost on the way, or before a node that was down or had too much waiting.</summary>
    public long Lost { get; set; }

    public long Duplicated { get; set; }

    public long Slowed { get; set; }

    public long Replayed { get; set; }

    public long Forged { get; set; }

    /// <summary>Sent into a partition.</summary>
    public long Blocked { get; set; }

    public int Crashes { get; set; }

    public int Restarts { get; set; }

    /// <summary>Of the restarts, those that lost the disk.</summary>
    public int DisksLost { get; set; }

    public int Pauses { get; set; }

    public int Partitions { get; set; }

    public readonly SimulationCounts Plus(SimulationCounts other) => new()
    {
        Events = Events + other.Events,
        Sent = Sent + other.Sent,
        Delivered = Delivered + other.Delivered,
        Lost = Lost + other.Lost,
        Duplicated = Duplicated + other.Duplicated,
        Slowed = Slowed + other.Slowed,
        Replayed = Replayed + other.Replayed,
        Forged = Forged + other.Forged,
        Blocked = Blocked + other.Blocked,
        Crashes = Crashes + other.Crashes,
        Restarts = Restarts + other.Restarts,
        DisksLost = DisksLost + other.DisksLost,
        Pauses = Pauses + other.Pauses,
        Partitions = Partitions + other.Partitions,
    };
}
