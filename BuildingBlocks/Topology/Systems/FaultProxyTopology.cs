namespace Lab.Topology.Systems;

/// <summary>The fault proxy; runners tell it its links.</summary>
public static class FaultProxyTopology
{
    public const string Name = "fault-proxy";

    internal static ServiceSpec Service() => new()
    {
        Name = Name,
        System = "lab",
        Project = "FaultProxy",
        ProjectFolder = "Services/FaultProxy",
    };
}
