using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Topology;

namespace Lab.LocalHost.Containers;

/// <summary>Resources as containers, each with its own address; services that listen at the same address share a network.</summary>
internal sealed class ContainerResources(
    ContainerLab lab, LabTopology topology, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report) : IResourceMaker
{
    /// <summary>The only place in most containers that can be written to.</summary>
    private const string LogFolder = "/tmp";

    /// <summary>What is written to /tmp is in memory; this is a volume, which goes with its container.</summary>
    private const string DataFolder = "/var/lib/lab";

    private readonly HashSet<string> _held = new(StringComparer.Ordinal);

    public string Description => $"container ({lab.Engine})";

    /// <summary>Images that a topology takes: projects, databases, caches.</summary>
    public static IReadOnlyCollection<string> ImagesOf(LabTopology topology, LocalLabOptions options) =>
    [
        .. topology.Databases.Where(_ => options.ExternalMySql is null).Select(database => database.Name),
        .. topology.Caches.Where(_ => options.ExternalRedis is null).Select(cache => cache.Name),
        .. topology.Services.Append(topology.FaultProxy).Select(service => service.Project).Distinct(StringComparer.Ordinal),
    ];

    public string NextAddress(string owner) => lab.NextAddress(owner);

    public string NextMachineAddress() => FormattableString.Invariant($"{lab.MachineAddress}:{FreePorts.Take()}");

    public DataServer MySql(string name, string dataFolder)
    {
        var password = Secrets.Kept(Path.Combine(dataFolder, "container.password"), out var isNew);
        return new MySqlContainer(new ServerPlace(name, NextAddress(name), dataFolder), password, isNew, lab, options, records, report);
    }

    public DataServer Redis(string name, string dataFolder) =>
        new RedisContainer(new ServerPlace(name, NextAddress(name), dataFolder), Secrets.New(), lab, options, records, report);

    public IEnumerable<IResource> Service(ServiceSpec spec, string adminUrl, IReadOnlyDictionary<string, string> settings)
    {
        var environment = new Dictionary<string, string>(settings, StringComparer.Ordinal) { ["Service__LogFolder"] = LogFolder };
        string[] volumes = [];
        if (spec.KeepsData)
        {
            environment["Service__DataFolder"] = DataFolder;
            volumes = ["--volume", DataFolder];
        }

        var owner = spec.SharesAddressOf ?? spec.Name;
        var container = new Container(lab, new ContainerSpec { Resource = spec.Name, Image = lab.Images[spec.Project], Address = lab.AddressOf(spec.Name), Options = volumes });
        if (topology.Services.Any(service => service.SharesAddressOf == owner))
        {
            var holder = NetworkHolder.NameOf(owner);
            spec = spec with { WaitFor = [.. spec.WaitFor, holder] };
            container = new Container(lab, new ContainerSpec { Resource = spec.Name, Image = lab.Images[spec.Project], NetworkOf = holder, Options = volumes });
            if (_held.Add(owner))
            {
                yield return Holder(owner, lab.Images[spec.Project]);
            }
        }

        yield return new ServiceProcess(
            spec, adminUrl, container, token => container.CommandAsync(environment, spec.Arguments, token), options, records, report);
    }

    private NetworkHolder Holder(string owner, string image) => new(
        owner,
        new Container(lab, new ContainerSpec
        {
            Resource = NetworkHolder.NameOf(owner),
            Image = image,
            Address = lab.AddressOf(owner),
            Options = ["--entrypoint", "sleep"],
        }),
        options,
        records);
}
