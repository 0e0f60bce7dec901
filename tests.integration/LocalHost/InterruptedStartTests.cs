using System.Globalization;
using System.Text;
using Lab.Processes;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.LocalHost;

/// <summary>
/// A lab that is interrupted while it starts leaves nothing behind, whatever it was doing just then. Moments are drawn from a
/// seed; <c>LAB_INTERRUPTIONS</c> in the environment asks for more of them.
/// </summary>
public sealed class InterruptedStartTests
{
    private const int Seed = 20;
    private const int EarliestMs = 100;
    private const int LatestMs = 2500;
    private const int DefaultInterruptions = 15;
    private static readonly string[] Kinds = ["INT", "TERM", "HUP", "KILL", "Ctrl-C"];

    private const int InOrder = 130;

    /// <summary>By the signal itself: where the lab has not begun with anything yet, or cannot help it.</summary>
    private static readonly Dictionary<string, int> AtOnce = new(StringComparer.Ordinal)
    {
        ["INT"] = 130,
        ["Ctrl-C"] = 130,
        ["TERM"] = 143,
        ["HUP"] = 129,
        ["KILL"] = 137,
    };

    private static int Interruptions =>
        int.Parse(Environment.GetEnvironmentVariable("LAB_INTERRUPTIONS") ?? $"{DefaultInterruptions}", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_start_that_is_interrupted_at_any_moment_leaves_no_process()
    {
        Assert.SkipWhen(Programs.Find("setpriv") is null || Programs.Find("setsid") is null, "without setpriv and setsid only the next start cleans up");
        var random = new Random(Seed);
        var failures = new List<string>();
        for (var number = 0; number < Interruptions; number++)
        {
            var kind = Kinds[number % Kinds.Length];
            var delayMs = random.Next(EarliestMs, LatestMs);
            if (await InterruptAsync(kind, delayMs) is { } failure)
            {
                failures.Add($"{number}: {kind} after {delayMs} ms: {failure}");
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {Interruptions} interruptions:\n{string.Join('\n', failures)}");
    }

    [Fact]
    public async Task Down_finds_a_process_of_the_lab_of_which_no_record_tells()
    {
        var state = Directory.CreateTempSubdirectory("lab-test-").FullName;
        var other = Directory.CreateTempSubdirectory("lab-test-").FullName;
        using var unrecorded = Sleeper(state);
        using var othersProcess = Sleeper(other);
        try
        {
            using var down = LabProgram.Start("Harness", new Dictionary<string, string>(StringComparer.Ordinal) { ["LAB_STATE"] = state }, "down");
            Assert.Equal(0, await down.WaitForExitAsync());
            Assert.Contains("process of some-server", down.Output, StringComparison.Ordinal);
            Assert.True(unrecorded.HasExited);
            Assert.False(othersProcess.HasExited, "it ended a process of another lab");
        }
        finally
        {
            unrecorded.Kill();
            othersProcess.Kill();
            Directory.Delete(state, recursive: true);
            Directory.Delete(other, recursive: true);
        }
    }

    /// <summary>As a lab starts its processes, but without a record.</summary>
    private static System.Diagnostics.Process Sleeper(string state)
    {
        var start = new System.Diagnostics.ProcessStartInfo("sleep", "300") { UseShellExecute = false };
        start.Environment[MarkedProcesses.Variable] = state;
        start.Environment["LAB_LOG_FILE"] = Path.Combine(state, "logs", "some-server.log");
        return System.Diagnostics.Process.Start(start)!;
    }

    /// <returns>What is wrong; null when nothing is.</returns>
    private static async Task<string?> InterruptAsync(string kind, int delayMs)
    {
        var state = Directory.CreateTempSubdirectory("lab-test-").FullName;
        try
        {
            // In a session of its own, as in a terminal: what Ctrl-C reaches is the session's process group.
            using var run = LabProgram.StartProgram(
                Programs.Find("setsid")!,
                new Dictionary<string, string>(StringComparer.Ordinal) { ["LAB_STATE"] = state },
                ["dotnet", Lab.LocalHost.Resources.ServicePrograms.Find("Harness"), "run", "echo", "--out", Path.Combine(state, "report")]);
            await Task.Delay(delayMs, TestContext.Current.CancellationToken);
            if (kind == "Ctrl-C")
            {
                await run.SignalGroupAsync("INT");
            }
            else
            {
                run.Signal(kind);
            }

            int? exitCode = null;
            try
            {
                exitCode = await run.WaitForExitAsync();
            }
            catch (OperationCanceledException)
            {
                // Its output is still open: what is left says by whom.
            }

            // A process that was killed stopped nobody: the kernel tells its children, who need a moment.
            var left = Left(state);
            for (var attempt = 0; attempt < 200 && left.Count > 0; attempt++)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
                left = Left(state);
            }

            left.ForEach(process => Signals.KillNow(process));
            return left.Count > 0 ? $"left {string.Join(", ", left.Select(process => process.Name))}; exit code {exitCode}; its output:\n{run.Output}"
                : exitCode is null ? $"it did not end; its output:\n{run.Output}"
                : !(exitCode == InOrder || (exitCode == AtOnce[kind] && (kind == "KILL" || !run.Output.Contains("starting", StringComparison.Ordinal)))) ? $"exit code {exitCode}; its output:\n{run.Output}"
                : null;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    /// <summary>Whatever has the state folder in its environment, which all processes inherit. Not asked of the lab itself.</summary>
    private static List<ProcessIdentity> Left(string state)
    {
        var found = new List<ProcessIdentity>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            try
            {
                if (File.ReadAllText(Path.Combine(folder, "environ"), Encoding.UTF8).Contains(state, StringComparison.Ordinal)
                    && ProcessIdentity.Of(File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' '), pid) is { } process)
                {
                    found.Add(process);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has just ended, or is somebody else's.
            }
        }

        return found;
    }
}
