using System.Globalization;

namespace Lab.Tests.Integration.Labs;

/// <summary>What a process has in memory.</summary>
public static class ResidentMemory
{
    /// <summary>MiB that the kernel keeps for a process now: VmRSS of /proc/PID/status.</summary>
    public static double OfMiB(int pid) => File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"))
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0)
        .Single();
}
