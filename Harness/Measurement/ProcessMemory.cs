using System.Globalization;

namespace Lab.Harness.Measurement;

/// <summary>What a process holds right now: resident memory and threads, from <c>/proc/PID/status</c>.</summary>
public sealed record ProcessMemory(long RssBytes, int Threads)
{
    /// <summary>Null where there is no such process, or no /proc.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="procRoot">Another folder than /proc, for tests.</param>
    public static ProcessMemory? Read(int pid, string procRoot = "/proc")
    {
        try
        {
            long? kibibytes = null, threads = null;
            foreach (var line in File.ReadLines(Path.Combine(procRoot, pid.ToString(CultureInfo.InvariantCulture), "status")))
            {
                kibibytes ??= Field(line, "VmRSS:");
                threads ??= Field(line, "Threads:");
            }

            return kibibytes is { } memory && threads is { } count ? new ProcessMemory(memory * 1024, (int)count) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Several processes together; null when one of them could not be read.</summary>
    public static ProcessMemory? Sum(IReadOnlyList<ProcessMemory?> processes) => processes.All(process => process is not null)
        ? new ProcessMemory(processes.Sum(process => process!.RssBytes), processes.Sum(process => process!.Threads))
        : null;

    private static long? Field(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal)
        && long.TryParse(line.AsSpan(name.Length).Trim().TrimEnd("kB").TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
