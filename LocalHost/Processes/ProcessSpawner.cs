using System.Collections.Concurrent;
using System.Diagnostics;

namespace Lab.LocalHost.Processes;

/// <summary>
/// Starts child processes so that none outlives the lab, even when the lab is killed: the kernel sends them SIGTERM when
/// the thread that started them ends (PR_SET_PDEATHSIG, set by <c>setpriv</c>). That thread is this class's own, which
/// lives as long as the process. They get a session of their own (<c>setsid</c>), so that Ctrl-C reaches the lab alone
/// and the lab stops them in order.
/// </summary>
internal static class ProcessSpawner
{
    private static readonly BlockingCollection<Action> Work = new(64);
    private static readonly string? SetSid = Programs.Find("setsid");
    private static readonly string? SetPriv = Programs.Find("setpriv");

    static ProcessSpawner() => new Thread(Run) { IsBackground = true, Name = "process-spawner" }.Start();

    /// <param name="program">Path of the program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Added to the lab's own environment.</param>
    /// <param name="workingFolder">Where it runs.</param>
    /// <param name="logFile">Gets its output and errors, directly: no pipe, nothing to pump.</param>
    public static Task<Process> StartAsync(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string workingFolder,
        string logFile)
    {
        List<string> command = [];
        if (SetSid is not null && SetPriv is not null)
        {
            command.AddRange([SetSid, SetPriv, "--pdeathsig", "TERM"]);
        }

        // The shell only redirects; exec keeps the process id.
        command.AddRange(["/bin/sh", "-c", "exec \"$@\" >>\"$LAB_LOG_FILE\" 2>&1 </dev/null", "lab", program, .. arguments]);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false, WorkingDirectory = workingFolder };
        start.Environment["LAB_LOG_FILE"] = logFile;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
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
