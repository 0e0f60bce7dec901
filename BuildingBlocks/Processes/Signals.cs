using System.Runtime.InteropServices;

namespace Lab.Processes;

/// <summary>Signals to processes that this lab started.</summary>
public static partial class Signals
{
    private const int Terminate = 15;
    private const int Kill = 9;
    private static readonly TimeSpan Check = TimeSpan.FromMilliseconds(20);

    /// <summary>SIGTERM, and SIGKILL when patience runs out. Does nothing to a process that is not the recorded one.</summary>
    public static async Task EndAsync(ProcessIdentity process, TimeSpan patience, CancellationToken cancellationToken)
    {
        Send(process, Terminate);
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (process.IsAlive)
        {
            if (Environment.TickCount64 > deadline)
            {
                Send(process, Kill);
            }

            await Task.Delay(Check, cancellationToken);
        }
    }

    /// <summary>At once, as a power cut.</summary>
    public static void KillNow(ProcessIdentity process) => Send(process, Kill);

    /// <summary>SIGSTOP: alive, but silent.</summary>
    public static void Suspend(ProcessIdentity process) => Send(process, OperatingSystem.IsMacOS() ? 17 : 19);

    /// <summary>SIGCONT.</summary>
    public static void Resume(ProcessIdentity process) => Send(process, OperatingSystem.IsMacOS() ? 19 : 18);

    private static void Send(ProcessIdentity process, int signal)
    {
        if (process.IsAlive)
        {
            _ = SendSignal(process.Pid, signal);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int pid, int signal);
}
