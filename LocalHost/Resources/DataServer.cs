using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;
using Lab.Processes;

namespace Lab.LocalHost.Resources;

/// <summary>
/// A private database or cache. It can be stopped and started again at its address, with its data; a crash is reported,
/// and left to whoever looks into it.
/// </summary>
internal abstract class DataServer(ServerPlace place, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    : IResource
{
    private ManagedProcess? _process;
    private volatile bool _isStopping;

    public string Name => place.Name;

    public IReadOnlyList<string> WaitFor => [];

    public ManagedProcess? Process => _process is { Exited.IsCompleted: false } running ? running : null;

    public virtual Container? Container => null;

    /// <summary>ADDRESS:PORT.</summary>
    public string Address => place.Address;

    public string DataFolder => place.DataFolder;

    /// <param name="through">Its own address, or that of a link that leads to it.</param>
    public abstract string ConnectionString(string through);

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        _isStopping = false;
        Directory.CreateDirectory(DataFolder);
        _process = await ManagedProcess.StartAsync(await PrepareAsync(cancellationToken), options.LogFolder, records, Container, cancellationToken);
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

    /// <summary>Data folder and configuration are made ready.</summary>
    /// <returns>What to run.</returns>
    /// <exception cref="LabStartException">The program is not installed.</exception>
    public abstract Task<ProcessSpec> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Whether it takes logins.</summary>
    public abstract Task<bool> AnswersAsync(CancellationToken cancellationToken);

    /// <summary>A file of the server's that holds a password, which a command line would show to everybody.</summary>
    protected string WriteSecretFile(string fileName, params IEnumerable<string> lines)
    {
        var path = Path.Combine(DataFolder, fileName);
        Secrets.Write(path, lines);
        return path;
    }

    /// <summary>A program of this machine, in the data folder.</summary>
    protected ProcessSpec Run(string program, IReadOnlyList<string> arguments) =>
        new(Name, program, arguments, new Dictionary<string, string>(StringComparer.Ordinal), DataFolder);

    /// <summary>Runs a program that prepares something to its end.</summary>
    /// <exception cref="LabStartException">It fails, or takes too long.</exception>
    protected async Task RunToEndAsync(ProcessSpec spec, TimeSpan patience, CancellationToken cancellationToken)
    {
        var process = await ManagedProcess.StartAsync(spec, options.LogFolder, records, container: null, cancellationToken);
        try
        {
            if (await process.Exited.WaitAsync(patience, cancellationToken) is var exitCode and not 0)
            {
                throw await ManagedProcess.EndedTooSoonAsync(spec.Program, exitCode, process.LogFile, cancellationToken);
            }
        }
        catch (TimeoutException exception)
        {
            throw new LabStartException(
                $"{spec.Program} did not end within {patience.TotalSeconds:0} s. {LogFiles.LastLines(process.LogFile)}", exception);
        }
        finally
        {
            await process.StopAsync();
        }
    }

    private async Task ReportCrashAsync(ManagedProcess process)
    {
        var exitCode = await process.Exited;
        if (!_isStopping)
        {
            report(new ResourceEvent(Name, ResourceState.Crashed, $"exit code {exitCode}; its log: {process.LogFile}"));
        }
    }
}
