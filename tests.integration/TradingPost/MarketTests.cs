using System.Net;
using System.Net.Sockets;
using Lab.Coordination.Elections;
using Lab.Tests.Integration.Labs;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Running;
using Lab.TradingPost.Supervision;
using Lab.Transport;

namespace Lab.Tests.Integration.TradingPost;

/// <summary>Markets of real processes, whose traders are killed, stopped, restarted and sent away. Afterwards the checker reads everything.</summary>
[Collection(TradingPostTests.Name)]
public sealed class MarketTests(TradingPostLab lab)
{
    [Theory]
    [InlineData(AccountsKind.File)]
    [InlineData(AccountsKind.MySql)]
    public async Task A_sale_stands_in_everybodys_books(AccountsKind accounts)
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods with { Accounts = accounts });
        await using var buyer = lab.NewClient(market);
        await buyer.JoinAsync(CancellationToken.None);
        var good = await TradingPostLab.AnyGoodAsync(buyer);
        var done = await buyer.BuyAsync(good, 3, CancellationToken.None);
        Assert.Equal(3 * Prices.Of(good), done.Price!.Value);
        await lab.EventAsync(0, happened => happened.What?.Kind == PeerEventKind.FirstSale);
        var accountsOf = (await buyer.StatusAsync(CancellationToken.None)).Accounts!.ToDictionary(account => account.Participant);
        Assert.Equal(((long)done.Price.Value, 3L), (accountsOf[buyer.Participant].Spent, accountsOf[buyer.Participant].Goods[good]));
        Assert.Equal((long)done.Price.Value - Prices.CommissionOf(done.Price.Value), accountsOf[done.Seller!.Value].Earned);
        var verdict = await lab.VerdictAsync(buyer);
        Assert.Empty(verdict.Findings);
        Assert.Equal(1, verdict.Counts.Sales);
    }

    [Theory]
    [InlineData(AccountsKind.File, Design.Improved, 4)]
    [InlineData(AccountsKind.File, Design.AsPublished, 2)]
    [InlineData(AccountsKind.MySql, Design.Improved, 2)]
    public async Task Traders_that_are_killed_in_the_middle_lose_nothing(AccountsKind accounts, Design design, int rounds)
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods with { Accounts = accounts, Election = design, Writes = design });
        await using var buying = new Buyers(lab, market, 3);
        for (var round = 0; round < rounds; round++)
        {
            // Whoever comes back as the highest takes the office again: nobody is killed in the middle of that.
            var before = await lab.TradesAfterAsync(0, who: 3);
            await buying.GoOnAsync();
            await lab.ActAsync("3", "kill");
            await lab.TradesAfterAsync(before.Term, whoNot: 3);
            await buying.GoOnAsync();
            await lab.ActAsync("3", round % 2 == 0 ? "restart" : "restart?disk=lose");
        }

        var verdict = await lab.VerdictAsync(await buying.StopAsync());
        Assert.Empty(verdict.Findings);
        Assert.True(verdict.Counts.Terms > rounds);
    }

    [Theory]
    [InlineData(AccountsKind.File)]
    [InlineData(AccountsKind.MySql)]
    public async Task A_trader_that_was_stopped_cannot_write_when_it_wakes_up(AccountsKind accounts)
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods with { Accounts = accounts });
        await using var buying = new Buyers(lab, market, 3);
        for (var round = 0; round < 2; round++)
        {
            var before = await lab.TradesAfterAsync(0, who: 3);
            await buying.GoOnAsync();
            Assert.Equal(PeerProcessState.Paused, (await lab.ActAsync("3", "pause")).Peers[3].Process);
            var next = await lab.TradesAfterAsync(before.Term, whoNot: 3);
            await buying.GoOnAsync();
            await lab.ActAsync("3", "resume");
            // It bullies itself back into office, in a term of its own.
            await lab.TradesAfterAsync(next.Term, who: 3);
        }

        Assert.Empty((await lab.VerdictAsync(await buying.StopAsync())).Findings);
    }

    [Fact]
    public async Task A_trader_that_resigns_is_followed_by_another_one_and_goes_on_as_a_peer()
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        await using var buying = new Buyers(lab, market, 2);
        MarketEvent resigned;
        var resignations = 0;
        do
        {
            // It stands again when it has rested: on a busy machine that may be before anybody else is ready to trade.
            Assert.True(++resignations <= 5, "nobody follows it");
            var before = await lab.TradesAfterAsync(0, who: 3);
            await lab.ActAsync("trader", "resign");
            resigned = await lab.EventAsync(before.LastEvent, happened => happened is { Peer: 3, What.Kind: PeerEventKind.Resigned });
        }
        while ((await lab.EventAsync(resigned.Number, happened => happened.What?.Kind == PeerEventKind.Trades)).Peer == 3);
        await lab.EventAsync(resigned.Number, happened => happened is { Peer: 3, What.Kind: PeerEventKind.Follows });
        await buying.GoOnAsync();
        Assert.All((await lab.StateAsync()).Peers, peer => Assert.Equal(PeerProcessState.Running, peer.Process));
        Assert.Empty((await lab.VerdictAsync(await buying.StopAsync())).Findings);
    }

    [Fact]
    public async Task Through_the_links_it_is_the_same_market()
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods with { ThroughLinks = true });
        Assert.Equal(lab.Lab.Endpoints.Links["to-peer-2"], market.Peers[2].Address);
        await using var buying = new Buyers(lab, market, 2);
        var before = await lab.TradesAfterAsync(0, who: 3);
        await lab.ActAsync("trader", "kill");
        await lab.TradesAfterAsync(before.Term);
        await buying.GoOnAsync();
        Assert.Empty((await lab.VerdictAsync(await buying.StopAsync())).Findings);
    }

    [Fact]
    public async Task A_peer_that_dies_by_itself_is_noted_and_stays_dead()
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        using (var victim = System.Diagnostics.Process.GetProcessById(market.Peers[0].Pid))
        {
            victim.Kill();
        }

        var ended = await lab.EventAsync(0, happened => happened is { Peer: 0, Done: "ended" });
        Assert.Equal(137, ended.ExitCode);
        Assert.Equal((PeerProcessState.Dead, 0), ((await lab.StateAsync()).Peers[0].Process, (await lab.StateAsync()).Peers[0].Pid));
        using var refused = await lab.PostAsync("0", "pause");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("""{"peers":1}""")]
    [InlineData("""{"peers":13}""")]
    [InlineData("""{"peers":6,"sellers":7}""")]
    [InlineData("""{"stock":0}""")]
    [InlineData("""{"buyEvery_ms":0}""")]
    [InlineData("""{"accounts":"paper"}""")]
    [InlineData("{\"accounts\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("""{"colour":"red"}""")]
    public async Task Settings_that_cannot_be_are_refused_in_words(string settings)
    {
        using var reply = await lab.PutAsync(settings);
        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains("\"error\":", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_that_mean_nothing_are_refused()
    {
        await lab.OpenAsync(TradingPostLab.ManyGoods);
        foreach (var (peer, action) in new[] { ("9", "kill"), ("-1", "kill"), ("king", "kill"), ("0", "tickle") })
        {
            using var reply = await lab.PostAsync(peer, action);
            Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        }

        using var disk = await lab.PostAsync("0", "restart?disk=burn");
        Assert.Equal(HttpStatusCode.BadRequest, disk.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, await lab.GetAsync("/admin/events?after=x"));
        Assert.Equal(HttpStatusCode.BadRequest, await lab.GetAsync("/admin/events?wait_ms=999999"));
    }

    [Fact]
    public async Task What_is_no_message_is_answered_with_an_error_and_costs_nobody_else_anything()
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        await using var buying = new Buyers(lab, market, 1);
        var before = await lab.TradesAfterAsync(0, who: 3);
        var address = Addresses.Parse(market.Peers[3].Address);
        using var hostile = await RawConnection.OpenAsync(address);
        foreach (var text in HostileTexts)
        {
            await hostile.SendTextAsync(text);
            Assert.NotNull((await hostile.ReadAsync())?.GetProperty("error").GetString());
        }

        using (var huge = await RawConnection.OpenAsync(address))
        {
            await huge.SendAsync(new byte[] { 0x7f, 0, 0, 0, 1 });
            Assert.NotNull((await huge.ReadAsync())?.GetProperty("error").GetString());
            Assert.Null(await huge.ReadAsync());
        }

        using (var rude = await RawConnection.OpenAsync(address))
        {
            await rude.SendAsync(new byte[] { 0, 0 });
            rude.Reset();
        }

        await buying.GoOnAsync();
        var after = await lab.StateAsync();
        Assert.Equal((3, before.Term), (after.Trader, after.Term));
        Assert.Empty((await lab.VerdictAsync(await buying.StopAsync())).Findings);
    }

    /// <summary>Anybody can connect to a peer and say that he is another one, who leads in a term far away.</summary>
    [Fact]
    public async Task Forged_frames_from_all_peers_to_all_peers_end_no_trade_and_take_no_term()
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        await using var buying = new Buyers(lab, market, 2);
        var before = await lab.TradesAfterAsync(0, who: 3);
        await buying.GoOnAsync();
        var journals = Directory.GetFiles(lab.State, "*.journal", SearchOption.AllDirectories).Length;
        for (var round = 0; round < 50; round++)
        {
            foreach (var peer in market.Peers)
            {
                using var stranger = await RawConnection.OpenAsync(Addresses.Parse(peer.Address));
                foreach (var from in market.Peers.Where(other => other.Id != peer.Id))
                {
                    foreach (var kind in new[] { "coordinator", "election", "answer", "resigned" })
                    {
                        await stranger.SendTextAsync($$$"""{"id":0,"from":{{{from.Id}}},"message":{"type":"electing","clock":[],"kind":"{{{kind}}}","term":{{{(round % 2 == 0 ? 1_000_000 : before.Term)}}}}}""");
                        Assert.Contains("proves it first", (await stranger.ReadAsync())!.Value.GetProperty("error").GetString(), StringComparison.Ordinal);
                    }
                }
            }
        }

        await buying.GoOnAsync();
        var after = await lab.StateAsync();
        Assert.Equal((before.Trader, before.Term), (after.Trader, after.Term));
        Assert.Equal(journals, Directory.GetFiles(lab.State, "*.journal", SearchOption.AllDirectories).Length);
        Assert.Empty((await lab.VerdictAsync(await buying.StopAsync())).Findings);
    }

    /// <summary>It has the secret, and lies all the same: nobody follows it into a term that the accounts have not given to it.</summary>
    [Fact]
    public async Task A_mad_peer_that_proves_who_it_is_ends_no_trade_either()
    {
        const int Mad = 1;
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        await using var buying = new Buyers(lab, market, 2);
        var before = await lab.TradesAfterAsync(0, who: 3);
        var secret = new MarketSecret(SecretOf(market.Peers[Mad]));
        await lab.ActAsync($"{Mad}", "kill");
        await buying.GoOnAsync();
        foreach (var peer in market.Peers.Where(peer => peer.Id != Mad))
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(Addresses.Parse(peer.Address));
            await secret.IntroduceAsync(socket, Mad, peer.Id, CancellationToken.None);
            foreach (var term in new[] { 1_000_000, before.Term, before.Term + 1, long.MaxValue })
            {
                foreach (var kind in new[] { ElectionMessageKind.Coordinator, ElectionMessageKind.Election, ElectionMessageKind.Answer })
                {
                    using var frame = EnvelopeFrames.Write(new Envelope(0, Mad, new Electing(kind, term)));
                    await socket.SendAsync(frame.Wire);
                }
            }

            await buying.GoOnAsync();
        }

        var after = await lab.StateAsync();
        Assert.Equal((before.Trader, before.Term), (after.Trader, after.Term));
        Assert.Empty((await lab.VerdictAsync(await buying.StopAsync())).Findings);
    }

    [Fact]
    public async Task The_secret_of_a_market_stands_on_no_command_line_and_in_no_log_and_is_another_ones_in_the_next()
    {
        List<string> secrets = [];
        for (var round = 0; round < 2; round++)
        {
            var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
            await lab.TradesAfterAsync(0);
            var secret = Assert.Single(market.Peers.Select(SecretOf).Distinct(StringComparer.Ordinal));
            Assert.All(market.Peers, peer => Assert.DoesNotContain(secret, File.ReadAllText($"/proc/{peer.Pid}/cmdline"), StringComparison.Ordinal));
            secrets.Add(secret);
        }

        Assert.Distinct(secrets);
        foreach (var file in Directory.EnumerateFiles(lab.State, "*", SearchOption.AllDirectories).Where(file => !file.Contains("mysql", StringComparison.Ordinal) && Path.GetFileName(file) != "lock"))
        {
            var text = await File.ReadAllTextAsync(file);
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_repeated_request_is_done_once()
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        var trader = (await lab.TradesAfterAsync(0)).Trader!.Value;
        await using var buyer = lab.NewClient(market);
        await buyer.JoinAsync(CancellationToken.None);
        var good = await TradingPostLab.AnyGoodAsync(buyer);
        using var raw = await RawConnection.OpenAsync(Addresses.Parse(market.Peers[trader].Address));
        var name = good.ToString().ToLowerInvariant();
        for (var id = 1; id <= 3; id++)
        {
            await raw.SendTextAsync($$$"""
                {"id":{{{id}}},"from":{{{buyer.Participant}}},"message":{"type":"buy","clock":[],"request":{"participant":{{{buyer.Participant}}},"session":{{{buyer.Session}}},"number":1},"good":"{{{name}}}","quantity":2}}
                """);
            var reply = (await raw.ReadAsync())!.Value;
            Assert.Equal((id, "done"), (reply.GetProperty("id").GetInt32(), reply.GetProperty("message").GetProperty("type").GetString()));
        }

        Assert.Equal(2, (await buyer.StatusAsync(CancellationToken.None)).Accounts!.Single(account => account.Participant == buyer.Participant).Goods[good]);
        // The client does not know that this name is used already: it gets the old answer. Its next name is a new one.
        Assert.Equal(2 * Prices.Of(good), (await buyer.BuyAsync(good, 2, CancellationToken.None)).Price!.Value);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => buyer.BuyAsync(good, 0, CancellationToken.None));
        Assert.Equal(RefusalReason.Invalid, refused.Reason);
    }

    /// <summary>As its owner may read it.</summary>
    private static string SecretOf(PeerState peer)
    {
        const string Variable = "TradingPost__Peer__Secret=";
        return File.ReadAllText($"/proc/{peer.Pid}/environ").Split('\0').Single(each => each.StartsWith(Variable, StringComparison.Ordinal))[Variable.Length..];
    }

    private static IEnumerable<string> HostileTexts =>
    [
        "", "null", "[]", "{}", "\"\\ud800\"", """{"\ud800":1}""", """{"id":1,"\ud800":100}""", """{"id":"\ud800"}""",
        """{"id":1,"from":100,"message":{"type":"\ud800","clock":[]}}""",
        """{"id":1,"from":100,"message":{"type":"join","clock":[],"\udc00":1}}""",
        """{"id":1,"from":100,"message":{"type":"buy","clock":[],"request":{"participant":100,"session":1,"number":1},"good":"\ud800","quantity":1}}""",
        """{"id":1,"from":100,"message":{"type":"buy","clock":[],"request":{"participant":"\ud800","session":1,"number":1},"good":"salt","quantity":1}}""",
        "{\"id\":1}", new string('[', 5000),
        """{"id":1,"from":100,"message":null}""",
        """{"id":1,"from":100,"message":{"type":"sing","clock":[]}}""",
        """{"id":1,"from":100,"message":{"type":"join","clock":null,"nonce":1}}""",
        """{"id":1,"from":100,"message":{"type":"join","clock":[5,-1],"nonce":1}}""",
        """{"id":1,"from":99,"message":{"type":"join","clock":[],"nonce":1}}""",
        """{"id":-1,"from":100,"message":{"type":"join","clock":[],"nonce":1}}""",
        """{"id":0,"from":100,"message":{"type":"join","clock":[],"nonce":1}}""",
        """{"id":1,"from":100,"message":{"type":"resign","clock":[]}}""",
        """{"id":0,"from":0,"message":{"type":"resign","clock":[]}}""",
        """{"id":0,"from":100,"message":{"type":"electing","clock":[],"kind":"coordinator","term":99}}""",
        """{"id":1,"from":0,"message":{"type":"heartbeat","clock":[],"term":1,"trader":1}}""",
        """{"id":1,"from":100,"message":{"type":"buy","clock":[],"request":{"participant":101,"session":1,"number":1},"good":"salt","quantity":1}}""",
        """{"id":1,"from":100,"message":{"type":"buy","clock":[],"request":{"participant":100,"session":1,"number":1},"good":"gold","quantity":1}}""",
        """{"id":1,"from":100,"message":{"type":"buy","clock":[],"request":{"participant":100,"session":1,"number":1},"good":2,"quantity":1}}""",
    ];

    /// <summary>Clients that buy all the time.</summary>
    private sealed class Buyers : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<TradingPostClient> _clients;
        private readonly List<Task<int>> _buying;

        public Buyers(TradingPostLab lab, MarketState market, int count)
        {
            _clients = [.. Enumerable.Range(0, count).Select(_ => lab.NewClient(market))];
            _buying = [.. _clients.Select(client => TradingPostLab.BuyAsync(client, _stop.Token))];
        }

        /// <summary>Waits until each has bought more.</summary>
        public async Task GoOnAsync()
        {
            var before = _clients.ConvertAll(client => client.Ledger.Count);
            for (var attempt = 0; _clients.Where((client, index) => client.Ledger.Count < before[index] + 5).Any(); attempt++)
            {
                foreach (var failed in _buying.Where(buying => buying.IsFaulted))
                {
                    await failed;
                }

                Assert.True(attempt < 1500, "the buyers do not go on");
                await Task.Delay(20);
            }
        }

        public async Task<IReadOnlyList<TradingPostClient>> StopAsync()
        {
            await _stop.CancelAsync();
            var bought = await Task.WhenAll(_buying);
            Assert.All(bought, each => Assert.True(each > 0));
            return _clients;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_clients.Select(client => client.DisposeAsync().AsTask()));
            _stop.Dispose();
        }
    }
}
