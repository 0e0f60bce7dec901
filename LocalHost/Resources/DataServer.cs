using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;
using Lab.Processes;

namespace Lab.LocalHost.Resources;

/// <summary>
/// A private database or cache, started again when it crashes. It can be stopped and started again at its address, with its
/// data.
/// </summary>
internal abstract class DataServer : IResource, IAsyncDisposable
{
    private readonly ServerPlace _place;
    private readonly LocalLabOptions _options;
    private readonly RunningRecords _records;
    private readonly Lazy<SupervisedProcess> _process;

    protected DataServer(ServerPlace place, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    {
        (_place, _options, _records) = (place, options, records);
        // Later: a derived class makes its container first.
        _process = new(() => new SupervisedProcess(place.Name, PrepareInFolderAsync, AnswersAsync, options, records, report) { Container = Container });
    }

    public string Name => _place.Name;

    public IReadOnlyList<string> WaitFor => [];

    public ManagedProcess? Process => _process.Value.Process;

    public virtual Container? Container => null;

    /// <summary>ADDRESS:PORT.</summary>
    public string Address => _place.Address;

    public string DataFolder => _place.DataFolder;

    /// <param name="through">Its own address, or that of a link that leads to it.</param>
    public abstract string ConnectionString(string through);

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        await _process.Value.StartAsync(cancellationToken);
        return Address;
    }

    public Task StopAsync() => _process.Value.StopAsync();

    public ValueTask DisposeAsync() => _process.Value.DisposeAsync();

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
        var process = await ManagedProcess.StartAsync(spec, _options.LogFolder, _records, container: null, cancellationToken);
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

    private Task<ProcessSpec> PrepareInFolderAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(DataFolder);
        return PrepareAsync(cancellationToken);
    }
}
