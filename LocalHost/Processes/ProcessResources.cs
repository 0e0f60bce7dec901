using Lab.LocalHost.Resources;
using Lab.Topology;

namespace Lab.LocalHost.Processes;

/// <summary>Resources as processes of this machine, on free ports of its loopback address.</summary>
internal sealed class ProcessResources(LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report) : IResourceMaker
{
    public string Description => "process";

    public string NextAddress(string owner) => FreePorts.NextAddress();

    public string NextMachineAddress() => FreePorts.NextAddress();

    public DataServer MySql(string name, string dataFolder) =>
        new MySqlServer(new ServerPlace(name, NextAddress(name), dataFolder), Secrets.New(), options, records, report);

    public DataServer Redis(string name, string dataFolder) =>
        new RedisServer(new ServerPlace(name, NextAddress(name), dataFolder), Secrets.New(), options, records, report);

    public IEnumerable<IResource> Service(ServiceSpec spec, string adminUrl, IReadOnlyDictionary<string, string> settings)
    {
        yield return new ServiceProcess(spec, adminUrl, container: null, _ => Task.FromResult(Command()), options, records, report);

        ProcessSpec Command()
        {
            var program = ServicePrograms.Find(spec.Project);
            return new ProcessSpec(spec.Name, "dotnet", [program, .. spec.Arguments], settings, Path.GetDirectoryName(program)!);
        }
    }
}
