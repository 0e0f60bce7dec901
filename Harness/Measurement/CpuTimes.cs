using System.Globalization;

namespace Lab.Harness.Measurement;

/// <summary>
/// What the machine's processors did since it started, from the first line of <c>/proc/stat</c>, in clock ticks. Steal
/// is the time in which a virtual machine wanted to run and its host ran something else.
/// </summary>
public sealed record CpuTimes(long TotalTicks, long StealTicks)
{
    private const int StealField = 7;

    /// <summary>The state now, or null where the system does not tell.</summary>
    public static CpuTimes? Read(string procRoot = "/proc")
    {
        try
        {
            return Parse(File.ReadLines(Path.Combine(procRoot, "stat")).FirstOrDefault(""));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Reads <c>cpu user nice system idle iowait irq softirq steal ...</c>; null when the line is another.
    /// </summary>
    public static CpuTimes? Parse(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields is not ["cpu", ..] || fields.Length <= StealField + 1)
        {
            return null;
        }

        // Guest time, after steal, is already part of user time.
        var ticks = fields[1..(StealField + 2)]
            .Select(field =>
                long.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : -1)
            .ToList();
        return ticks.Exists(value => value < 0) ? null : new CpuTimes(ticks.Sum(), ticks[StealField]);
    }

    /// <summary>Steal as a share (0 to 1) of all processor time since <paramref name="earlier"/>.</summary>
    public double StealShareSince(CpuTimes earlier)
    {
        var total = TotalTicks - earlier.TotalTicks;
        return total <= 0 ? 0 : Math.Clamp((StealTicks - earlier.StealTicks) / (double)total, 0, 1);
    }
}
