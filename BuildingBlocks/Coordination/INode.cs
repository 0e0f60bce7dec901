namespace Lab.Coordination;

/// <summary>
/// A participant of a distributed algorithm without I/O: events in, messages and timers out through its
/// <see cref="INodeHost{TMessage}"/>. No sockets, no threads, no clock of its own. Called by one thread at a time.
/// </summary>
public interface INode<in TMessage>
{
    /// <summary>Called once, before any other event.</summary>
    void Start();

    /// <summary>A message has arrived. Messages may be lost, late, doubled and out of order.</summary>
    void Receive(int from, TMessage message);

    /// <summary>A timer has run out; it is no longer set.</summary>
    void Fire(string timer);

    /// <summary>The connection to another node has ended: its process is gone, or the way to it.</summary>
    void Disconnected(int node);
}

/// <summary>What a node may do: all it knows of the world. Services give it sockets and timers, tests a simulator.</summary>
public interface INodeHost<in TMessage>
{
    /// <summary>The node's own id.</summary>
    int Id { get; }

    /// <summary>A monotonic clock in microseconds; each node has its own, and they agree about nothing.</summary>
    long NowUs { get; }

    /// <summary>The only randomness there is: a run is repeated by its seed.</summary>
    Random Random { get; }

    /// <summary>Sends without waiting; nobody promises that it arrives.</summary>
    void Send(int to, TMessage message);

    /// <summary>Sets a timer, or sets it anew: of each name there is one.</summary>
    void SetTimer(string timer, long delayUs);

    /// <summary>Does nothing when it is not set.</summary>
    void CancelTimer(string timer);
}
