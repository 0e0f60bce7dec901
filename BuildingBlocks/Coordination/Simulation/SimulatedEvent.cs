namespace Lab.Coordination.Simulation;

internal enum SimulatedEventKind : byte
{
    Start,
    Message,
    Timer,
    Disconnected,

    /// <summary>Work outside the node, such as a write to its disk, is done.</summary>
    Completion,

    /// <summary>Of the run itself: a fault, a step of the test.</summary>
    Step,
}

/// <summary>Something that will happen.</summary>
internal struct SimulatedEvent<TMessage>
{
    public SimulatedEventKind Kind;

    /// <summary>The node that is not <see cref="Target"/>: a message's sender, the end of a connection.</summary>
    public int Other;

    /// <summary>The process it happens to; nothing happens if that is gone, even if another one has its place.</summary>
    public SimulatedHost<TMessage>? Target;

    /// <summary>A <see cref="SimulatedTimer"/> or an <see cref="Action"/>.</summary>
    public object? What;

    /// <summary>With a timer: which of its settings this is.</summary>
    public long Setting;

    public TMessage? Message;
}

/// <summary>A timer of a node; setting it anew makes earlier settings void.</summary>
internal sealed class SimulatedTimer(string name)
{
    public string Name { get; } = name;

    /// <summary>The setting that counts.</summary>
    public long Setting { get; set; }
}
