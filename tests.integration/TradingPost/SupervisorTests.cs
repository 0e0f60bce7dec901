using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Lab.Processes;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;
using Lab.TradingPost.Market;
using Lab.TradingPost.Supervision;

namespace Lab.Tests.Integration.TradingPost;

/// <summary>What becomes of peers when their supervisor is killed.</summary>
[Collection(TradingPostTests.Name)]
public sealed class SupervisorTests(TradingPostLab lab)
{
    [Fact]
    public async Task No_peer_survives_its_supervisor_not_even_one_that_is_stopped()
    {
        Assert.SkipWhen(Programs.Find("setpriv") is null, "without setpriv a stopped peer cannot hear that its supervisor is gone");
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        var peers = market.Peers.Select(peer => ProcessIdentity.Of("peer", peer.Pid)!).ToList();
        await lab.TradesAfterAsync(0, who: 3);
        await lab.ActAsync("1", "pause");
        await lab.ActAsync("trader", "pause");
        await lab.Lab.KillAsync(TradingPostTopology.Supervisor, CancellationToken.None);
        for (var attempt = 0; peers.Exists(peer => peer.IsAlive); attempt++)
        {
            Assert.True(attempt < 500, $"still there: {string.Join(", ", peers.Where(peer => peer.IsAlive))}");
            await Task.Delay(20);
        }

        // The lab starts it again, and it opens markets as before.
        await UntilIsBackAsync();
        var again = await lab.OpenAsync(TradingPostLab.ManyGoods);
        Assert.All(again.Peers, peer => Assert.Equal(PeerProcessState.Running, peer.Process));
    }

    [Theory]
    [InlineData(AccountsKind.File)]
    [InlineData(AccountsKind.MySql)]
    public async Task A_market_outlives_its_supervisor_that_is_killed_and_nothing_that_was_acknowledged_is_lost(AccountsKind accounts)
    {
        var settings = TradingPostLab.ManyGoods with { Accounts = accounts, Seed = 5 };
        var before = await lab.OpenAsync(settings);
        await using var early = lab.NewClient(before);
        await using var buyer = lab.NewClient(before);
        await early.JoinAsync(CancellationToken.None);
        await early.BuyAsync(await TradingPostLab.AnyGoodAsync(early), 3, CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var buying = TradingPostLab.BuyAsync(buyer, stop.Token);
        var peers = (await lab.StateAsync()).Peers.Select(peer => ProcessIdentity.Of("peer", peer.Pid)!).ToList();
        await lab.ActAsync("1", "pause");

        // In the middle of buys. The client goes on with the market that comes back, in the same session.
        await lab.Lab.KillAsync(TradingPostTopology.Supervisor, CancellationToken.None);
        await UntilIsBackAsync();
        var after = await lab.TradesAfterAsync(0);
        Assert.Equal((before.Number, settings), (after.Number, after.Settings));
        Assert.All(after.Peers, peer => Assert.Equal(PeerProcessState.Running, peer.Process));
        Assert.All(peers, peer => Assert.False(peer.IsAlive));
        Assert.True(after.LastEvent > before.LastEvent);
        var good = await TradingPostLab.AnyGoodAsync(early);
        await early.BuyAsync(good, 2, CancellationToken.None);
        await stop.CancelAsync();
        Assert.True(await buying > 0);
        var verdict = await lab.VerdictAsync(early, buyer);
        Assert.Empty(verdict.Findings);
        Assert.True(verdict.Counts.Terms > 1 && verdict.Counts.Sales >= buyer.Ledger.Count + 2, $"{verdict.Counts}");
    }

    [Fact]
    public async Task A_market_that_was_ended_on_purpose_does_not_come_back()
    {
        await lab.OpenAsync(TradingPostLab.ManyGoods);
        await lab.CloseAsync();
        await lab.Lab.KillAsync(TradingPostTopology.Supervisor, CancellationToken.None);
        await UntilIsBackAsync();
        Assert.Equal(HttpStatusCode.NotFound, await lab.GetAsync("/admin/market"));
    }

    [Fact]
    public async Task Of_a_market_that_another_one_follows_nothing_is_left()
    {
        var first = await lab.OpenAsync(TradingPostLab.ManyGoods with { Accounts = AccountsKind.MySql });
        await lab.TradesAfterAsync(0);
        Assert.Equal(1, RowsOf(first));
        await lab.CloseAsync();
        var second = await lab.OpenAsync(TradingPostLab.ManyGoods);
        Assert.Equal((first.Number + 1, 0L), (second.Number, RowsOf(first)));
        var folder = Assert.Single(Directory.GetDirectories(lab.State, "*-market-*", SearchOption.AllDirectories));
        Assert.EndsWith($"-market-{second.Number}", folder, StringComparison.Ordinal);

        long RowsOf(MarketState market) => lab.Sql<long>($"SELECT COUNT(*) FROM lab_trading_post.market WHERE name = 'market-{market.Number}'");
    }

    /// <summary>What was acknowledged is gone from the disk: the market is neither opened again without it nor begun anew.</summary>
    [Fact]
    public async Task A_market_whose_journal_is_damaged_stays_closed_with_the_reason_until_it_is_repaired()
    {
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        await using var buyer = lab.NewClient(market);
        await buyer.JoinAsync(CancellationToken.None);
        var good = await TradingPostLab.AnyGoodAsync(buyer);
        await buyer.BuyAsync(good, 1, CancellationToken.None);
        var journal = Directory.GetFiles(lab.State, "*.journal", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        var peers = market.Peers.Select(peer => ProcessIdentity.Of("peer", peer.Pid)!).ToList();
        await lab.Lab.KillAsync(TradingPostTopology.Supervisor, CancellationToken.None);
        while (peers.Exists(peer => peer.IsAlive))
        {
            await Task.Delay(1);
        }

        var end = CutLastLine(journal);
        await UntilIsBackAsync();
        var (status, reason) = await lab.ReadAsync("/admin/market");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains($"{Path.GetFileName(journal)} is damaged at byte {end}", reason, StringComparison.Ordinal);
        Assert.Contains("repair", reason, StringComparison.Ordinal);

        var (_, plan) = await lab.ReadAsync("/admin/journal/repair");
        Assert.Equal(HttpStatusCode.OK, await lab.PostJsonAsync("/admin/journal/repair", plan));
        await lab.TradesAfterAsync(0);
        await buyer.JoinAsync(CancellationToken.None);
        await buyer.BuyAsync(await TradingPostLab.AnyGoodAsync(buyer), 1, CancellationToken.None);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(journal)!, "*.journal.damaged-*"));

        // The damage is told by the checker, too: what a client was told is gone.
        Assert.Contains((await lab.VerdictAsync(buyer)).Findings, finding => finding.Contains("know nothing of it", StringComparison.Ordinal));
    }

