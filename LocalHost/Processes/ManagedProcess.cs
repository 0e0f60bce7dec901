using System.Diagnostics;

namespace Lab.LocalHost.Processes;

/// <summary>What to run as a resource.</summary>
/// <param name="Name">The resource.</param>
/// <param name="Program">Path of the program.</param>
/// <param name="Arguments">Its arguments; no secrets, everybody can read them.</param>
/// <param name="Environment">Added to the lab's own.</param>
/// <param name="WorkingFolder">Where it runs.</param>
internal sealed record ProcessSpec(
    string Name,
    string Program,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string WorkingFolder);

/// <summary>A child process with its log and its record.</summary>
internal sealed class ManagedProcess
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly RunningRecords _records;

    private ManagedProcess(Process process, ProcessIdentity identity, RunningRecords records, string logFile)
    {
        _process = process;
        _records = records;
        Identity = identity;
        LogFile = logFile;
        Exited = WatchAsync();
    }

    public ProcessIdentity Identity { get; }

    public string LogFile { get; }

    /// <summary>Completes with the exit code.</summary>
    public Task<int> Exited { get; }

    /// <exception cref="LabStartException">The program cannot be started, or ends at once.</exception>
    public static async Task<ManagedProcess> StartAsync(ProcessSpec spec, string logFolder, RunningRecords records)
    {
        Directory.CreateDirectory(logFolder);
        var logFile = Path.Combine(logFolder, spec.Name + ".log");
        try
        {
            var process = await ProcessSpawner.StartAsync(spec.Program, spec.Arguments, spec.Environment, spec.WorkingFolder, logFile);
            var identity = ProcessIdentity.Of(spec.Name, process.Id)
                ?? throw new LabStartException($"{spec.Name} ended at once. {LastLines(logFile)}");
            records.Add(identity);
            return new ManagedProcess(process, identity, records, logFile);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new LabStartException($"{spec.Name}: {spec.Program} cannot be started: {exception.Message}", exception);
        }
    }

    public Task StopAsync() => Exited.IsCompleted
        ? Task.CompletedTask
        : Task.WhenAll(Signals.EndAsync(Identity, StopPatience, CancellationToken.None), Exited);

    /// <summary>For messages: the end of a log usually says why.</summary>
    public static string LastLines(string logFile)
    {
        const int Lines = 8;
        return File.Exists(logFile)
            ? $"The end of {logFile}:\n  {string.Join("\n  ", File.ReadLines(logFile).TakeLast(Lines))}"
            : "It left no log.";
    }

    private async Task<int> WatchAsync()
    {
        await _process.WaitForExitAsync();
        _records.Remove(Identity);
        return _process.ExitCode;
    }
}
