using Lab.LocalHost.Processes;

namespace Lab.LocalHost.Resources;

/// <summary>
/// A private database or cache. It can be stopped and started again at its address, with its data; a crash is reported,
/// and left to whoever looks into it.
/// </summary>
internal abstract class DataServer(string name, string dataFolder, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    : IResource
{
    private ManagedProcess? _process;
    private volatile bool _isStopping;

    public string Name => name;

    public IReadOnlyList<string> WaitFor => [];

    /// <summary>The process as it is now, or null.</summary>
    public ProcessIdentity? Process => _process is { Exited.IsCompleted: false } running ? running.Identity : null;

    public abstract string Address { get; }

    public string DataFolder => dataFolder;

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        _isStopping = false;
        Directory.CreateDirectory(dataFolder);
        var (program, arguments) = await PrepareAsync(cancellationToken);
        _process = await ManagedProcess.StartAsync(
            new ProcessSpec(name, program, arguments, new Dictionary<string, string>(StringComparer.Ordinal), dataFolder), options.LogFolder, records);
        await Readiness.WaitAsync(_process, AnswersAsync, options.StartTimeout, cancellationToken);
        _ = ReportCrashAsync(_process);
        return Address;
    }

    public async Task StopAsync()
    {
        _isStopping = true;
        if (_process is not null)
        {
            await _process.StopAsync();
        }
    }

    /// <summary>Path of the server's program.</summary>
    /// <exception cref="LabStartException">It is not installed.</exception>
    public abstract string FindProgram();

    /// <summary>Data folder and configuration are made ready.</summary>
    /// <returns>What to run.</returns>
    /// <exception cref="LabStartException">The program is not installed.</exception>
    public abstract Task<(string Program, IReadOnlyList<string> Arguments)> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Whether it takes logins.</summary>
    public abstract Task<bool> AnswersAsync(CancellationToken cancellationToken);

    /// <summary>A file that only this user can read: it holds a password, which a command line would show to everybody.</summary>
    protected string WriteSecretFile(string fileName, params IEnumerable<string> lines)
    {
        var path = Path.Combine(dataFolder, fileName);
        var onlyForUs = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            onlyForUs.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new StreamWriter(path, onlyForUs);
        foreach (var line in lines)
        {
            file.WriteLine(line);
        }

        return path;
    }

    private async Task ReportCrashAsync(ManagedProcess process)
    {
        var exitCode = await process.Exited;
        if (!_isStopping)
        {
            report(new ResourceEvent(name, ResourceState.Crashed, $"exit code {exitCode}; its log: {process.LogFile}"));
        }
    }
}
