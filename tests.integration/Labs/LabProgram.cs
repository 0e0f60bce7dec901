using System.Diagnostics;
using System.Text;

namespace Lab.Tests.Integration.Labs;

/// <summary>A program of the lab, run as its users run it.</summary>
public sealed class LabProgram : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private LabProgram(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Pid => _process.Id;

    /// <summary>Everything printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <param name="project">Harness or Marketplace.</param>
    /// <param name="environment">Added to the test's own.</param>
    /// <param name="arguments">The command line.</param>
    public static LabProgram Start(string project, IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> arguments) =>
        StartProgram("dotnet", environment, [Lab.LocalHost.Resources.ServicePrograms.Find(project), .. arguments]);

    /// <summary>The same, allowed less than this process: an option of prlimit (util-linux) such as <c>--nofile=256:256</c>.</summary>
    public static LabProgram StartLimited(
        string limit, string project, IReadOnlyDictionary<string, string> environment, params IReadOnlyList<string> arguments) =>
        StartProgram("prlimit", environment, [limit, "dotnet", Lab.LocalHost.Resources.ServicePrograms.Find(project), .. arguments]);

    /// <param name="program">Any program, the lab's script for example.</param>
    /// <param name="environment">Added to the test's own.</param>
    /// <param name="arguments">The command line.</param>
    public static LabProgram StartProgram(string program, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new LabProgram(Process.Start(start)!);
    }

    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until it has printed something.</summary>
    public async Task WaitForAsync(string text)
    {
        var deadline = Stopwatch.GetTimestamp();
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(!_process.HasExited, $"it ended without printing '{text}':\n{Output}");
            Assert.True(Stopwatch.GetElapsedTime(deadline) < Patience, $"it did not print '{text}':\n{Output}");
            await Task.Delay(50);
        }
    }

    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public void Kill() => _process.Kill();

    public void Signal(string signal) => TrySignal(signal, Pid);

    /// <summary>To it and what it has started, as a terminal does; for a program that is about to lead a process group.</summary>
    public Task SignalGroupAsync(string signal) =>
        Eventually.TrueAsync(() => _process.HasExited || TrySignal(signal, -Pid), "it does not lead a process group");

    private static bool TrySignal(string signal, int target)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", [$"-{signal}", "--", target.ToString(System.Globalization.CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        kill.WaitForExit();
        return kill.ExitCode == 0;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
