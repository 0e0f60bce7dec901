using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Lab.Processes;

/// <summary>
/// Starts child processes so that none outlives this one, even when this one is killed: the kernel sends them a signal
/// when the thread that started them ends (PR_SET_PDEATHSIG, set by <c>setpriv</c>). That thread is this class's own, which
/// lives as long as the process. A parent that has died before a child asked for that signal sends none, so the child then
/// looks whose it is, and ends. They get a session of their own (<c>setsid</c>), so that Ctrl-C reaches the parent alone
/// and the parent stops them in order.
/// </summary>
public static class ProcessSpawner
{
    /// <summary>Tells the shell where output goes; children can see it, too.</summary>
    internal const string LogFileVariable = "LAB_LOG_FILE";

    private static readonly BlockingCollection<Action> Work = new(64);
    private static readonly string? SetSid = Programs.Find("setsid");
    private static readonly string? SetPriv = Programs.Find("setpriv");

    static ProcessSpawner() => new Thread(Run) { IsBackground = true, Name = "process-spawner" }.Start();

    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static Task<Process> StartAsync(ChildProcess child)
    {
        List<string> command = [];
        if (SetSid is not null && SetPriv is not null)
        {
            command.AddRange([SetSid, SetPriv, "--pdeathsig", child.DeathSignal]);
        }

        // The shell only looks for its parent and redirects; exec keeps the process id.
        var parent = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var redirect = child.IsPiped ? $"2>>\"${LogFileVariable}\"" : $">>\"${LogFileVariable}\" 2>&1 </dev/null";
        command.AddRange(["/bin/sh", "-c", $"[ \"$PPID\" = \"$0\" ] || exit 1; exec \"$@\" {redirect}", parent, child.Program, .. child.Arguments]);
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            UseShellExecute = false,
            WorkingDirectory = child.WorkingFolder,
            RedirectStandardInput = child.IsPiped,
            RedirectStandardOutput = child.IsPiped,
        };
        start.Environment[LogFileVariable] = child.LogFile;
        foreach (var (name, value) in child.Environment)
        {
            start.Environment[name] = value;
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException($"{child.Program} did not start"));
            }
            catch (Exception exception)
            {
                // The thread must live on whatever a start runs into; the caller gets the reason.
                started.SetException(exception);
            }
        });
        return started.Task;
    }

    private static void Run()
    {
        foreach (var start in Work.GetConsumingEnumerable())
        {
            start();
        }
    }
}

/// <summary>A process to be started.</summary>
public sealed record ChildProcess
{
    /// <summary>Path of the program, or its name where it is found by PATH.</summary>
    public required string Program { get; init; }

    /// <summary>No secrets: everybody can read them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Added to the parent's own environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Where it runs.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>Gets its output and errors, directly: no pipe, nothing to pump. With <see cref="IsPiped"/> only its errors.</summary>
    public required string LogFile { get; init; }

    /// <summary>Its standard input and output are the parent's to write and to read.</summary>
    public bool IsPiped { get; init; }

    /// <summary>
    /// What the kernel sends it when the parent dies: <c>TERM</c>, or <c>KILL</c> for one that may be stopped just then and
    /// would not hear of anything else.
    /// </summary>
    public string DeathSignal { get; init; } = "TERM";
}
