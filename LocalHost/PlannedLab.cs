using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Topology;
using Lab.Transport;

namespace Lab.LocalHost;

/// <summary>
/// A lab on this machine before anything runs: addresses, settings, databases. For a runner that starts everything
/// itself, as the Aspire app host does.
/// </summary>
public sealed class PlannedLab
{
    private readonly LocalLabOptions _options;
    private readonly AddressBook _book;
    private readonly Dictionary<string, PlannedServer> _servers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _connections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _addresses = new(StringComparer.Ordinal);

    /// <param name="topology">What the lab consists of.</param>
    /// <param name="options">Where its data is, and which databases are not its own.</param>
    /// <param name="secrets">Token and passwords.</param>
    /// <param name="inContainers">Its databases run in containers of the official images, their ports on this machine.</param>
    internal PlannedLab(LabTopology topology, LocalLabOptions options, LabSecrets secrets, bool inContainers)
    {
        _options = options;
        var records = new RunningRecords(options);
        foreach (var name in topology.Databases.Select(database => database.Name))
        {
            var server = new MySqlServer(Place(name), secrets.MySqlPassword, options, records, _ => { });
            Plan(server, MySqlServer.FindProgram, options.ExternalMySql, inContainers, inContainers
                ? ExternalDatabase.ConnectionString($"Server=127.0.0.1;User ID=root;Password={secrets.MySqlPassword};SslMode=None", server.Address)
                : server.ConnectionString(server.Address));
        }

        foreach (var name in topology.Caches.Select(cache => cache.Name))
        {
            var server = new RedisServer(Place(name), secrets.RedisPassword, options, records, _ => { });
            Plan(server, RedisServer.FindProgram, options.ExternalRedis, inContainers, server.ConnectionString(server.Address));
        }

        _book = new AddressBook(
            topology,
            _ => FreePorts.NextAddress(),
            (name, address) => address is null ? _connections[name] : ExternalDatabase.ConnectionString(_connections[name], address),
            name => _connections[name]);
        Endpoints = new LabEndpoints
        {
            AdminToken = secrets.AdminToken,
            Services = topology.Services.Append(topology.FaultProxy).ToDictionary(service => service.Name, _book.EndpointsOf, StringComparer.Ordinal),
            Links = _book.Links,
            FaultProxyApi = new Uri(_book.AdminUrl(topology.FaultProxy)),
            Databases = topology.Databases.ToDictionary(spec => spec.Name, spec => _connections[spec.Name], StringComparer.Ordinal),
        };

        ServerPlace Place(string name) => new(name, FreePorts.NextAddress(), StateFolder.Data(options, name));
    }

    public LabEndpoints Endpoints { get; }

    /// <summary>Data, logs and records.</summary>
    public string Folder => _options.StateFolder;

    /// <summary>The port of this machine that a database or cache of the lab's own has.</summary>
    public int Port(string name) => Addresses.Split(_addresses[name]).Port;

    /// <summary>Connection string of a database or cache, whoever runs it.</summary>
    public string Connection(string name) => _connections[name];

    /// <summary>A database or cache that is to be run as a program of this machine; null: it is not.</summary>
    public PlannedServer? Server(string name) => _servers.GetValueOrDefault(name);

    /// <summary>Names of the databases and caches that are to be run as programs of this machine.</summary>
    public IEnumerable<string> LocalServers => _servers.Keys;

    /// <summary>What runs a service: a program and its environment. The fault proxy is told its links by its runner.</summary>
    /// <exception cref="LabStartException">The program has not been built.</exception>
    public PlannedProcess Process(ServiceSpec spec) =>
        Program(spec.Project, spec.Arguments) with { Environment = ServiceSettings.Of(spec, _book, Endpoints.AdminToken, _options, []) };

    /// <summary>What runs a program of the lab.</summary>
    /// <exception cref="LabStartException">The program has not been built.</exception>
    public static PlannedProcess Program(string project, IReadOnlyList<string> arguments)
    {
        var program = ServicePrograms.Find(project);
        return new PlannedProcess(
            "dotnet", [program, .. arguments], Path.GetDirectoryName(program)!, new Dictionary<string, string>(StringComparer.Ordinal));
    }

    /// <summary>ADDRESS:PORT to which a link leads.</summary>
    public string Upstream(LinkSpec link) => link.To is SettingValue.DatabaseConnection database
        ? ExternalDatabase.Address(_connections[database.Name])
        : _book.Resolve(link.To);

    private void Plan(DataServer server, Func<string> findProgram, string? external, bool inContainers, string connection)
    {
        _addresses[server.Name] = server.Address;
        _connections[server.Name] = external ?? connection;
        if (external is null && !inContainers)
        {
            _servers[server.Name] = new PlannedServer(server, findProgram);
        }
    }
}

/// <summary>What the parts of a lab know each other by.</summary>
internal sealed record LabSecrets(string AdminToken, string MySqlPassword, string RedisPassword);

/// <summary>A process to be started.</summary>
/// <param name="Command">What to run.</param>
/// <param name="Arguments">Its arguments, without secrets.</param>
/// <param name="WorkingFolder">Where.</param>
/// <param name="Environment">Added to the runner's own.</param>
public sealed record PlannedProcess(
    string Command, IReadOnlyList<string> Arguments, string WorkingFolder, IReadOnlyDictionary<string, string> Environment);

/// <summary>A private database or cache to be started.</summary>
public sealed class PlannedServer
{
    private readonly DataServer _server;
    private readonly Func<string> _findProgram;

    internal PlannedServer(DataServer server, Func<string> findProgram) => (_server, _findProgram) = (server, findProgram);

    /// <summary>ADDRESS:PORT.</summary>
    public string Address => _server.Address;

    public string DataFolder => _server.DataFolder;

    /// <summary>Path of the server's program.</summary>
    /// <exception cref="LabStartException">It is not installed.</exception>
    public string Program => _findProgram();

    /// <summary>Makes its data folder and configuration ready: before every start.</summary>
    /// <returns>The program's arguments.</returns>
    /// <exception cref="LabStartException">That failed.</exception>
    public async Task<IReadOnlyList<string>> PrepareAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(DataFolder);
        return (await _server.PrepareAsync(cancellationToken)).Arguments;
    }

    /// <summary>Whether it takes logins.</summary>
    public Task<bool> AnswersAsync(CancellationToken cancellationToken) => _server.AnswersAsync(cancellationToken);
}
