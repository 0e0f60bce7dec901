using System.Diagnostics;
using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Topology;

namespace Lab.LocalHost;

/// <summary>
/// The topology on this machine, as processes or containers: private MySQL and Redis, the fault proxy, every service.
/// Everything that does not wait for something else starts at once.
/// </summary>
public sealed class LocalLab : IRunningLab
{
    private readonly LocalLabOptions _options;
    private readonly Action<ResourceEvent> _report;
    private readonly RunningRecords _records;
    private readonly List<IResource> _resources = [];
    private DashboardServer? _dashboard;
    private IResourceMaker _maker = null!;
    private ContainerLab? _containers;
    private LabLock? _lock;
    private bool _isDisposed;

    private LocalLab(LocalLabOptions options, Action<ResourceEvent> report)
    {
        _options = options;
        _report = report;
        _records = new RunningRecords(options);
    }

    public LabEndpoints Endpoints { get; private set; } = null!;

    /// <inheritdoc/>
    public DashboardEndpoints? Dashboard => _dashboard is { IsRunning: true } dashboard ? dashboard.Endpoints : null;

    /// <inheritdoc/>
    public string Isolation => _maker.Description;

    /// <summary>Ends what an earlier lab left behind, starts everything and returns when all is healthy.</summary>
    /// <param name="topology">What to start.</param>
    /// <param name="options">Where.</param>
    /// <param name="report">Called for every change of a resource, from any thread.</param>
    /// <param name="cancellationToken">Stops what has been started.</param>
    /// <exception cref="LabStartException">Something cannot be started; nothing is left running.</exception>
    public static async Task<LocalLab> StartAsync(
        LabTopology topology, LocalLabOptions options, Action<ResourceEvent> report, CancellationToken cancellationToken)
    {
        var lab = new LocalLab(options, report);
        try
        {
            lab._lock = LabLock.Take(options);
            foreach (var leftover in await Leftovers.EndAsync(options, cancellationToken))
            {
                report(new ResourceEvent(leftover, ResourceState.Stopped, "left behind by an earlier run"));
            }

            if (options.Isolation == LocalHost.Isolation.Container)
            {
                ExternalDatabase.RefuseLoopback(options);
                lab._containers = await ContainerLab.StartAsync(ContainerResources.ImagesOf(topology, options), options, report, cancellationToken);
            }

            lab._maker = lab._containers is { } containers
                ? new ContainerResources(containers, topology, options, lab._records, report)
                : new ProcessResources(options, lab._records, report);
            lab.Plan(topology);
            await lab.StartAllAsync(cancellationToken);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Process ids of the resources, as they are now; those inside containers as this machine sees them.</summary>
    public IReadOnlyDictionary<string, int> ProcessIds() => _resources
        .Where(resource => resource is not NetworkHolder && resource.Process?.Program is not null)
        .ToDictionary(resource => resource.Name, resource => resource.Process!.Program!.Pid, StringComparer.Ordinal);

    /// <summary>kill -9: it is gone at once; the lab restarts it if its topology entry says so.</summary>
    /// <exception cref="KeyNotFoundException">No such process or container.</exception>
    /// <exception cref="ContainerException">The container engine fails.</exception>
    public Task KillAsync(string resource, CancellationToken cancellationToken) => Running(resource).KillAsync(cancellationToken);

    /// <summary>Stops it from running without ending it (SIGSTOP, or the engine's pause), or lets it go on.</summary>
    /// <inheritdoc cref="KillAsync"/>
    public Task SuspendAsync(string resource, CancellationToken cancellationToken) => Running(resource).SuspendAsync(cancellationToken);

    /// <inheritdoc cref="SuspendAsync"/>
    public Task ResumeAsync(string resource, CancellationToken cancellationToken) => Running(resource).ResumeAsync(cancellationToken);

    /// <summary>Takes a container off the network, while it runs on, or puts it back at its address.</summary>
    /// <exception cref="NotSupportedException">The lab runs as processes, which share the machine's network.</exception>
    /// <inheritdoc cref="KillAsync"/>
    public Task DisconnectAsync(string resource, CancellationToken cancellationToken) => ContainerOf(resource).DisconnectAsync(cancellationToken);

    /// <inheritdoc cref="DisconnectAsync"/>
    public Task ReconnectAsync(string resource, CancellationToken cancellationToken) => ContainerOf(resource).ReconnectAsync(cancellationToken);

    /// <summary>Limits what a container may use, from now on and after crashes, too; null lifts the limits.</summary>
    /// <exception cref="NotSupportedException">The lab runs as processes, which have no limits of their own.</exception>
    /// <inheritdoc cref="KillAsync"/>
    public Task LimitAsync(string resource, ResourceLimits? limits, CancellationToken cancellationToken) =>
        ContainerOf(resource).LimitAsync(limits, cancellationToken);

    /// <summary>Stops a database or cache, and keeps its data.</summary>
    public Task StopAsync(string resource) => Resource(resource).StopAsync();

    /// <summary>Starts a stopped database or cache again, at its old address.</summary>
    public Task RestartAsync(string resource, CancellationToken cancellationToken) => Resource(resource).StartAsync(cancellationToken);

    /// <summary>Stops all: first the services, then what they use.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await Task.WhenAll(_resources.Where(resource => resource is ServiceProcess).Select(resource => resource.DisposeAsync().AsTask()));
        await Task.WhenAll(_resources.Where(resource => resource is not ServiceProcess).Select(resource => resource.DisposeAsync().AsTask()));
        await RemoveContainersAsync();
        if (_lock is not null)
        {
            // What resources have started themselves, and have not taken with them.
            await _records.EndLeftoversAsync(CancellationToken.None);
            _lock.Dispose();
        }
    }

    /// <summary>What cannot be removed now the next start removes, or <c>./lab down</c>.</summary>
    private async Task RemoveContainersAsync()
    {
        try
        {
            if (_containers is not null)
            {
                await _containers.DisposeAsync();
            }
        }
        catch (ContainerException exception)
        {
            _report(new ResourceEvent("containers", ResourceState.Crashed, exception.Message));
        }
    }

    private void Plan(LabTopology topology)
    {
        var databases = topology.Databases.Where(_ => _options.ExternalMySql is null)
            .ToDictionary(spec => spec.Name, spec => _maker.MySql(spec.Name, StateFolder.Data(_options, spec.Name)), StringComparer.Ordinal);
        var caches = topology.Caches.Where(_ => _options.ExternalRedis is null)
            .ToDictionary(spec => spec.Name, spec => _maker.Redis(spec.Name, StateFolder.Data(_options, spec.Name)), StringComparer.Ordinal);
        var book = new AddressBook(
            topology,
            _maker.NextAddress,
            (name, address) => databases.TryGetValue(name, out var database)
                ? database.ConnectionString(address ?? database.Address)
                : ExternalDatabase.ConnectionString(_options.ExternalMySql!, address),
            name => caches.TryGetValue(name, out var cache) ? cache.ConnectionString(cache.Address) : _options.ExternalRedis!);

        var token = Secrets.New();
        if (_options.WithDashboard)
        {
            _dashboard = new DashboardServer(_maker.NextMachineAddress, _options, _records, _report);
            _resources.Add(_dashboard);
        }

        _resources.AddRange(databases.Values);
        _resources.AddRange(caches.Values);
        _resources.AddRange(Service(topology.FaultProxy, book, token, FaultProxySettings.Of(topology.Links, book, DatabaseAddress)));
        _resources.AddRange(topology.Services.SelectMany(service => Service(service, book, token, [])));
        Endpoints = new LabEndpoints
        {
            AdminToken = token,
            Services = topology.Services.Append(topology.FaultProxy).ToDictionary(service => service.Name, book.EndpointsOf, StringComparer.Ordinal),
            Links = book.Links,
            FaultProxyApi = new Uri(book.AdminUrl(topology.FaultProxy)),
            Databases = topology.Databases.ToDictionary(spec => spec.Name, spec => book.Resolve(SettingValue.Database(spec.Name)), StringComparer.Ordinal),
        };

        string DatabaseAddress(string name) => databases.TryGetValue(name, out var database)
            ? database.Address
            : ExternalDatabase.Address(_options.ExternalMySql!);
    }

    private IEnumerable<IResource> Service(
        ServiceSpec spec, AddressBook book, string token, IEnumerable<KeyValuePair<string, string>> moreSettings) => _maker.Service(
        spec, book.AdminUrl(spec), ServiceSettings.Of(spec, book, token, _options, moreSettings.Concat(_dashboard?.Settings ?? [])));


    private async Task StartAllAsync(CancellationToken cancellationToken)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var starts = new Dictionary<string, Task>(StringComparer.Ordinal);
        foreach (var resource in _resources)
        {
            var needed = resource.WaitFor.Where(starts.ContainsKey).Select(name => starts[name]).ToList();
            starts[resource.Name] = StartOneAsync(resource, needed, failed);
        }

        // Whatever is still being started must be there before it can be stopped.
        var all = Task.WhenAll(starts.Values);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Those that were cancelled only because another one failed do not say why.
        await (starts.Values.FirstOrDefault(start => start.IsFaulted) ?? all);
    }

    private async Task StartOneAsync(IResource resource, List<Task> needed, CancellationTokenSource failed)
    {
        try
        {
            await Task.WhenAll(needed);
            _report(new ResourceEvent(resource.Name, ResourceState.Starting, ""));
            var begun = Stopwatch.GetTimestamp();
            var address = await resource.StartAsync(failed.Token);
            _report(new ResourceEvent(
                resource.Name, ResourceState.Healthy, $"{address}, after {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s"));
        }
        catch
        {
            await failed.CancelAsync();
            throw;
        }
    }

    private IResource Resource(string name) => _resources.Find(resource => resource.Name == name)
        ?? throw new KeyNotFoundException($"the lab has no resource '{name}'");

    private ManagedProcess Running(string name) => Resource(name).Process ?? throw new KeyNotFoundException($"nothing of '{name}' is running");

    private Container ContainerOf(string name) => Resource(name).Container
        ?? throw new NotSupportedException($"'{name}' runs as a process: only containers have a network and limits of their own (--isolation container)");
}
