using System.Diagnostics;
using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;
using Lab.Topology;

namespace Lab.LocalHost.Resources;

/// <summary>A service of the topology as a child process, or in a container; started again when it crashes.</summary>
/// <param name="spec">The service.</param>
/// <param name="adminUrl">Where it tells whether it is healthy.</param>
/// <param name="container">Null: it runs as a process.</param>
/// <param name="command">What to run; asked before every start.</param>
/// <param name="options">Of the lab.</param>
/// <param name="records">Gets its processes.</param>
/// <param name="report">Gets what happens to it.</param>
internal sealed class ServiceProcess(
    ServiceSpec spec,
    string adminUrl,
    Container? container,
    Func<CancellationToken, Task<ProcessSpec>> command,
    LocalLabOptions options,
    RunningRecords records,
    Action<ResourceEvent> report)
    : IResource, IAsyncDisposable
{
    /// <summary>After crashes; a restart that was asked for is none.</summary>
    private const int MaxRestarts = 50;
    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly CancellationTokenSource _stopping = new();
    private volatile ManagedProcess? _process;
    private Task _supervision = Task.CompletedTask;

    public string Name => spec.Name;

    public IReadOnlyList<string> WaitFor => spec.WaitFor;

    public ManagedProcess? Process => _process is { Exited.IsCompleted: false } running ? running : null;

    public Container? Container => container;

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        await StartProcessAsync(cancellationToken);
        _supervision = SuperviseAsync();
        return adminUrl;
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
        _http.Dispose();
        _stopping.Dispose();
    }

    public Task<bool> IsHealthyAsync(CancellationToken cancellationToken) =>
        Readiness.AnswersAsync(_http, new Uri(adminUrl + "/health"), cancellationToken);

    private async Task StartProcessAsync(CancellationToken cancellationToken)
    {
        _process = await ManagedProcess.StartAsync(await command(cancellationToken), options.LogFolder, records, container, cancellationToken);
        await Readiness.WaitAsync(_process, IsHealthyAsync, options.StartTimeout, cancellationToken);
    }

    private async Task SuperviseAsync()
    {
        for (var crashes = 0; ;)
        {
            var process = _process!;
            await Task.WhenAny(process.Exited, Task.Delay(Timeout.Infinite, _stopping.Token));
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            // One that ends in order was asked to: a cell wants it fresh.
            var exitCode = await process.Exited;
            if (exitCode != 0)
            {
                report(new ResourceEvent(Name, ResourceState.Crashed, $"exit code {exitCode}; its log: {process.LogFile}"));
                crashes++;
            }

            if (!spec.RestartAfterCrash || crashes > MaxRestarts || !await TryRestartAsync(wasAsked: exitCode == 0))
            {
                return;
            }
        }
    }

    private async Task<bool> TryRestartAsync(bool wasAsked)
    {
        try
        {
            if (wasAsked)
            {
                await StartProcessAsync(_stopping.Token);
                return true;
            }

            await Task.Delay(RestartPause, _stopping.Token);
            report(new ResourceEvent(Name, ResourceState.Restarting, ""));
            var begun = Stopwatch.GetTimestamp();
            await StartProcessAsync(_stopping.Token);
            report(new ResourceEvent(Name, ResourceState.Healthy, $"again, after {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s"));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (LabStartException exception)
        {
            report(new ResourceEvent(Name, ResourceState.Stopped, exception.Message));
            return false;
        }
    }
}

/// <summary>Programs of services, in the build output next to the program that runs now.</summary>
internal static class ServicePrograms
{
    /// <summary>The folder of this build's output: the layout is <c>artifacts/bin/PROJECT/CONFIGURATION/</c> for every project.</summary>
    public static (DirectoryInfo Folder, string Configuration) Output()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return (configuration.Parent!.Parent!, configuration.Name);
    }

    /// <summary>The program of a project.</summary>
    /// <exception cref="LabStartException">It has not been built.</exception>
    public static string Find(string project)
    {
        var (output, configuration) = Output();
        var program = Path.Combine(output.FullName, project, configuration, $"Lab.{project}.dll");
        return File.Exists(program)
            ? program
            : throw new LabStartException($"{program} is missing: build the solution first (./lab does)");
    }
}
