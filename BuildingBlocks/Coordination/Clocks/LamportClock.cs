namespace Lab.Coordination.Clocks;

/// <summary>
/// A logical clock (L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978): what happened
/// before has the smaller time. The reverse does not hold; whoever needs that takes a <see cref="VectorClock"/>. Not
/// thread-safe: a clock belongs to one node.
/// </summary>
public sealed class LamportClock(int node)
{
    /// <summary>The time of the node's latest event.</summary>
    public LamportTime Now { get; private set; } = new(0, node);

    /// <summary>An event of the node, such as sending a message, which carries this time.</summary>
    public LamportTime Tick() => Now = Now with { Events = Now.Events + 1 };

    /// <summary>A message has arrived with its sender's time: the time of this event is greater than both.</summary>
    public LamportTime Receive(LamportTime sent) => Now = Now with { Events = Math.Max(Now.Events, sent.Events) + 1 };
}

/// <summary>A logical time; the node's id decides between equal ones, so that all nodes agree about one order of all events.</summary>
public readonly record struct LamportTime(long Events, int Node) : IComparable<LamportTime>
{
    public static bool operator <(LamportTime left, LamportTime right) => left.CompareTo(right) < 0;

    public static bool operator <=(LamportTime left, LamportTime right) => left.CompareTo(right) <= 0;

    public static bool operator >(LamportTime left, LamportTime right) => left.CompareTo(right) > 0;

    public static bool operator >=(LamportTime left, LamportTime right) => left.CompareTo(right) >= 0;

    public int CompareTo(LamportTime other) => (Events, Node).CompareTo((other.Events, other.Node));
}
