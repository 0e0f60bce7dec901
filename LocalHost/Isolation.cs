namespace Lab.LocalHost;

/// <summary>What separates the resources of a lab from each other.</summary>
public enum Isolation
{
    /// <summary>Processes of this machine, on ports of its loopback address.</summary>
    Process,

    /// <summary>A container each, with an address of its own on a private network.</summary>
    Container,
}

/// <summary>What a service may use at most, as on a small virtual machine.</summary>
/// <param name="Cpus">Processors, 0.5 for half of one.</param>
/// <param name="MemoryMb">Memory in units of 1024 * 1024 bytes.</param>
public sealed record ResourceLimits(decimal Cpus, int MemoryMb);
