using System.Diagnostics;
using System.Globalization;

namespace Lab.Processes;

/// <summary>
/// A process, unmistakably: its id and when it started. Ids are used again by others; ids with start times are not.
/// </summary>
/// <param name="Name">The resource, for messages.</param>
/// <param name="Pid">Process id.</param>
/// <param name="StartTicks">Clock ticks after boot (<c>/proc/PID/stat</c>, field 22), or seconds since 1970 elsewhere.</param>
/// <param name="BootId">Tells ticks of different boots apart; empty where the system has none.</param>
public sealed record ProcessIdentity(string Name, int Pid, long StartTicks, string BootId)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>Null when there is no such process any more.</summary>
    public static ProcessIdentity? Of(string name, int pid) => ReadStartTicks(pid) is { } ticks
        ? new ProcessIdentity(name, pid, ticks, File.Exists(BootIdFile) ? File.ReadAllText(BootIdFile).Trim() : "")
        : null;

    /// <summary>Exactly this process is still running.</summary>
    public bool IsAlive => Of(Name, Pid) == this;

    /// <summary>A child of a process, whoever owns both; null when there is none, or where there is no <c>/proc</c>.</summary>
    public static int? ChildOf(int pid)
    {
        var parent = pid.ToString(CultureInfo.InvariantCulture);
        return AllIds().Where(id => ReadStat(id) is [_, var of, ..] && of == parent).Select(id => (int?)id).FirstOrDefault();
    }

    /// <summary>Ids of all processes that can be seen; none where there is no <c>/proc</c>.</summary>
    internal static IEnumerable<int> AllIds() => !Directory.Exists("/proc/self")
        ? []
        : Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0);

    private static long? ReadStartTicks(int pid)
    {
        try
        {
            if (!Directory.Exists("/proc/self"))
            {
                using var process = Process.GetProcessById(pid);
                return new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();
            }

            return ReadStat(pid) is { } fields && fields[0] != "Z" ? long.Parse(fields[19], CultureInfo.InvariantCulture) : null;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Fields of <c>/proc/PID/stat</c> from the third on; null when there is no such process any more.</summary>
    private static string[]? ReadStat(int pid)
    {
        try
        {
            // The name in field 2 may contain spaces and parentheses: count from its closing one.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
