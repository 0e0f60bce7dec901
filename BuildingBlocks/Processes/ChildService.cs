using System.Diagnostics;
using System.Text.Json;

namespace Lab.Processes;

/// <summary>
/// A child process that its parent speaks to by lines: of its standard input and of its standard output. It dies with the
/// parent, whatever happens, also when it is stopped.
/// </summary>
public sealed class ChildService
{
    private readonly Process _process;
    private readonly StreamWriter _input;
    private readonly StreamReader _output;
    private readonly ProcessIdentity _identity;
    private readonly ChildServiceStart _start;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildService(Process process, ProcessIdentity identity, ChildServiceStart start)
    {
        (_process, _identity, _start) = (process, identity, start);
        (_input, _output) = (process.StandardInput, process.StandardOutput);
        Ended = FollowAsync();
    }

    /// <summary>Process id.</summary>
    public int Pid => _identity.Pid;

    /// <summary>It has not ended, or not told its last line yet.</summary>
    public bool IsAlive => !Ended.IsCompleted;

    /// <summary>Stopped by SIGSTOP.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Its end was asked for.</summary>
    public bool IsUnwanted { get; private set; }

    /// <summary>Completes with the exit code, after the last line was told.</summary>
    public Task<int> Ended { get; }

    /// <summary>Starts it; its standard error goes to its log file.</summary>
    /// <exception cref="ChildStartException">It cannot be started.</exception>
    public static async Task<ChildService> StartAsync(ChildServiceStart start)
    {
        try
        {
            var process = await ProcessSpawner.StartAsync(new ChildProcess
            {
                // The runtime that runs this process.
                Program = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
                Arguments = [start.Assembly, .. start.Arguments],
                Environment = start.Environment,
                WorkingFolder = Path.GetDirectoryName(start.LogFile)!,
                LogFile = start.LogFile,
                IsPiped = true,
                DeathSignal = "KILL",
            });
            return ProcessIdentity.Of(start.Name, process.Id) is { } identity
                ? new ChildService(process, identity, start)
                : throw new ChildStartException($"{start.Name} ended at once. {LogFiles.LastLines(start.LogFile)}");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new ChildStartException($"{start.Name} cannot be started: {exception.Message}", exception);
        }
    }

    /// <summary>Leaves word of which process it is, for a parent that comes after this one.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Record(string path) => File.WriteAllText(path, JsonSerializer.Serialize(_identity));

    /// <returns>Null: there is no such word, or a parent was killed while it wrote it.</returns>
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

    /// <summary>Waits until it has told the line that says so.</summary>
    /// <exception cref="ChildStartException">It ended, or takes too long.</exception>
    public async Task UntilReadyAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            var first = await Task.WhenAny(_ready.Task, Ended).WaitAsync(patience, cancellationToken);
            if (first == Ended)
            {
                throw new ChildStartException(
                    $"{_start.Name} ended with exit code {await Ended} before it was ready. {LogFiles.LastLines(_start.LogFile)}");
            }
        }
        catch (TimeoutException exception)
        {
            throw new ChildStartException(
                $"{_start.Name} was not ready within {patience.TotalSeconds:0} s. {LogFiles.LastLines(_start.LogFile)}", exception);
        }
    }

    /// <summary>A line into its standard input.</summary>
    public void Command(string command)
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

    /// <summary>kill -9, also when it is stopped.</summary>
    public void Kill()
    {
        IsUnwanted = true;
        Signals.KillNow(_identity);
    }

    /// <summary>SIGSTOP.</summary>
    public void Pause()
    {
        Signals.Suspend(_identity);
        IsPaused = true;
    }

    /// <summary>SIGCONT.</summary>
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

    private async Task<int> FollowAsync()
    {
        while (await _output.ReadLineAsync() is { } line)
        {
            _start.Told(line);
            if (!_ready.Task.IsCompleted && _start.IsReady(line))
            {
                _ready.TrySetResult();
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
}

/// <summary>A <see cref="ChildService"/> to be started.</summary>
public sealed record ChildServiceStart
{
    /// <summary>For messages.</summary>
    public required string Name { get; init; }

    /// <summary>Path of the .NET program.</summary>
    public required string Assembly { get; init; }

    /// <inheritdoc cref="ChildProcess.Arguments"/>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <inheritdoc cref="ChildProcess.Environment"/>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Gets what it says about itself; it runs in this file's folder.</summary>
    public required string LogFile { get; init; }

    /// <summary>Gets every line of its output, one after the other; by any thread. Must not throw. The last one may be torn.</summary>
    public required Action<string> Told { get; init; }

    /// <summary>Asked of each line after it was told, until one says that it is ready. Must not throw.</summary>
    public required Func<string, bool> IsReady { get; init; }
}

/// <summary>A child process did not start; the message says why.</summary>
public sealed class ChildStartException(string message, Exception? inner = null) : IOException(message, inner);
