using System.Diagnostics;
using System.Text.Json;
using Lab.Processes;
using Lab.TradingPost.Running;

namespace Lab.TradingPost.Supervision;

/// <summary>One process of a peer. It dies with the supervisor, whatever happens, also when it is stopped.</summary>
internal sealed class PeerProcess
{
    private readonly Process _process;
    private readonly StreamWriter _input;
    private readonly StreamReader _output;
    private readonly ProcessIdentity _identity;
    private readonly string _logFile;
    private readonly Action<PeerLine> _told;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private PeerProcess(Process process, ProcessIdentity identity, string logFile, Action<PeerLine> told)
    {
        (_process, _identity, _logFile, _told) = (process, identity, logFile, told);
        (_input, _output) = (process.StandardInput, process.StandardOutput);
        Ended = FollowAsync();
    }

    public int Pid => _identity.Pid;

    public bool IsAlive => !Ended.IsCompleted;

    /// <summary>Stopped by SIGSTOP.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Its end was asked for.</summary>
    public bool IsUnwanted { get; private set; }

    /// <summary>Completes with the exit code, after the last line was told.</summary>
    public Task<int> Ended { get; }

    /// <param name="options">Of the peer.</param>
    /// <param name="logFile">Gets what it says about itself.</param>
    /// <param name="told">Gets what it tells; by any thread.</param>
    /// <exception cref="PeerStartException">It cannot be started.</exception>
    public static async Task<PeerProcess> StartAsync(PeerOptions options, string logFile, Action<PeerLine> told)
    {
        try
        {
            var process = await ProcessSpawner.StartAsync(new ChildProcess
            {
                // The runtime that runs this process; the peer is the same program.
                Program = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
                Arguments = [typeof(PeerProcess).Assembly.Location, "peer"],
                Environment = options.ToEnvironment().ToDictionary(StringComparer.Ordinal),
                WorkingFolder = Path.GetDirectoryName(logFile)!,
                LogFile = logFile,
                IsPiped = true,
                DeathSignal = "KILL",
            });
            var name = FormattableString.Invariant($"peer {options.Id}");
            return ProcessIdentity.Of(name, process.Id) is { } identity
                ? new PeerProcess(process, identity, logFile, told)
                : throw new PeerStartException($"{name} ended at once. {LogFiles.LastLines(logFile)}");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new PeerStartException($"a peer cannot be started: {exception.Message}", exception);
        }
    }

    /// <summary>Leaves word of which process it is, for a supervisor that comes after this one.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Record(string path) => File.WriteAllText(path, JsonSerializer.Serialize(_identity));

    /// <returns>Null: there is no such word, or a supervisor was killed while it wrote it.</returns>
    public static ProcessIdentity? Recorded(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllText(path));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Waits until it listens and has warmed up.</summary>
    /// <exception cref="PeerStartException">It ended, or takes too long.</exception>
    public async Task UntilReadyAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            var first = await Task.WhenAny(_ready.Task, Ended).WaitAsync(patience, cancellationToken);
            if (first == Ended)
            {
                throw new PeerStartException($"{_identity.Name} ended with exit code {await Ended} before it was ready. {LogFiles.LastLines(_logFile)}");
            }
        }
        catch (TimeoutException exception)
        {
            throw new PeerStartException($"{_identity.Name} was not ready within {patience.TotalSeconds:0} s. {LogFiles.LastLines(_logFile)}", exception);
        }
    }

    /// <summary>It takes part from now on.</summary>
    public void Begin() => Command(PeerProgram.BeginCommand);

    public void Resign() => Command(PeerProgram.ResignCommand);

    /// <summary>kill -9, also when it is stopped.</summary>
    public void Kill()
    {
        IsUnwanted = true;
        Signals.KillNow(_identity);
    }

    public void Pause()
    {
        Signals.Suspend(_identity);
        IsPaused = true;
    }

    public void Resume()
    {
        IsPaused = false;
        Signals.Resume(_identity);
    }

    /// <summary>Kills it and waits for its end.</summary>
    public async Task EndAsync()
    {
        Kill();
        await Ended;
    }

    private void Command(string command)
    {
        try
        {
            _input.WriteLine(command);
            _input.Flush();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It is gone; whoever follows it says so.
        }
    }

    private async Task<int> FollowAsync()
    {
        while (await _output.ReadLineAsync() is { } text)
        {
            if (Read(text) is not { } line)
            {
                continue;
            }

            if (line.What is null)
            {
                _ready.TrySetResult();
            }
            else
            {
                _told(line);
            }
        }

        await _process.WaitForExitAsync();
        var exitCode = _process.ExitCode;
        Dispose();
        return exitCode;
    }

    /// <summary>A process that is disposed of leaves the pipes open that somebody has used.</summary>
    private void Dispose()
    {
        _process.Dispose();
        _output.Dispose();
        try
        {
            _input.Dispose();
        }
        catch (IOException)
        {
            // What it was told last did not reach it any more.
        }
    }

    private static PeerLine? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, RunningJson.Default.PeerLine);
        }
        catch (JsonException)
        {
            // The last words of one that was killed may be torn.
            return null;
        }
    }
}

/// <summary>A peer did not start; the message says why.</summary>
public sealed class PeerStartException(string message, Exception? inner = null) : IOException(message, inner);
