using System.CommandLine;
using System.Globalization;
using Lab.Harness.Experiments;
using Lab.LocalHost;
using Lab.LocalHost.Containers;
using Lab.Processes;

namespace Lab.Harness.Commands;

/// <summary><c>--isolation process|container</c>, and what it makes possible.</summary>
internal static class IsolationOption
{
    private const string PortRange = "/proc/sys/net/ipv4/ip_local_port_range";

    public static Option<string> Create()
    {
        var option = new Option<string>("--isolation")
        {
            Description = "What the services run in: process, or container (each in its own, with an address of its own; wants a container engine).",
            DefaultValueFactory = _ => ContainerFactors.Process,
        };
        option.AcceptOnlyFromAmong(ContainerFactors.Process, ContainerFactors.Container);
        return option;
    }

    public static Isolation Of(ParseResult arguments, Option<string> option) =>
        arguments.GetRequiredValue(option) == ContainerFactors.Container ? Isolation.Container : Isolation.Process;

    /// <summary>What cells can run; a container is asked where that is what services run in.</summary>
    /// <exception cref="LabStartException">There is no container engine, or no image.</exception>
    public static async Task<MachineAbilities> AbilitiesAsync(Isolation isolation, CancellationToken cancellationToken)
    {
        if (isolation == Isolation.Process)
        {
            return MachineAbilities.OfThisProcess();
        }

        var probe = await ContainerProbe.AskAsync(LabConsole.Show, cancellationToken);
        return PresumedAbilities(isolation) with
        {
            MissingEngines = probe.MissingEngines,
            WhyNoContainers = WhyNoProcesses(),
            WhyNoLimits = probe.Engine.State is { LimitsCpu: true, LimitsMemory: true }
                ? null
                : $"the engine ({probe.Engine}) cannot limit processor time and memory here",
        };
    }

    /// <summary>The same without asking: nothing is started.</summary>
    public static MachineAbilities PresumedAbilities(Isolation isolation) => isolation == Isolation.Process
        ? MachineAbilities.OfThisProcess()
        : MachineAbilities.OfThisProcess() with { WhyNoContainers = null, WhyNoLimits = null, PortsToOneAddress = Ports() };

    /// <summary>The processes that run beside containers in the same run want servers of this machine.</summary>
    private static string? WhyNoProcesses()
    {
        var needed = new[]
        {
            (Variable: "LAB_MYSQL", What: "a MySQL server", Package: "mariadb-server", Programs: (string[])["mariadbd", "mysqld"]),
            (Variable: "LAB_REDIS", What: "a Redis server", Package: "redis-server", Programs: ["redis-server", "valkey-server"]),
        };
        return needed.Where(server => LocalLabOptions.Given(server.Variable) is null && Programs.Find(server.Programs) is null)
            .Select(server => $"processes beside the containers want {server.What} on this machine (apt-get install {server.Package})")
            .FirstOrDefault();
    }

    private static long Ports()
    {
        if (!File.Exists(PortRange))
        {
            return long.MaxValue;
        }

        var range = File.ReadAllText(PortRange).Split('\t', ' ').Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToList();
        return range[1] - range[0] + 1;
    }
}
