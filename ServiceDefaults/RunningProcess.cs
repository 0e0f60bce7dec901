namespace Lab.ServiceDefaults;

/// <summary>A process as its admin endpoint tells of it: <c>GET /admin/process</c>.</summary>
/// <param name="Pid">Its id, where it runs.</param>
/// <param name="Place">Equal for processes that know each other by these ids: of one machine, and not of different containers.</param>
public sealed record RunningProcess(int Pid, string Place)
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";
    private const string IdNamespace = "/proc/self/ns/pid";

    public static RunningProcess This() => new(Environment.ProcessId, ThisPlace());

    private static string ThisPlace() => File.Exists(BootId)
        ? $"{File.ReadAllText(BootId).Trim()} {new FileInfo(IdNamespace).LinkTarget}"
        : Environment.MachineName;
}