    /// <summary>Whoever stops the lab for the night does not want to lose its market. Who measures does not want one that he has not asked for.</summary>
    [Fact]
    public async Task A_market_that_ended_in_order_is_kept_and_opened_again_when_that_is_asked_for()
    {
        var state = Directory.CreateTempSubdirectory("lab-test-");
        var ports = FreePorts(7);
        var settings = ports.Skip(1).Select((port, id) => (port, id)).ToDictionary(
            peer => $"TradingPost__Peers__{peer.id}", peer => $"127.0.0.1:{peer.port}", StringComparer.Ordinal);
        settings["Service__DataFolder"] = settings["Service__LogFolder"] = state.FullName;
        settings["Service__AdminUrl"] = $"http://127.0.0.1:{ports[0]}";
        settings["Service__AdminToken"] = "token of a test";
        using var http = new HttpClient { BaseAddress = new Uri(settings["Service__AdminUrl"]) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", settings["Service__AdminToken"]);
        List<MarketState> seen = [];
        foreach (var opensAtStart in new[] { true, true, false })
        {
            settings["TradingPost__OpenAtStart"] = opensAtStart ? "true" : "false";
            using var supervisor = LabProgram.Start("TradingPost", settings, "serve");
            await Eventually.TrueAsync(() => IsHealthy(http), "the supervisor does not start");
            if (!opensAtStart)
            {
                using var closed = await http.GetAsync(new Uri("/admin/market", UriKind.Relative));
                Assert.Contains("is kept: 'reopen' opens it again", await closed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                using var reopened = await http.PostAsync(new Uri("/admin/market/reopen", UriKind.Relative), content: null);
                Assert.True(reopened.IsSuccessStatusCode, await reopened.Content.ReadAsStringAsync());
            }

            var last = seen.LastOrDefault()?.Term ?? 0;
            for (var attempt = 0; seen.LastOrDefault()?.Term is var term && (term is null || term <= last); attempt++)
            {
                Assert.True(attempt < 500, "nobody trades in a later term");
                var market = await http.GetFromJsonAsync<MarketState>("/admin/market", JsonSerializerOptions.Web);
                if (market is { Trader: not null } && market.Term > last)
                {
                    seen.Add(market);
                }

                await Task.Delay(20);
            }

            await Signals.EndAsync(ProcessIdentity.Of("supervisor", supervisor.Pid)!, TimeSpan.FromSeconds(60), CancellationToken.None);
            Assert.Equal(0, await supervisor.WaitForExitAsync());
        }

        Assert.Equal([1, 1, 1], seen.Select(market => market.Number));
        state.Delete(recursive: true);
    }

    /// <summary>Hours of changes must cost the supervisor no more than the last events of them.</summary>
    [Fact]
    public async Task Peers_that_come_and_go_leave_no_pipe_and_no_thread_behind()
    {
        const int Restarts = 8;
        await lab.OpenAsync(TradingPostLab.ManyGoods);
        await lab.ActAsync("0", "restart");
        var supervisor = lab.Lab.ProcessIds()[TradingPostTopology.Supervisor];
        var (descriptors, threads) = (Count("fd"), Count("task"));
        for (var restart = 0; restart < Restarts; restart++)
        {
            await lab.ActAsync("0", "restart");
        }

        // Connections of this test, and threads of the runtime, come and go; what is kept of each restart would be more than one of either.
        await Eventually.TrueAsync(
            () => Count("fd") < descriptors + Restarts && Count("task") < threads + Restarts,
            $"{Count("fd")} descriptors and {Count("task")} threads, where there were {descriptors} and {threads}");

        int Count(string what) => Directory.GetFileSystemEntries($"/proc/{supervisor}/{what}").Length;
    }

    [Fact]
    public async Task A_peer_that_cannot_start_ends_the_supervisor_who_says_why()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var state = Directory.CreateTempSubdirectory("lab-test-");
        var settings = Enumerable.Range(0, 6).ToDictionary(
            id => $"TradingPost__Peers__{id}", id => id == 1 ? taken.LocalEndPoint!.ToString()! : "127.0.0.1:0", StringComparer.Ordinal);
        settings["TradingPost__OpenAtStart"] = "true";
        settings["Service__DataFolder"] = settings["Service__LogFolder"] = state.FullName;
        using var supervisor = LabProgram.Start("TradingPost", settings, "serve");
        Assert.Equal(1, await supervisor.WaitForExitAsync());
        Assert.Contains("peer 1 ended with exit code 1 before it was ready", supervisor.Output, StringComparison.Ordinal);
        Assert.Contains($"it cannot listen on {taken.LocalEndPoint}: Address already in use", supervisor.Output, StringComparison.Ordinal);
        state.Delete(recursive: true);
    }

    [Theory]
    [InlineData("serve", "TradingPost__Peers__1", "nowhere", "TradingPost:Peers")]
    [InlineData("serve", "TradingPost__Links__0", "nowhere", "TradingPost:Links")]
    [InlineData("serve", "TradingPost__OpenAtStart", "maybe", "TradingPost:OpenAtStart")]
    [InlineData("serve", "TradingPost__OpenAtStart", "true", "TradingPost:OpenAtStart")]
    [InlineData("peer", "TradingPost__Peer__Id", "1", "TradingPost:Peer")]
    public async Task A_setting_that_cannot_be_ends_the_start_with_a_line_that_names_it(string command, string variable, string value, string setting)
    {
        var settings = Enumerable.Range(0, 2).ToDictionary(id => $"TradingPost__Peers__{id}", _ => "127.0.0.1:0", StringComparer.Ordinal);
        settings[variable] = value;
        using var program = LabProgram.Start("TradingPost", settings, command);
        Assert.Equal(1, await program.WaitForExitAsync());
        Assert.Contains(setting, Assert.Single(program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    /// <returns>Where the last line began, in bytes.</returns>
    private static int CutLastLine(string journal)
    {
        var bytes = File.ReadAllBytes(journal);
        var end = bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n')).LastIndexOf((byte)'\n') + 1;
        using var file = File.OpenHandle(journal, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(file, end);
        return end;
    }

    private static List<int> FreePorts(int count)
    {
        var taken = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        taken.ForEach(listener => listener.Start());
        var ports = taken.ConvertAll(listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        taken.ForEach(listener => listener.Dispose());
        return ports;
    }

    private static bool IsHealthy(HttpClient http)
    {
        try
        {
            using var health = http.Send(new HttpRequestMessage(HttpMethod.Get, "/health"));
            return health.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task UntilIsBackAsync()
    {
        for (var attempt = 0; !await IsBackAsync(); attempt++)
        {
            Assert.True(attempt < 500, "the supervisor does not come back");
            await Task.Delay(50);
        }
    }

    private async Task<bool> IsBackAsync()
    {
        try
        {
            return await lab.GetAsync("/health") == System.Net.HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
