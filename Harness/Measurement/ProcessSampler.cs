using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Lab.Harness.Archive;

namespace Lab.Harness.Measurement;

/// <summary>
/// What one process uses over a measurement: CPU seconds of all its threads and peak resident memory. On Linux this
/// comes from <c>/proc</c>, to 10 ms; elsewhere from the runtime, which knows only the peak since the process began.
/// A process that ends keeps what it had used when last seen; a restarted one has another pid, hence another sampler.
/// </summary>
public sealed class ProcessSampler
{
    /// <summary>Clock ticks per second in /proc/PID/stat: Linux shows 100 on every architecture .NET runs on.</summary>
    private const double TicksPerS = 100;

    private readonly string _name;
    private readonly int _pid;
    private readonly string _procRoot;
    private Reading? _before;
    private Reading? _last;

    /// <param name="name">How the report calls the process.</param>
    /// <param name="pid">Its id.</param>
    /// <param name="procRoot">Another folder than /proc, for tests.</param>
    public ProcessSampler(string name, int pid, string procRoot = "/proc")
    {
        _name = name;
        _pid = pid;
        _procRoot = procRoot;
    }

    /// <summary>
    /// Starts to count from zero. The peak restarts at the memory in use now, where the system allows it.
    /// </summary>
    public void Begin()
    {
        TryResetPeak();
        _before = _last = Read();
    }

    /// <summary>Looks again; call it at the end and, lest a crash loses everything, now and then before.</summary>
    /// <returns>False when the process is gone.</returns>
    public bool Sample()
    {
        var reading = Read();

        // The same pid with another start time is another process.
        if (reading is null || reading.StartTime != _before?.StartTime)
        {
            return false;
        }

        _last = reading;
        return true;
    }

    /// <summary>
    /// What was used from <see cref="Begin"/> to the last look; null when the process was never seen.
    /// </summary>
    public ProcessUsage? Usage => _before is null || _last is null
        ? null
        : new ProcessUsage(_name, Math.Max(0, _last.CpuS - _before.CpuS), _last.PeakRssBytes);

    private string PathOf(string file) => Path.Combine(_procRoot, _pid.ToString(CultureInfo.InvariantCulture), file);

    /// <summary>
    /// Writing 5 resets VmHWM (man 5 proc). Another user's process refuses; its peak then dates from its start.
    /// </summary>
    private void TryResetPeak()
    {
        try
        {
            if (File.Exists(PathOf("clear_refs")))
            {
                File.WriteAllText(PathOf("clear_refs"), "5");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The figure is still true, only of a longer time.
        }
    }

    private Reading? Read()
    {
        try
        {
            return Directory.Exists(_procRoot) ? ReadProc() : ReadRuntime();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended between two reads.
            return null;
        }
    }

    private Reading? ReadProc()
    {
        var stat = File.ReadAllText(PathOf("stat"));

        // The name in parentheses may hold spaces and parentheses itself: fields are counted after the last one.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int state = 0, userTicks = 11, systemTicks = 12, startTicks = 19;
        if (fields.Length <= startTicks || fields[state] is "Z" or "X")
        {
            return null;
        }

        var peak = File.ReadLines(PathOf("status"))
            .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return new Reading(
            (Number(fields[userTicks]) + Number(fields[systemTicks])) / TicksPerS,
            peak is null ? 0 : Number(peak["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal)) * 1024,
            fields[startTicks]);
    }

    private Reading? ReadRuntime()
    {
        try
        {
            using var process = Process.GetProcessById(_pid);
            return new Reading(
                process.TotalProcessorTime.TotalSeconds,
                process.PeakWorkingSet64,
                process.StartTime.Ticks.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    private static long Number(string text) =>
        long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private sealed record Reading(double CpuS, long PeakRssBytes, string StartTime);
}
