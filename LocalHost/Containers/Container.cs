using System.Globalization;
using Lab.LocalHost.Processes;
using Lab.Processes;

namespace Lab.LocalHost.Containers;

/// <summary>What a resource's container is made of.</summary>
internal sealed record ContainerSpec
{
    /// <summary>The resource.</summary>
    public required string Resource { get; init; }

    public required string Image { get; init; }

    /// <summary>The container's address on the lab's network; null with <see cref="NetworkOf"/>.</summary>
    public string? Address { get; init; }

    /// <summary>The resource whose network this one uses instead of having its own.</summary>
    public string? NetworkOf { get; init; }

    /// <summary>Another user than the image's.</summary>
    public string? User { get; init; }

    /// <summary>Further options of <c>docker run</c>; no secrets.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];
}

/// <summary>
/// A resource's container, which lives as long as the engine's client program that runs it: that one is the lab's child
/// process, hands its signals on, writes the log, and ends with the container's exit code. After a crash another container
/// gets the same name and address.
/// </summary>
internal sealed class Container(ContainerLab lab, ContainerSpec spec)
{
    private const int CpuPeriodUs = 100_000;
    private const string Unlimited = "-1";
    private const int MaxLooks = 20;
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(10);

    /// <summary>What a container of the lab may not: write anywhere but to /tmp, use or gain privileges.</summary>
    public static IReadOnlyList<string> Confinement { get; } =
    [
        "--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,noexec,size=256m", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    ];

    private bool _hasRun;
    private bool _isPaused;
    private ResourceLimits? _limits;

    private string Name => lab.NameOf(spec.Resource);

    /// <summary>The program that runs the container. What an earlier one left of itself goes first.</summary>
    /// <param name="environment">For the program inside; may hold secrets.</param>
    /// <param name="arguments">For the program inside; no secrets.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ContainerException">The engine fails.</exception>
    public async Task<ProcessSpec> CommandAsync(
        IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_hasRun)
        {
            await RemoveAsync(cancellationToken);
        }

        (_hasRun, _isPaused) = (true, false);
        var environmentFile = lab.WriteEnvironment(spec.Resource, environment);
        return new ProcessSpec(
            spec.Resource,
            lab.Engine.Program,
            ["run", .. Identification(), .. Network(), .. Hardening(), .. LimitOptions(_limits), "--env-file", environmentFile, .. spec.Options, spec.Image, .. arguments],
            new Dictionary<string, string>(StringComparer.Ordinal),
            lab.Folder);
    }

    /// <summary>Waits until it runs. The engine knows the container's init; what that has started is what counts.</summary>
    /// <param name="ended">The client program has ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The process inside, as this machine sees it; null when the client has ended, or where it cannot be seen.</returns>
    public async Task<ProcessIdentity?> RunningAsync(Task ended, CancellationToken cancellationToken)
    {
        if (await lab.Watch.RunningAsync(Name, ended, cancellationToken) is not { } init)
        {
            return null;
        }

        // It starts what it is there for a moment later.
        for (var attempt = 0; attempt < MaxLooks; attempt++)
        {
            if (ProcessIdentity.ChildOf(init) is { } pid)
            {
                return ProcessIdentity.Of(spec.Resource, pid);
            }

            await Task.Delay(LookPause, cancellationToken);
        }

        return ProcessIdentity.Of(spec.Resource, init);
    }

    /// <summary>kill -9 to all that is inside.</summary>
    public Task KillAsync(CancellationToken cancellationToken) => lab.Engine.RunAsync(cancellationToken, "kill", Name);

    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        await lab.Engine.RunAsync(cancellationToken, "pause", Name);
        _isPaused = true;
    }

    /// <summary>Does nothing to one that is not paused.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (_isPaused)
        {
            _isPaused = false;
            await lab.Engine.RunAsync(cancellationToken, "unpause", Name);
        }
    }

    /// <summary>Pulls its plug: it runs on, and nothing reaches it.</summary>
    public Task DisconnectAsync(CancellationToken cancellationToken) =>
        lab.Engine.RunAsync(cancellationToken, "network", "disconnect", lab.Network, NetworkOwner);

    /// <summary>Back on the network, at its address.</summary>
    public Task ReconnectAsync(CancellationToken cancellationToken) =>
        lab.Engine.RunAsync(cancellationToken, "network", "connect", "--ip", lab.AddressOf(spec), lab.Network, NetworkOwner);

    /// <summary>Takes effect at once, and holds for the containers that come after a crash.</summary>
    /// <param name="limits">Null: as much as the machine has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LimitAsync(ResourceLimits? limits, CancellationToken cancellationToken)
    {
        if (limits == _limits)
        {
            return;
        }

        _limits = limits;
        // A limit of memory is not taken away by this command, only raised.
        var machine = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes.ToString(CultureInfo.InvariantCulture);
        await lab.Engine.RunAsync(
            cancellationToken,
            ["update", .. limits is null ? ["--cpu-quota", Unlimited, "--memory", machine, "--memory-swap", machine] : LimitOptions(limits), Name]);
    }

    /// <summary>Also one that does not run, or is not there.</summary>
    public Task RemoveAsync(CancellationToken cancellationToken) => lab.Engine.TryAsync(cancellationToken, "rm", "--force", "--volumes", Name);

    private string NetworkOwner => lab.NameOf(spec.NetworkOf ?? spec.Resource);

    /// <summary>
    /// <c>--init</c>: the first process of a container is deaf to its own SIGKILL, so a service could not crash itself.
    /// No log of the engine's: the client writes it. No health check of the engine's: the lab asks itself, and a program
    /// started inside every ten seconds would be part of what is measured.
    /// </summary>
    private IEnumerable<string> Identification() =>
    [
        "--rm", "--init", "--pull", "never", "--log-driver", "none", "--no-healthcheck", "--name", Name, .. lab.Labels,
    ];

    private IEnumerable<string> Network() => spec.NetworkOf is { } owner
        ? ["--network", $"container:{lab.NameOf(owner)}"]
        : ["--network", lab.Network, "--ip", spec.Address ?? throw new InvalidOperationException($"{spec.Resource} has no address")];

    /// <summary>Nothing but what a server needs. As many open files as the lab's own processes may have.</summary>
    private IEnumerable<string> Hardening() =>
    [
        .. Confinement, "--ulimit", string.Create(CultureInfo.InvariantCulture, $"nofile={lab.OpenFiles}:{lab.OpenFiles}"),
        .. spec.User is { } user ? ["--user", user] : (string[])[],
    ];

    /// <summary>Memory and swap together have the same bound: there is no swap beyond the memory.</summary>
    private static IEnumerable<string> LimitOptions(ResourceLimits? limits) => limits is null
        ? []
        :
        [
            "--cpu-period", CpuPeriodUs.ToString(CultureInfo.InvariantCulture),
            "--cpu-quota", decimal.ToInt64(limits.Cpus * CpuPeriodUs).ToString(CultureInfo.InvariantCulture),
            "--memory", string.Create(CultureInfo.InvariantCulture, $"{limits.MemoryMb}m"),
            "--memory-swap", string.Create(CultureInfo.InvariantCulture, $"{limits.MemoryMb}m"),
        ];
}
