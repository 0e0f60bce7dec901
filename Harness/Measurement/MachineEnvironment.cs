using System.Globalization;
using System.Runtime.InteropServices;

namespace Lab.Harness.Measurement;

/// <summary>
/// The machine of a run, as words for the report (<see cref="Archive.RunInfo.Environment"/>). Whatever cannot be found
/// out says <c>unknown</c>; nothing here makes a run fail.
/// </summary>
public sealed class MachineEnvironment
{
    private const string Unknown = "unknown";
    private const double BytesPerGiB = 1024.0 * 1024 * 1024;

    private static readonly TimeSpan StealWindow = TimeSpan.FromMilliseconds(250);

    private readonly string _root;
    private readonly string _git;

    /// <param name="root">Another folder than / to look for /proc, /sys and /etc in, for tests.</param>
    /// <param name="git">The program to ask for the commit.</param>
    public MachineEnvironment(string root = "/", string git = "git")
    {
        _root = root;
        _git = git;
    }

    /// <summary>Looks at the machine before anything is started; takes about a quarter of a second.</summary>
    /// <param name="sourceFolder">A folder of the lab's source, for its commit.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        string sourceFolder, CancellationToken cancellationToken)
    {
        var before = CpuTimes.Read(PathOf("proc"));
        var commit = GitCommit.ReadAsync(sourceFolder, cancellationToken, _git);
        var load = Load();
        await Task.Delay(StealWindow, cancellationToken);
        return new OrderedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["cpu"] = CpuModel(),
            ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["memory"] = Memory(),
            ["os"] = OperatingSystemName(),
            ["kernel"] = Text("proc/sys/kernel/osrelease") ?? Environment.OSVersion.Version.ToString(),
            ["container"] = Container(),
            ["governor"] = Text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") ?? Unknown,
            ["load_before"] = load,
            ["steal_before"] = Steal(before, CpuTimes.Read(PathOf("proc"))),
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
            ["commit"] = await commit,
        };
    }

    private string CpuModel() =>
        Field("proc/cpuinfo", "model name", ':')
        ?? Field("proc/cpuinfo", "Model", ':')
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>What the machine has, and what is ours where a container may use less.</summary>
    private string Memory()
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerGiB;
        var total = Field("proc/meminfo", "MemTotal", ':')?.Replace("kB", "", StringComparison.Ordinal);
        if (!double.TryParse(total, NumberStyles.Float, CultureInfo.InvariantCulture, out var kibibytes))
        {
            return GiB(available);
        }

        var installed = kibibytes * 1024 / BytesPerGiB;
        return available < installed * 0.95 ? $"{GiB(installed)}, {GiB(available)} of it usable" : GiB(installed);
    }

    private string OperatingSystemName() =>
        Field("etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription;

    /// <summary>The marks that container engines leave; a container without any of them is not recognised.</summary>
    private string Container()
    {
        if (File.Exists(PathOf(".dockerenv")))
        {
            return "docker";
        }

        if (File.Exists(PathOf("run/.containerenv")))
        {
            return "podman";
        }

        var groups = Text("proc/1/cgroup") ?? "";
        string[] marks = ["kubepods", "docker", "containerd", "lxc"];
        return Array.Find(marks, mark => groups.Contains(mark, StringComparison.Ordinal)) ?? "none seen";
    }

    /// <summary>Processes that wanted to run, on average over 1, 5 and 15 minutes.</summary>
    private string Load() => Text("proc/loadavg") is { } load
        ? string.Join(' ', load.Split(' ').Take(3))
        : Unknown;

    private static string Steal(CpuTimes? before, CpuTimes? after) => before is null || after is null
        ? Unknown
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{after.StealShareSince(before):0.0 %} now, {after.StealShareSince(new CpuTimes(0, 0)):0.0 %} since boot");

    private static string GiB(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.0} GiB");

    /// <summary>The value of the first line that begins with a key.</summary>
    private string? Field(string file, string key, char separator)
    {
        var line = Text(file)?.Split('\n').FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        var value = line?[(line.IndexOf(separator, StringComparison.Ordinal) + 1)..].Trim();
        return string.IsNullOrEmpty(value) ? null : value;
    }

    private string? Text(string file)
    {
        try
        {
            return File.ReadAllText(PathOf(file)).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string PathOf(string file) => Path.Combine(_root, file);
}
