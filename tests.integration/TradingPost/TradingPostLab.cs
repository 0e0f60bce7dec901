using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Lab.Tests.Integration.Labs;
using Lab.Topology;
using Lab.Topology.Systems;
using Lab.TradingPost.Checking;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;
using Lab.Transport;

namespace Lab.Tests.Integration.TradingPost;

/// <summary>A real supervisor with real peers, and a database for accounts there. Each test opens a market of its own.</summary>
public sealed class TradingPostLab : TestLab
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private int _clients = MarketSettings.FirstClient;

    protected override LabTopology Topology() => LabTopology.For([TradingPostTopology.Name]);

    public static MarketSettings ManyGoods { get; } = new() { Peers = 4, Stock = 100_000 };

    public async Task<MarketState> OpenAsync(MarketSettings settings)
    {
        using var reply = await PutAsync(JsonSerializer.Serialize(settings, Web));
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<MarketState>(text, Web)!;
    }

    public async Task<HttpResponseMessage> PutAsync(string settings)
    {
        using var http = Http();
        using var content = new StringContent(settings);
        return await http.PutAsync(new Uri("/admin/market", UriKind.Relative), content);
    }

    public async Task<MarketState> StateAsync()
    {
        using var http = Http();
        return (await http.GetFromJsonAsync<MarketState>("/admin/market", Web))!;
    }

    public async Task<HttpResponseMessage> PostAsync(string peer, string action)
    {
        using var http = Http();
        return await http.PostAsync(new Uri($"/admin/peers/{peer}/{action}", UriKind.Relative), content: null);
    }

    public async Task<HttpStatusCode> GetAsync(string path)
    {
        using var http = Http();
        using var reply = await http.GetAsync(new Uri(path, UriKind.Relative));
        return reply.StatusCode;
    }

    /// <summary>Ends the market for good.</summary>
    public async Task CloseAsync()
    {
        using var http = Http();
        using var reply = await http.DeleteAsync(new Uri("/admin/market", UriKind.Relative));
        Assert.True(reply.IsSuccessStatusCode);
    }

    public async Task<(HttpStatusCode Status, string Text)> ReadAsync(string path)
    {
        using var http = Http();
        using var reply = await http.GetAsync(new Uri(path, UriKind.Relative));
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync());
    }

    public async Task<HttpStatusCode> PostJsonAsync(string path, string json)
    {
        using var http = Http();
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var reply = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        return reply.StatusCode;
    }

    public async Task<MarketState> ActAsync(string peer, string action)
    {
        using var reply = await PostAsync(peer, action);
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<MarketState>(text, Web)!;
    }

    /// <summary>Waits until somebody trades, in a term after this one.</summary>
    public async Task<MarketState> TradesAfterAsync(long term, int? who = null, int? whoNot = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            var state = await StateAsync();
            if (state.Trader is { } trader && state.Term > term && trader == (who ?? trader) && trader != whoNot)
            {
                return state;
            }

            Assert.True(attempt < 1000, $"nobody trades after term {term}: {JsonSerializer.Serialize(state, Web)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Waits for an event after some other.</summary>
    public async Task<MarketEvent> EventAsync(long after, Func<MarketEvent, bool> wanted)
    {
        using var http = Http();
        var seen = new List<MarketEvent>();
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var more = (await http.GetFromJsonAsync<List<MarketEvent>>($"/admin/events?after={seen.LastOrDefault()?.Number ?? after}&wait_ms=500", Web))!;
            seen.AddRange(more);
            if (more.Find(happened => wanted(happened)) is { } found)
            {
                return found;
            }
        }

        Assert.Fail($"it did not happen; instead: {string.Join("\n", seen)}");
        throw new InvalidOperationException();
    }

    /// <summary>A client of its own name.</summary>
    public TradingPostClient NewClient(MarketState market) =>
        new(Interlocked.Increment(ref _clients), [.. market.Peers.Select(peer => Addresses.Parse(peer.Address))]);

    /// <summary>Everything that was written and told must fit together.</summary>
    public async Task<MarketVerdict> VerdictAsync(params IEnumerable<TradingPostClient> clients)
    {
        using var http = Http();
        var checker = new MarketChecker();
        // First what was told, then what is written: sellers go on meanwhile.
        var told = await LinesAsync(http, "/admin/ledgers");
        foreach (var line in await LinesAsync(http, "/admin/journal"))
        {
            checker.Add(JsonSerializer.Deserialize(line, TradingPostJson.Default.JournalEntry)!);
        }

        foreach (var line in told)
        {
            checker.Add(JsonSerializer.Deserialize(line, TradingPostJson.Default.OwnLine)!);
        }

        foreach (var client in clients)
        {
            foreach (var line in client.Ledger)
            {
                checker.Add(new OwnLine(client.Participant, line));
            }
        }

        return checker.Finish();
    }

    /// <summary>Buys until told to stop, whatever happens to traders.</summary>
    /// <returns>How much was bought.</returns>
    public static async Task<int> BuyAsync(TradingPostClient client, CancellationToken stop)
    {
        await client.JoinAsync(CancellationToken.None);
        var bought = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await client.BuyAsync((Good)(client.Participant % 3), 1, CancellationToken.None);
                bought++;
            }
            catch (RefusedException refused) when (refused.Reason == RefusalReason.NoSeller)
            {
                // Two of three goods have no seller now and then.
                await client.BuyAsync(await AnyGoodAsync(client), 1, CancellationToken.None);
                bought++;
            }
        }

        return bought;
    }

    /// <summary>Something that somebody sells; sellers may still be on their way.</summary>
    public static async Task<Good> AnyGoodAsync(TradingPostClient client)
    {
        for (var attempt = 0; ; attempt++)
        {
            var status = await client.StatusAsync(CancellationToken.None);
            foreach (var (good, pieces) in status.Accounts!.SelectMany(account => account.Stock))
            {
                if (pieces > 0)
                {
                    return good;
                }
            }

            Assert.True(attempt < 1000, "nobody sells anything");
            await Task.Delay(10);
        }
    }

    private static async Task<IEnumerable<string>> LinesAsync(HttpClient http, string path) =>
        (await http.GetStringAsync(new Uri(path, UriKind.Relative))).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private HttpClient Http() => new()
    {
        BaseAddress = Lab.Endpoints.Services[TradingPostTopology.Supervisor].Admin,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Lab.Endpoints.AdminToken) },
    };
}

/// <summary>Tests that open markets run one after the other: a supervisor has one at a time.</summary>
[CollectionDefinition(Name)]
public sealed class TradingPostTests : ICollectionFixture<TradingPostLab>
{
    public const string Name = "trading post";
}
