using Lab.Topology;

namespace Lab.LocalHost.Resources;

/// <summary>Makes the resources of a lab: as processes of this machine, or as containers.</summary>
internal interface IResourceMaker
{
    /// <summary>How the lab runs, for reports: <c>process</c>, <c>container (docker 20.10.24, cgroup v1)</c>.</summary>
    string Description { get; }

    /// <summary>A new ADDRESS:PORT.</summary>
    /// <param name="owner">The resource that listens there.</param>
    string NextAddress(string owner);

    /// <summary>A new ADDRESS:PORT of this machine itself, at which the resources reach it.</summary>
    string NextMachineAddress();

    /// <param name="name">The resource.</param>
    /// <param name="dataFolder">For what is its own; it is there when its data is to be kept.</param>
    DataServer MySql(string name, string dataFolder);

    /// <inheritdoc cref="MySql"/>
    DataServer Redis(string name, string dataFolder);

    /// <param name="spec">The service.</param>
    /// <param name="adminUrl">Where it tells whether it is healthy.</param>
    /// <param name="settings">Configuration by environment variable.</param>
    /// <returns>The service, and before it what it needs.</returns>
    IEnumerable<IResource> Service(ServiceSpec spec, string adminUrl, IReadOnlyDictionary<string, string> settings);
}

/// <summary>Where a database or cache is.</summary>
/// <param name="Name">The resource.</param>
/// <param name="Address">ADDRESS:PORT.</param>
/// <param name="DataFolder">For what is its own.</param>
internal sealed record ServerPlace(string Name, string Address, string DataFolder);
