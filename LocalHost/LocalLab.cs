using System.Diagnostics;
using System.Security.Cryptography;
using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Topology;

namespace Lab.LocalHost;

/// <summary>
/// The topology as processes of this machine: private MySQL and Redis, the fault proxy, every service. Everything that
/// does not wait for something else starts at once.
/// </summary>
public sealed class LocalLab : IRunningLab
{
    private readonly LocalLabOptions _options;
    private readonly Action<ResourceEvent> _report;
    private readonly RunningRecords _records;
    private readonly List<IResource> _resources = [];
    private FileStream? _lock;
    private bool _isDisposed;

    private LocalLab(LocalLabOptions options, Action<ResourceEvent> report)
    {
        _options = options;
        _report = report;
        _records = new RunningRecords(Path.Combine(options.StateFolder, "running"));
    }

    public LabEndpoints Endpoints { get; private set; } = null!;

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
            lab._lock = StateFolder.Lock(options);
            foreach (var leftover in await lab._records.EndLeftoversAsync(cancellationToken))
            {
                report(new ResourceEvent(leftover, ResourceState.Stopped, "left behind by an earlier run"));
            }

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

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> ProcessIds() => Identities().ToDictionary(
        identity => identity.Name, identity => identity.Pid, StringComparer.Ordinal);

    /// <summary>kill -9: the process is gone at once; the lab restarts it if its topology entry says so.</summary>
    /// <exception cref="KeyNotFoundException">No such process.</exception>
    public void Kill(string resource) => Signals.KillNow(Identity(resource));

    /// <summary>Stops a process from running without ending it (SIGSTOP), or lets it go on (SIGCONT).</summary>
    /// <exception cref="KeyNotFoundException">No such process.</exception>
    public void Suspend(string resource) => Signals.Suspend(Identity(resource));

    /// <inheritdoc cref="Suspend"/>
    public void Resume(string resource) => Signals.Resume(Identity(resource));

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
        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private void Plan(LabTopology topology)
    {
        var ports = new FreePorts();
        var databases = topology.Databases.Where(_ => _options.ExternalMySql is null).ToDictionary(
            spec => spec.Name,
            spec => new MySqlServer(spec.Name, ports.Take(), NewSecret(), DataFolder(spec.Name), _options, _records, _report),
            StringComparer.Ordinal);
        var caches = topology.Caches.Where(_ => _options.ExternalRedis is null).ToDictionary(
            spec => spec.Name,
            spec => new RedisServer(spec.Name, ports.Take(), NewSecret(), DataFolder(spec.Name), _options, _records, _report),
            StringComparer.Ordinal);
        var book = new AddressBook(
            topology,
            ports,
            (name, address) => databases.TryGetValue(name, out var database)
                ? database.ConnectionString(address ?? database.Address)
                : ExternalDatabase.ConnectionString(_options.ExternalMySql!, address),
            name => caches.TryGetValue(name, out var cache) ? cache.ConnectionString : _options.ExternalRedis!);

        var token = NewSecret();
        _resources.AddRange(databases.Values);
        _resources.AddRange(caches.Values);
        _resources.Add(Service(topology.FaultProxy, book, token, FaultProxySettings.Of(topology.Links, book, DatabaseAddress)));
        _resources.AddRange(topology.Services.Select(service => Service(service, book, token, [])));
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

    private ServiceProcess Service(
        ServiceSpec spec, AddressBook book, string token, IEnumerable<KeyValuePair<string, string>> moreSettings) => new(
        spec, book.AdminUrl(spec), ServiceSettings.Of(spec, book, token, _options, moreSettings), _options, _records, _report);

    private string DataFolder(string resource) => StateFolder.Data(_options, resource);

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

    private ProcessIdentity Identity(string resource) => Identities().FirstOrDefault(identity => identity.Name == resource)
        ?? throw new KeyNotFoundException($"no process of '{resource}' is running");

    private IEnumerable<ProcessIdentity> Identities() => _resources.Select(resource => resource switch
    {
        DataServer server => server.Process,
        ServiceProcess service => service.Process,
        _ => null,
    }).OfType<ProcessIdentity>();
}
