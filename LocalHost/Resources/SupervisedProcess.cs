using System.Diagnostics;
using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;

namespace Lab.LocalHost.Resources;

/// <summary>
/// A resource's process, started again when it crashes: within bounds, at its old address, and reported. Starts and stops
/// must not run at the same time.
/// </summary>
/// <param name="name">The resource.</param>
/// <param name="command">What to run; asked before every start.</param>
/// <param name="isReady">Whether it answers.</param>
/// <param name="options">Of the lab.</param>
/// <param name="records">Gets its processes.</param>
/// <param name="report">Gets what happens to it.</param>
internal sealed class SupervisedProcess(
    string name,
    Func<CancellationToken, Task<ProcessSpec>> command,
    Func<CancellationToken, Task<bool>> isReady,
    LocalLabOptions options,
    RunningRecords records,
    Action<ResourceEvent> report) : IAsyncDisposable
{
    /// <summary>After crashes; a restart that was asked for is none.</summary>
    private const int MaxRestarts = 50;
    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(100);

    private volatile ManagedProcess? _process;
    private CancellationTokenSource _stopping = new();
    private Task _supervision = Task.CompletedTask;
    private int _crashes;

    /// <summary>Null for one that runs as a process.</summary>
    public Container? Container { get; init; }

    /// <summary>Otherwise a crash is only reported.</summary>
    public bool RestartAfterCrash { get; init; } = true;

    /// <summary>It ends in order when it is asked to, and shall then begin anew: that is no crash.</summary>
    public bool MayEndInOrder { get; init; }

    /// <summary>What runs now; null in between.</summary>
    public ManagedProcess? Process => _process is { Exited.IsCompleted: false } running ? running : null;

    /// <summary>Returns when it is ready. What still runs of it, or is just being started again, ends first.</summary>
    /// <exception cref="LabStartException">It cannot be started.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        _stopping.Dispose();
        _stopping = new CancellationTokenSource();
        await StartProcessAsync(cancellationToken);
        _supervision = SuperviseAsync(_stopping.Token);
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _supervision;
        if (_process is not null)
        {
            await _process.StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task StartProcessAsync(CancellationToken cancellationToken)
    {
        _process = await ManagedProcess.StartAsync(await command(cancellationToken), options.LogFolder, records, Container, cancellationToken);
        await Readiness.WaitAsync(_process, isReady, options.StartTimeout, cancellationToken);
    }

    private async Task SuperviseAsync(CancellationToken stopping)
    {
        while (true)
        {
            var process = _process!;
            await Task.WhenAny(process.Exited, Task.Delay(Timeout.Infinite, stopping));
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            var exitCode = await process.Exited;
            var wasAsked = MayEndInOrder && exitCode == 0;
            if (!wasAsked)
            {
                report(new ResourceEvent(name, ResourceState.Crashed, $"exit code {exitCode}; its log: {process.LogFile}"));
                _crashes++;
            }

            if (!RestartAfterCrash)
            {
                return;
            }

            if (_crashes > MaxRestarts)
            {
                report(new ResourceEvent(name, ResourceState.Stopped, $"it has crashed {_crashes} times and is not started again"));
                return;
            }

            if (!await TryRestartAsync(wasAsked, stopping))
            {
                return;
            }
        }
    }

    private async Task<bool> TryRestartAsync(bool wasAsked, CancellationToken stopping)
    {
        try
        {
            if (wasAsked)
            {
                await StartProcessAsync(stopping);
                return true;
            }

            await Task.Delay(RestartPause, stopping);
            report(new ResourceEvent(name, ResourceState.Restarting, ""));
            var begun = Stopwatch.GetTimestamp();
            await StartProcessAsync(stopping);
            report(new ResourceEvent(name, ResourceState.Healthy, $"again, after {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s"));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception exception) when (exception is LabStartException or IOException or UnauthorizedAccessException)
        {
            report(new ResourceEvent(name, ResourceState.Stopped, exception.Message));
            return false;
        }
    }
}
