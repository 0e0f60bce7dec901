using System.Diagnostics;
using System.Globalization;

namespace Lab.LocalHost.Processes;

/// <summary>
/// A process, unmistakably: its id and when it started. Ids are used again by others; ids with start times are not.
/// </summary>
/// <param name="Name">The resource, for messages.</param>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Clock ticks after boot (<c>/proc/PID/stat</c>, field 22), or seconds since 1970 elsewhere.</param>
/// <param name="BootId">Tells ticks of different boots apart; empty where the system has none.</param>
internal sealed record ProcessIdentity(string Name, int Pid, long StartTicks, string BootId)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>Null when there is no such process any more.</summary>
    public static ProcessIdentity? Of(string name, int pid) => ReadStartTicks(pid) is { } ticks
        ? new ProcessIdentity(name, pid, ticks, File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : "")
        : null;

    /// <summary>Exactly this process is still running.</summary>
    public bool IsAlive => Of(Name, Pid) == this;

    private static long? ReadStartTicks(int pid)
    {
        try
        {
            if (!Directory.Exists("/proc/self"))
            {
                using var process = Process.GetProcessById(pid);
                return new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();
            }

            // The name in field 2 may contain spaces and parentheses: count from its closing one.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
