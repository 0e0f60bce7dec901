using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Dapper;
using Lab.LocalHost;
using Lab.Marketplace.Client;
using Lab.Storage.MySql;
using Lab.Topology;
using Lab.Topology.Systems;
using Lab.Transport;

namespace Lab.Tests.Integration.Labs;

/// <summary>A real lab for tests: MySQL, Redis, servers as processes, in a state folder of its own.</summary>
public abstract class TestLab : IAsyncLifetime
{
    protected const string Password = "password of a test";

    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly HttpClient _http = new();
    private int _names;

    public LocalLab Lab { get; private set; } = null!;

    /// <summary>What happened to resources, oldest first.</summary>
    public IReadOnlyList<ResourceEvent> Events
    {
        get
        {
            lock (_events)
            {
                return [.. _events];
            }
        }
    }

    private readonly List<ResourceEvent> _events = [];

    /// <summary>The lab's state folder.</summary>
    public string State => _state;

    /// <summary>What the servers run in.</summary>
    protected virtual Isolation Isolation => Isolation.Process;

    public virtual async ValueTask InitializeAsync()
    {
        Lab = await LocalLab.StartAsync(
            Topology(), Options(_state), Note, CancellationToken.None);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Lab.Endpoints.AdminToken);
    }

    public virtual async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (Lab is not null)
        {
            await Lab.DisposeAsync();
        }

        Directory.Delete(_state, recursive: true);

        GC.SuppressFinalize(this);
    }

    protected virtual LocalLabOptions Options(string stateFolder) => new()
    {
        StateFolder = stateFolder,
        Isolation = Isolation,
        ExternalMySql = null,
        ExternalRedis = null,
    };

    protected virtual LabTopology Topology() => LabTopology.Of(Marketplace());

    /// <summary>The marketplace, with further servers or settings.</summary>
    protected static SystemEntry Marketplace(
        Func<ServiceSpec, ServiceSpec>? change = null, Func<IReadOnlyList<ServiceSpec>, IEnumerable<ServiceSpec>>? more = null)
    {
        var complete = LabTopology.For([MarketplaceTopology.Name]);
        var services = complete.Services.Where(service => service.System == MarketplaceTopology.Name).Select(change ?? (service => service)).ToList();
        return new SystemEntry
        {
            Name = MarketplaceTopology.Name,
            Databases = complete.Databases,
            Caches = complete.Caches,
            Services = [.. services, .. more?.Invoke(services) ?? []],
            Links = complete.Links,
        };
    }

    /// <summary>A copy of a server under another name, with other settings.</summary>
    protected static ServiceSpec Copy(ServiceSpec server, string name, params (string Key, string Value)[] settings)
    {
        var changed = new Dictionary<string, SettingValue>(server.Settings, StringComparer.Ordinal)
        {
            ["Marketplace:Listen"] = SettingValue.Endpoint(name, MarketplaceTopology.ClientEndpoint),
        };
        foreach (var (key, value) in settings)
        {
            changed[key] = SettingValue.Of(value);
        }

        return server with { Name = name, Settings = changed };
    }

    public string NewName(string kind) => $"{kind}{Interlocked.Increment(ref _names)}-{Guid.NewGuid().ToString("N")[..6]}";

    public DnsEndPoint Server(string name) => Addresses.Parse(Lab.Endpoints.Services[name].Endpoints[MarketplaceTopology.ClientEndpoint]);

    /// <summary>A new seller, logged in.</summary>
    public async Task<SellerClient> NewSellerAsync(string server = MarketplaceTopology.SellerServer, MarketplaceClientOptions? options = null) =>
        await LogInAsync(new SellerClient(Server(server), options), NewName("seller"));

    /// <summary>A new buyer, logged in.</summary>
    public async Task<BuyerClient> NewBuyerAsync(string server = MarketplaceTopology.BuyerServer, MarketplaceClientOptions? options = null) =>
        await LogInAsync(new BuyerClient(Server(server), options), NewName("buyer"));

    public async Task SetFactorsAsync(string service, params (string Name, string Value)[] factors)
    {
        using var reply = await _http.PutAsJsonAsync(
            new Uri(Lab.Endpoints.Services[service].Admin, "/admin/factors"),
            factors.ToDictionary(factor => factor.Name, factor => factor.Value, StringComparer.Ordinal));
        Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync());
    }

    /// <summary>GETs an admin call of a service.</summary>
    public async Task<HttpResponseMessage> GetAdminAsync(string service, string path, CancellationToken cancellationToken) =>
        await _http.GetAsync(new Uri(Lab.Endpoints.Services[service].Admin, path), cancellationToken);

    /// <summary>kill -9 of a process of the lab, a moment from now: the next iteration of a run is under way then.</summary>
    protected async Task KillSoonAsync(string name)
    {
        await Task.Delay(300, TestContext.Current.CancellationToken);
        using var process = Process.GetProcessById(Lab.ProcessIds()[name]);
        process.Kill();
    }

    public string DatabaseConnection => Lab.Endpoints.Databases[MarketplaceTopology.Database];

    public T Sql<T>(string query)
    {
        using var connection = MySqlDriver.Open(DatabaseConnection);
        return connection.ExecuteScalar<T>(query)!;
    }

    public void Execute(string statement)
    {
        using var connection = MySqlDriver.Open(DatabaseConnection);
        connection.Execute(statement);
    }

    private static async Task<TClient> LogInAsync<TClient>(TClient client, string name)
        where TClient : MarketplaceClient
    {
        await client.CreateAccountAsync(name, Password, CancellationToken.None);
        await client.LoginAsync(name, Password, CancellationToken.None);
        return client;
    }

    private void Note(ResourceEvent change)
    {
        lock (_events)
        {
            _events.Add(change);
        }
    }
}

/// <summary>
/// Shared by all tests that leave it as they found it. Beside the two servers: a second seller server (a replica), and
/// one of each role that loses patience within seconds.
/// </summary>
public class SharedLab : TestLab
{
    public const string Replica = "seller-replica";
    public const string ImpatientSeller = "impatient-seller-server";
    public const string ImpatientBuyer = "impatient-buyer-server";

    /// <summary>Short enough to wait for, long enough not to strike by accident.</summary>
    public static readonly TimeSpan ShortSession = TimeSpan.FromSeconds(3);

    protected override LabTopology Topology() => LabTopology.Of(Marketplace(more: servers =>
    [
        Copy(servers[0], Replica),
        Copy(servers[0], ImpatientSeller, ("Marketplace:SessionTimeout", "00:00:03"), ("Marketplace:FrameTimeout", "00:00:01"), ("Marketplace:MaxConnections", "20")),
        Copy(servers[1], ImpatientBuyer, ("Marketplace:SessionTimeout", "00:00:03"), ("Marketplace:PurchaseTimeout", "00:00:02")),
    ]));
}

/// <summary>A lab that its tests may break.</summary>
public sealed class BreakableLab : TestLab;

/// <summary>Tests that share <see cref="SharedLab"/> run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class SharedLabTests : ICollectionFixture<SharedLab>
{
    public const string Name = "shared lab";
}

/// <summary>Tests that break servers run one after the other, on a lab of their own.</summary>
[CollectionDefinition(Name)]
public sealed class BreakableLabTests : ICollectionFixture<BreakableLab>
{
    public const string Name = "breakable lab";
}
