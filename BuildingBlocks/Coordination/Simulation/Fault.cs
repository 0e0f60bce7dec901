namespace Lab.Coordination.Simulation;

/// <summary>What can go wrong with nodes and the ways between them.</summary>
public enum FaultKind
{
    /// <summary>The process ends at once; it is started again afterwards and finds its disk.</summary>
    Crash,

    /// <summary>As <see cref="Crash"/>, but the disk is empty then.</summary>
    CrashWithDisk,

    /// <summary>The process stands still, as after SIGSTOP; its connections stay, and all that happens to it waits.</summary>
    Pause,

    /// <summary>Nothing passes between two groups.</summary>
    Partition,

    /// <summary>Nothing passes from one group to the other; the other way all is well.</summary>
    OneWayPartition,
}

/// <summary>One fault of a plan.</summary>
/// <param name="Kind">Which.</param>
/// <param name="AtUs">When it begins, in simulated time.</param>
/// <param name="ForUs">How long it lasts; <see cref="Forever"/> if it does not end.</param>
/// <param name="Nodes">Whom it befalls; with partitions the one side (one-way: who is not heard).</param>
/// <param name="Others">With partitions the other side.</param>
public sealed record Fault(FaultKind Kind, long AtUs, long ForUs, IReadOnlyList<int> Nodes, IReadOnlyList<int>? Others = null)
{
    public const long Forever = long.MaxValue;

    public override string ToString()
    {
        var others = Others is null ? "" : $" | {string.Join(' ', Others)}";
        var lasting = ForUs == Forever ? "for ever" : FormattableString.Invariant($"for {ForUs / 1e3:0.0} ms");
        return FormattableString.Invariant($"{AtUs / 1e3:0.0} ms: {Kind} of {string.Join(' ', Nodes)}{others} {lasting}");
    }
}
