using System.Diagnostics;
using Lab.LocalHost.Containers;
using Lab.Processes;

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

/// <summary>A child process with its log and its record; it may be the client that runs a container.</summary>
internal sealed class ManagedProcess
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    /// <summary>What a shell calls an end by SIGHUP, SIGINT, SIGTERM.</summary>
    private static readonly int[] ExitCodesOfInterrupts = [129, 130, 143];
    private static readonly TimeSpan InterruptPatience = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly RunningRecords _records;
    private readonly Container? _container;

    private ManagedProcess(Process process, ProcessIdentity identity, RunningRecords records, string logFile, Container? container)
    {
        _process = process;
        _records = records;
        _container = container;
        Program = container is null ? identity : null;
        Identity = identity;
        LogFile = logFile;
        Exited = WatchAsync();
    }

    public ProcessIdentity Identity { get; }

    /// <summary>What the resource is: the process itself, or the one in its container; null where that cannot be seen.</summary>
    public ProcessIdentity? Program { get; private set; }

    public string LogFile { get; }

    /// <summary>Completes with the exit code.</summary>
    public Task<int> Exited { get; }

    /// <summary>A container runs when this returns, unless its client has ended.</summary>
    /// <exception cref="LabStartException">The program cannot be started, or ends at once.</exception>
    public static async Task<ManagedProcess> StartAsync(
        ProcessSpec spec, string logFolder, RunningRecords records, Container? container, CancellationToken cancellationToken)
    {
        var process = await SpawnAsync(spec, logFolder, records, container, cancellationToken);
        try
        {
            process.Program ??= await container!.RunningAsync(process.Exited, cancellationToken);
            return process;
        }
        catch
        {
            await process.StopAsync();
            throw;
        }
    }

    /// <summary>
    /// What to say of a process that has ended although it was wanted. Ctrl-C reaches everything in a terminal, also a child
    /// that has not got a session of its own yet: then this process hears of it, too, and the child's end was no failure.
    /// </summary>
    /// <exception cref="OperationCanceledException">So it was.</exception>
    public static async Task<LabStartException> EndedTooSoonAsync(string name, int exitCode, string logFile, CancellationToken cancellationToken)
    {
        if (ExitCodesOfInterrupts.Contains(exitCode))
        {
            await Task.Delay(InterruptPatience, cancellationToken);
        }

        return new LabStartException(FormattableString.Invariant($"{name} ended with exit code {exitCode} before it was ready. {LogFiles.LastLines(logFile)}"));
    }

    private static async Task<ManagedProcess> SpawnAsync(
        ProcessSpec spec, string logFolder, RunningRecords records, Container? container, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(logFolder);
        var logFile = Path.Combine(logFolder, spec.Name + ".log");
        try
        {
            var process = await ProcessSpawner.StartAsync(new ChildProcess
            {
                Program = spec.Program,
                Arguments = spec.Arguments,
                Environment = new Dictionary<string, string>(spec.Environment, StringComparer.Ordinal) { [MarkedProcesses.Variable] = records.Mark },
                WorkingFolder = spec.WorkingFolder,
                LogFile = logFile,
            });
            if (ProcessIdentity.Of(spec.Name, process.Id) is not { } identity)
            {
                await process.WaitForExitAsync(cancellationToken);
                throw await EndedTooSoonAsync(spec.Name, process.ExitCode, logFile, cancellationToken);
            }

            records.Add(identity);
            return new ManagedProcess(process, identity, records, logFile, container);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new LabStartException($"{spec.Name}: {spec.Program} cannot be started: {exception.Message}", exception);
        }
    }

    public async Task StopAsync()
    {
        if (Exited.IsCompleted)
        {
            return;
        }

        if (_container is not null)
        {
            // Paused, it would not hear of its end.
            await _container.ResumeAsync(CancellationToken.None);
        }

        await Task.WhenAll(Signals.EndAsync(Identity, StopPatience, CancellationToken.None), Exited);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        if (_container is not null)
        {
            await _container.KillAsync(cancellationToken);
        }
        else
        {
            Signals.KillNow(Identity);
        }
    }

    /// <summary>Stops it from running without ending it: SIGSTOP, or the engine's pause.</summary>
    public async Task SuspendAsync(CancellationToken cancellationToken)
    {
        if (_container is not null)
        {
            await _container.PauseAsync(cancellationToken);
        }
        else
        {
            Signals.Suspend(Identity);
        }
    }

    /// <summary>Lets it go on.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (_container is not null)
        {
            await _container.ResumeAsync(cancellationToken);
        }
        else
        {
            Signals.Resume(Identity);
        }
    }

    private async Task<int> WatchAsync()
    {
        await _process.WaitForExitAsync();
        _records.Remove(Identity);
        return _process.ExitCode;
    }
}
