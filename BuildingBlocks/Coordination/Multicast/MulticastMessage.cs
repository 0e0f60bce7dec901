using System.Runtime.InteropServices;

namespace Lab.Coordination.Multicast;

/// <summary>What members of a group say to each other.</summary>
public enum MulticastMessageKind : byte
{
    /// <summary>What the sender has received, its logical time, and perhaps a batch.</summary>
    Traffic,

    /// <summary>To the coordinator: I hear nothing of these nodes.</summary>
    Suspects,

    /// <summary>From a coordinator: this view ends; stop, and say what you have of it.</summary>
    Flush,

    /// <summary>The answer: I have stopped, and have this much of each member.</summary>
    FlushState,

    /// <summary>There is a later view; the register knows it.</summary>
    NewView,

    /// <summary>From a node that is no member: let me in.</summary>
    Join,

    /// <summary>From a joiner that is in the view: I need the state.</summary>
    StateWanted,

    /// <summary>To a joiner: the state before the first message of the view.</summary>
    State,
}

/// <summary>Messages of one sender that follow each other.</summary>
/// <param name="Sender">Its node.</param>
/// <param name="First">Number of the first of them.</param>
/// <param name="Count">How many.</param>
/// <param name="Content">Of each its length, as in <see cref="MulticastFormat"/>, and its bytes.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MulticastRun(int Sender, long First, int Count, ReadOnlyMemory<byte> Content);

/// <summary>What leaves a member together.</summary>
/// <param name="Number">Of the batch in its sender's stream of this view, from 1.</param>
/// <param name="Clock">Its logical time; 0 from a sequencer.</param>
/// <param name="Runs">A member's own messages; from the sequencer those of all, in order.</param>
public sealed record MulticastBatch(long Number, long Clock, IReadOnlyList<MulticastRun> Runs);

/// <summary>A message between members. Which of the properties count depends on <see cref="Kind"/>.</summary>
public sealed class MulticastMessage
{
    public required MulticastMessageKind Kind { get; init; }

    /// <summary>The sender's view; 0 if it has none.</summary>
    public long View { get; init; }

    /// <summary>
    /// With <see cref="MulticastMessageKind.Traffic"/> and <see cref="MulticastMessageKind.FlushState"/>: of each member of the view, by rising id,
    /// up to which batch the sender has all. With <see cref="MulticastMessageKind.Suspects"/> the nodes.
    /// </summary>
    public IReadOnlyList<long> Numbers { get; init; } = [];

    /// <summary>With traffic: the sender's logical time. All that it will send later is later.</summary>
    public long Clock { get; init; }

    /// <summary>With traffic from a sequencer: up to which batch all members have all.</summary>
    public long Stable { get; init; }

    /// <summary>With traffic: an answer is wanted; something may have been lost.</summary>
    public bool Asks { get; init; }

    public MulticastBatch? Batch { get; init; }

    /// <summary>With <see cref="MulticastMessageKind.Join"/>.</summary>
    public long Incarnation { get; init; }

    /// <summary>With <see cref="MulticastMessageKind.Join"/> up to where the sender's own state goes, with <see cref="MulticastMessageKind.State"/> the one that is sent.</summary>
    public long Place { get; init; }

    /// <summary>With <see cref="MulticastMessageKind.State"/>.</summary>
    public ReadOnlyMemory<byte> Snapshot { get; init; }
}
