using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Lab.Harness.Running;
using Lab.MedalTally;
using Lab.MedalTally.Api;
using Lab.MedalTally.Client;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Stores;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Samples;
using Lab.Topology;
using Lab.Topology.Systems;
using Lab.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>A real single server, database server and dispatcher with front-ends, and a MySQL server for boards there.</summary>
public sealed class MedalTallyLab : TestLab
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected override LabTopology Topology() => LabTopology.For([MedalTallyTopology.Name]);

    /// <summary>Without a secret; keeps no connection, which would count as a client.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(60) };

    public TallySecrets Secrets => new(null, Lab.Endpoints.AdminToken);

    public Uri Single => Api(MedalTallyTopology.Single, MedalTallyTopology.ClientEndpoint);

    public Uri Dispatcher => Api(MedalTallyTopology.Dispatcher, MedalTallyTopology.ClientEndpoint);

    public Uri FrontEnd(int number) => Api(MedalTallyTopology.Dispatcher, MedalTallyTopology.FrontEnd(number));

    public Uri Admin(string service) => Lab.Endpoints.Services[service].Admin;

    public DnsEndPoint Address(string service, string endpoint) => Addresses.Parse(Lab.Endpoints.Services[service].Endpoints[endpoint]);

    public override async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await base.DisposeAsync();
    }

    public LabControl NewControl() => new(Topology(), Lab.Endpoints, SampleSystems.Deployments);

    /// <summary>Of the single server, or of a front-end that the dispatcher names.</summary>
    public MedalTallyClient NewClient(bool isTwoTier = false) => new(new MedalTallyClientOptions
    {
        Server = isTwoTier ? Dispatcher : Single,
        IsDispatcher = isTwoTier,
        AnnouncerSecret = Secrets.Announcer,
    });

    /// <summary>A way to the database server as front-ends have it.</summary>
    internal RemoteStore NewRemoteStore() => new(
        () => Address(MedalTallyTopology.DatabaseServer, MedalTallyTopology.TablesEndpoint), Secrets.Tiers, NullLogger.Instance);

    /// <summary>A request as the announcer.</summary>
    public async Task<HttpResponseMessage> AnnounceAsync(HttpMethod method, Uri server, string path, string client = "")
    {
        using var request = new HttpRequestMessage(method, new Uri(server, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Secrets.Announcer);
        if (client.Length > 0)
        {
            request.Headers.Add("Client", client);
        }

        return await Http.SendAsync(request, Token);
    }

    /// <summary>The board, as soon as it can be had.</summary>
    public async Task<Board> BoardAsync(Uri server)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return (await Http.GetFromJsonAsync<Board>(new Uri(server, "/board"), Web, Token))!;
            }
            catch (HttpRequestException exception)
            {
                Assert.True(attempt < 600, $"no board: {exception.Message}");
                await Task.Delay(50, Token);
            }
        }
    }

    public async Task<IReadOnlyList<FrontEndState>> FrontEndsAsync()
    {
        using var reply = await GetAdminAsync(MedalTallyTopology.Dispatcher, "/admin/front-ends", Token);
        return (await reply.Content.ReadFromJsonAsync<List<FrontEndState>>(Web, Token))!;
    }

    /// <summary>Waits until the front-ends are as somebody wants them.</summary>
    public async Task<IReadOnlyList<FrontEndState>> FrontEndsAsync(Func<IReadOnlyList<FrontEndState>, bool> isSo)
    {
        for (var attempt = 0; ; attempt++)
        {
            var states = await FrontEndsAsync();
            if (isSo(states))
            {
                return states;
            }

            Assert.True(attempt < 600, $"the front-ends do not come to that: {string.Join("; ", states)}");
            await Task.Delay(50, Token);
        }
    }

    public Task SetFrontEndsAsync(int count) => SetFactorsAsync(MedalTallyTopology.Dispatcher, ("front_ends", $"{count}"));

    /// <summary>Events of a subscription, until the server ends it.</summary>
    public async IAsyncEnumerable<SseItem<Update>> SubscribeAsync(Uri server, long? after = null, string path = "/updates")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, path));
        if (after is { } id)
        {
            request.Headers.Add("Last-Event-ID", $"{id}");
        }

        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        await foreach (var item in SseParser.Create(stream, static (_, data) => JsonSerializer.Deserialize<Update>(data, Web)!).EnumerateAsync(Token))
        {
            if (item.EventType != "heartbeat")
            {
                yield return item;
            }
        }
    }

    private Uri Api(string service, string endpoint) => new($"http://{Lab.Endpoints.Services[service].Endpoints[endpoint]}");
}

/// <summary>
/// Tests of the medal tally run one after the other: they kill what the next one needs, and wait until it is back. And alone: they keep
/// all processors busy, which others that watch for silence would take for it.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MedalTallyTests : ICollectionFixture<MedalTallyLab>
{
    public const string Name = "medal tally";
}
