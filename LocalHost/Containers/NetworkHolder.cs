using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;

namespace Lab.LocalHost.Containers;

/// <summary>
/// A container that does nothing but hold a network with an address, for services that listen at the same one: each of
/// them may crash and come back while the network stays.
/// </summary>
internal sealed class NetworkHolder(string owner, Container container, LocalLabOptions options, RunningRecords records) : IResource
{
    private const string Suffix = "-network";

    private ManagedProcess? _process;

    public ManagedProcess? Process => _process is { Exited.IsCompleted: false } running ? running : null;

    public Container Container => container;

    public string Name => NameOf(owner);

    public IReadOnlyList<string> WaitFor => [];

    /// <summary>The resource that holds the network of a service and those that share its address.</summary>
    public static string NameOf(string owner) => owner + Suffix;

    /// <summary>The service whose address a holder has.</summary>
    public static string OwnerOf(string holder) => holder[..^Suffix.Length];

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        var command = await container.CommandAsync(new Dictionary<string, string>(StringComparer.Ordinal), ["infinity"], cancellationToken);
        _process = await ManagedProcess.StartAsync(command, options.LogFolder, records, container, cancellationToken);
        await Readiness.WaitAsync(_process, _ => Task.FromResult(_process.Program is not null), options.StartTimeout, cancellationToken);
        return $"the network of {owner}";
    }

    public Task StopAsync() => _process?.StopAsync() ?? Task.CompletedTask;
}
