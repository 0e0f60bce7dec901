using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;
using Lab.Topology;

namespace Lab.LocalHost.Resources;

/// <summary>A service of the topology as a child process, or in a container; started again when it crashes.</summary>
internal sealed class ServiceProcess : IResource, IAsyncDisposable
{
    private readonly ServiceSpec _spec;
    private readonly string _adminUrl;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly SupervisedProcess _process;

    /// <param name="spec">The service.</param>
    /// <param name="adminUrl">Where it tells whether it is healthy.</param>
    /// <param name="container">Null: it runs as a process.</param>
    /// <param name="command">What to run; asked before every start.</param>
    /// <param name="options">Of the lab.</param>
    /// <param name="records">Gets its processes.</param>
    /// <param name="report">Gets what happens to it.</param>
    public ServiceProcess(
        ServiceSpec spec,
        string adminUrl,
        Container? container,
        Func<CancellationToken, Task<ProcessSpec>> command,
        LocalLabOptions options,
        RunningRecords records,
        Action<ResourceEvent> report)
    {
        _spec = spec;
        _adminUrl = adminUrl;
        _process = new SupervisedProcess(spec.Name, command, IsHealthyAsync, options, records, report)
        {
            Container = container,
            RestartAfterCrash = spec.RestartAfterCrash,
            // A cell wants it fresh.
            MayEndInOrder = true,
        };
    }

    public string Name => _spec.Name;

    public IReadOnlyList<string> WaitFor => _spec.WaitFor;

    public ManagedProcess? Process => _process.Process;

    public Container? Container => _process.Container;

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        await _process.StartAsync(cancellationToken);
        return _adminUrl;
    }

    public Task StopAsync() => _process.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _http.Dispose();
    }

    private Task<bool> IsHealthyAsync(CancellationToken cancellationToken) =>
        Readiness.AnswersAsync(_http, new Uri(_adminUrl + "/health"), cancellationToken);
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
