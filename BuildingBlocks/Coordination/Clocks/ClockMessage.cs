using System.Runtime.InteropServices;

namespace Lab.Coordination.Clocks;

/// <summary>What is said when clocks are synchronised.</summary>
public enum ClockMessageKind : byte
{
    /// <summary>From the leader: what time is it?</summary>
    Poll,

    /// <summary>From a member: it is <see cref="ClockMessage.ValueUs"/>.</summary>
    Reading,

    /// <summary>From the leader: step your clock by <see cref="ClockMessage.ValueUs"/>.</summary>
    Adjust,

    /// <summary>From a member: done.</summary>
    Adjusted,
}

/// <summary>A message of the clock synchronisation. Whoever sends it over a network also says who it is from.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Term">The leader's term, as the election gave it: no two leaders have the same.</param>
/// <param name="Round">Of that leader, from 1.</param>
/// <param name="Sample">Of a poll and its reading, from 0.</param>
/// <param name="Session">Names the member's process: whoever is started again is another one. 0 in a poll.</param>
/// <param name="ValueUs">With a reading the clock, with an adjustment the correction, in microseconds.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ClockMessage(ClockMessageKind Kind, long Term, long Round, int Sample = 0, long Session = 0, long ValueUs = 0);
