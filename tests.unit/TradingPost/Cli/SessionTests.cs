using System.Text.Json;
using Lab.TradingPost.Cli;
using Lab.TradingPost.Market;

namespace Lab.Tests.Unit.TradingPost.Cli;

/// <summary>Commands and what comes of them, with a supervisor that only pretends.</summary>
public class SessionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_kills_the_trader_sees_the_next_one()
    {
        await using var market = await FakeMarket.StartAsync();
        var answer = await RunAsync(market, "kill trader");
        Assert.Equal(ExitCode.Done, answer.Code);
        Assert.Equal("peer 5, which traded, is killed", answer.Lines[0]);
        Assert.Equal("peer 4 trades in term 2 after 30.0 ms (detection 1.0 + agreement 29.0)", answer.Lines[1]);
        Assert.Equal(["trader/kill"], market.Steered);
    }

    [Fact]
    public async Task Peers_are_steered_by_their_ids()
    {
        await using var market = await FakeMarket.StartAsync();
        Assert.Equal(["peer 1 is killed"], (await RunAsync(market, "kill 1")).Lines);
        Assert.Equal(["peer 2 is stopped"], (await RunAsync(market, "pause 2")).Lines);
        Assert.Equal(["peer 2 runs again"], (await RunAsync(market, "resume 2")).Lines);
        Assert.Equal(["peer 1 is started anew"], (await RunAsync(market, "restart 1")).Lines);
        Assert.Equal(["1/kill", "2/pause", "2/resume", "1/restart"], market.Steered);
    }

    [Fact]
    public async Task What_the_market_refuses_has_its_reason_and_its_exit_code()
    {
        await using var market = await FakeMarket.StartAsync();
        var noPeer = await RunAsync(market, "kill 7");
        Assert.Equal((ExitCode.Refused, "the market has no peer 7"), (noPeer.Code, Assert.Single(noPeer.Lines)));
        var tooMany = await RunAsync(market, "open peers=13");
        Assert.Equal((ExitCode.Refused, "a market has 2 to 12 peers"), (tooMany.Code, Assert.Single(tooMany.Lines)));
        var noSeller = await RunAsync(market, "buy boar");
        Assert.Equal((ExitCode.Refused, "nobody sells so many pieces of it now; nothing was bought"), (noSeller.Code, Assert.Single(noSeller.Lines)));
    }

    [Fact]
    public async Task Goods_are_bought_and_deposited()
    {
        await using var market = await FakeMarket.StartAsync();
        Assert.Equal(["bought 2 fish from peer 0 for 20 coins, in term 1"], (await RunAsync(market, "buy fish 2")).Lines);
        Assert.Equal(["the trader keeps 10 salt for you, since term 1"], (await RunAsync(market, "deposit salt 10")).Lines);
    }

    [Fact]
    public async Task Without_a_market_nothing_is_done_until_one_is_opened()
    {
        await using var market = await FakeMarket.StartAsync(isOpen: false);
        Assert.Equal(ExitCode.Refused, (await RunAsync(market, "kill 1")).Code);
        Assert.Equal(ExitCode.Refused, (await RunAsync(market, "status")).Code);
        Assert.Equal(["market 1 is open: 3 peers, accounts mysql, election and writes improved"], (await RunAsync(market, "open peers=3 accounts=mysql")).Lines);
        Assert.Equal(ExitCode.Done, (await RunAsync(market, "kill 1")).Code);
    }

    [Fact]
    public async Task A_supervisor_that_is_gone_has_its_own_exit_code()
    {
        var market = await FakeMarket.StartAsync();
        using var supervisor = market.Client();
        await using var client = new MarketClient();
        await market.DisposeAsync();
        var answer = await new CommandRunner(supervisor, client).RunAsync(CommandParser.Parse(["kill", "1"]), Token);
        Assert.Equal(ExitCode.Unreachable, answer.Code);
        Assert.Contains("the supervisor does not answer", Assert.Single(answer.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_get_the_status_as_json()
    {
        await using var market = await FakeMarket.StartAsync();
        await RunAsync(market, "kill trader");
        using var status = JsonDocument.Parse(Assert.Single((await RunAsync(market, "status --json")).Lines));
        var root = status.RootElement;
        Assert.Equal((4, 2), (root.GetProperty("trader").GetInt32(), root.GetProperty("term").GetInt32()));
        Assert.Equal("dead", root.GetProperty("peers")[5].GetProperty("process").GetString());
        Assert.Equal(("seller", "fish"), (root.GetProperty("peers")[0].GetProperty("role").GetString(), root.GetProperty("peers")[0].GetProperty("selling").GetString()));
        Assert.Equal(1_000, root.GetProperty("lastElection").GetProperty("detection_us").GetInt64());
        Assert.Equal(29_000, root.GetProperty("lastElection").GetProperty("agreement_us").GetInt64());
    }

    [Fact]
    public async Task A_pipe_gets_events_and_answers_until_its_commands_end()
    {
        await using var market = await FakeMarket.StartAsync(isOpen: false);
        market.Open(new MarketSettings());
        var (code, output) = await PipeAsync(market, "kill trader\n\nbuy fish 2\nstatus\n");
        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("peer 5, which traded, is killed\n", output, StringComparison.Ordinal);
        Assert.Contains("bought 2 fish", output, StringComparison.Ordinal);
        Assert.Contains("seller  running", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_goes_on_after_an_error_and_ends_with_its_exit_code()
    {
        await using var market = await FakeMarket.StartAsync();
        var (code, output) = await PipeAsync(market, "shoot 3\nkill 7\nkill 1\nquit\nkill 2\n");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("error: there is no command 'shoot'", output, StringComparison.Ordinal);
        Assert.Contains("error: the market has no peer 7", output, StringComparison.Ordinal);
        Assert.Equal(["1/kill"], market.Steered);
    }

    [Fact]
    public async Task Events_are_printed_as_they_happen()
    {
        await using var market = await FakeMarket.StartAsync();
        using var supervisor = market.Client();
        await using var client = new MarketClient();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var output = new LineWriter();
        var session = new PlainSession(supervisor, client, input: null, output).RunAsync(over.Token);
        await RunAsync(market, "kill trader");
        Assert.Contains("peer 5 killed", await output.Lines.Reader.ReadAsync(Token), StringComparison.Ordinal);
        Assert.Contains("peer 4 lost trader 5", await output.Lines.Reader.ReadAsync(Token), StringComparison.Ordinal);
        Assert.Contains("peer 4 trades in term 2", await output.Lines.Reader.ReadAsync(Token), StringComparison.Ordinal);
        await over.CancelAsync();
        Assert.Equal(ExitCode.Done, await session);
    }

    [Fact]
    public async Task The_watch_forgets_a_market_that_was_replaced()
    {
        await using var market = await FakeMarket.StartAsync();
        using var supervisor = market.Client();
        await using var client = new MarketClient();
        var watch = new MarketWatch(supervisor, client);
        await RunAsync(market, "kill trader");
        Assert.Equal(5, (await watch.LookAsync(Token)).Events.Count);
        market.Open(new MarketSettings { Peers = 3 });
        var overview = await watch.LookAsync(Token);
        Assert.Equal((2, 2, 3), (overview.State!.Number, overview.Events.Count, overview.Peers.Count));
    }

    [Fact]
    public void The_token_is_not_printed() =>
        Assert.DoesNotContain("secret", new MarketAddress(new Uri("http://127.0.0.1:1"), "secret").ToString(), StringComparison.Ordinal);

    private static async Task<CommandAnswer> RunAsync(FakeMarket market, string line)
    {
        using var supervisor = market.Client();
        await using var client = new MarketClient();
        return await new CommandRunner(supervisor, client).RunAsync(CommandParser.Parse(line)!, Token);
    }

    private static async Task<(int Code, string Output)> PipeAsync(FakeMarket market, string commands)
    {
        using var supervisor = market.Client();
        await using var client = new MarketClient();
        using var output = new StringWriter { NewLine = "\n" };
        var code = await new PlainSession(supervisor, client, new StringReader(commands), TextWriter.Synchronized(output)).RunAsync(Token);
        return (code, output.ToString());
    }

    private sealed class LineWriter : StringWriter
    {
        public System.Threading.Channels.Channel<string> Lines { get; } = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public override void WriteLine(string? value) => Lines.Writer.TryWrite(value ?? "");
    }
}
