namespace Lab.Coordination.Multicast;

/// <summary>How the order is found.</summary>
public enum MulticastAlgorithm
{
    /// <summary>Lamport 1978: every member sends to every other; logical timestamps and acknowledgements decide.</summary>
    Symmetric,

    /// <summary>The member with the lowest id numbers all messages.</summary>
    Sequencer,
}

/// <summary>How an <see cref="OrderedMulticast"/> goes about it. All members of a group need the same algorithm.</summary>
public sealed record MulticastOptions
{
    public MulticastAlgorithm Algorithm { get; init; } = MulticastAlgorithm.Symmetric;

    /// <summary>So many batches of a member may be under way; what is submitted meanwhile leaves together afterwards. 1 to 32.</summary>
    public int MaxBatchesUnderWay { get; init; } = 2;

    /// <summary>A member's batch has no more content than this, in bytes; nor has a message. A sequencer's batch has up to twice as much.</summary>
    public int MaxBatchBytes { get; init; } = 64 * 1024;

    /// <summary>So many own messages may wait to be delivered; more are refused.</summary>
    public int MaxUndelivered { get; init; } = 100_000;

    /// <summary>And so many bytes of them.</summary>
    public long MaxUndeliveredBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How often a member looks whether something must be said again: lost messages wait one to two of these.</summary>
    public long TickUs { get; init; } = 20_000;

    /// <summary>How often a member that has nothing to say speaks to one of the others, so that it hears of a view without it.</summary>
    public long IdleUs { get; init; } = 500_000;

    /// <summary>How often whoever waits for a view asks the register.</summary>
    public long RegisterUs { get; init; } = 100_000;

    /// <summary>How long a joiner waits for the state before it joins anew.</summary>
    public long RestoreTimeoutUs { get; init; } = 5_000_000;

    /// <summary>How long fewer than half of a view wait before they claim the next one: the larger part, if it lives, is faster.</summary>
    public long MinorityDelayUs { get; init; } = 200_000;

    /// <summary>A test's mistake, to be found by its checkers.</summary>
    internal MulticastMistake Mistake { get; init; }
}

internal enum MulticastMistake
{
    None,

    /// <summary>What has the lowest timestamp so far is delivered, whether others have it, or something earlier, or not.</summary>
    NoAcknowledgementWait,

    /// <summary>Nothing earlier can come, but not all are known to have it.</summary>
    NotUniform,

    /// <summary>A new view is claimed and installed without asking what others have.</summary>
    NoFlush,

    /// <summary>Members deliver what the sequencer has numbered before all have it.</summary>
    DeliverBeforeStable,
}
