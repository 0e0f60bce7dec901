using System.Text.RegularExpressions;
using Lab.Terminal;
using Lab.TradingPost.Cli;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;
using Spectre.Console;

namespace Lab.Tests.Unit.TradingPost.Cli;

public partial class MarketViewTests
{
    private readonly LineEditor _editor = new(line => line);

    [Fact]
    public void It_shows_who_trades_what_everybody_has_and_what_happened()
    {
        var screen = Show(Markets.Overview(), 120, 40);
        AssertHas(screen, "market 1: 6 peers, accounts file, election and writes improved");
        AssertHas(screen, "peer 5 trades in term 1   8.0 pieces sold/s   coins balance");
        AssertHas(screen, "last election: 31.0 ms (detection 29.0 + agreement 2.0), first sale +4.0 ms");
        AssertHas(screen, "0 seller running 4000 5 1 fish 17 fish 80", spaces: false);
        AssertHas(screen, "5 trader running 4005 1 20", spaces: false);
        AssertHas(screen, "you 3 boar", spaces: false);
        AssertHas(screen, "clients 2 10", spaces: false);
        AssertHas(screen, "all 20 11 80 100 20", spaces: false);
        AssertHas(screen, "12 s  peer 5 killed");
        AssertHas(screen, "12 s  peers 0, 1 lost trader 5");
        AssertHas(screen, "trading-post>");
    }

    [Fact]
    public void A_coin_that_is_missing_is_noticed() => AssertHas(
        Show(Markets.Overview() with { Accounts = [.. Markets.Accounts.Skip(1), Markets.Accounts[0] with { Earned = 79 }] }, 120, 40),
        "coins do not balance");

    [Theory]
    [InlineData(200, 60, 12)]
    [InlineData(120, 30, 6)]
    [InlineData(80, 24, 12)]
    [InlineData(60, 20, 6)]
    [InlineData(40, 16, 6)]
    [InlineData(20, 10, 6)]
    [InlineData(5, 3, 6)]
    [InlineData(1, 1, 2)]
    public void No_screen_is_too_small(int width, int height, int peers)
    {
        Type("deposit salt 10 and many more");
        string[] answer = [.. CommandParser.Help.Select(line => Markup.Escape(line))];
        var plain = Show(Markets.Overview(peers), width, height, answer);
        Assert.Equal(height, plain.Length);
        Assert.All(plain, line => Assert.InRange(line.Length, 0, width));
        var coloured = Show(Markets.Overview(peers), width, height, answer, AnsiSupport.Yes);
        Assert.Contains("\e[7m", coloured[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void In_an_ordinary_terminal_every_peer_is_seen()
    {
        var screen = Show(Markets.Overview(), 80, 24);
        for (var peer = 0; peer < 6; peer++)
        {
            Assert.Single(screen, line => line.StartsWith($"{peer} ", StringComparison.Ordinal));
        }

        AssertHas(screen, "lost trader 5");
        AssertHas(screen, "peer role process term good stock earned spent commission", spaces: false);
    }

    [Fact]
    public void Peers_without_place_are_counted() => AssertHas(Show(Markets.Overview(12), 80, 16), "more");

    [Fact]
    public void Dead_and_ill_peers_are_told_apart()
    {
        var state = Markets.Overview().State!;
        var overview = Markets.Overview() with
        {
            State = state with
            {
                Trader = null,
                Peers =
                [
                    state.Peers[0] with { Process = PeerProcessState.Paused },
                    state.Peers[1] with { Process = PeerProcessState.Dead, Pid = 0 },
                    .. state.Peers.Skip(2),
                ],
            },
        };
        var screen = Show(overview, 120, 40);
        AssertHas(screen, "nobody trades");
        AssertHas(screen, "0 seller paused", spaces: false);
        AssertHas(screen, "1 seller dead", spaces: false);
    }

    [Fact]
    public void Where_only_clients_buy_it_says_so() => AssertHas(
        Show(Markets.Overview() with { State = Markets.State(new MarketSettings()) }, 120, 40), "only clients buy");

    [Fact]
    public void Without_a_market_it_says_so() => AssertHas(Show(new MarketOverview(), 80, 24), "no market is open");

    [Fact]
    public void What_may_be_old_is_said_to_be() =>
        AssertHas(Show(Markets.Overview() with { Problem = "Connection [refused]" }, 200, 40), "the supervisor does not answer Connection [refused]");

    /// <summary>Texts of events come from other processes.</summary>
    [Fact]
    public void Nothing_that_a_peer_tells_can_steer_the_terminal()
    {
        var hostile = new MarketEvent(1, 1, 2, new PeerEvent(PeerEventKind.GoodChanged, 1, Detail: "[bold]\e[2Jfish"));
        var screen = Show(Markets.Overview() with { Events = [hostile] }, 120, 40);
        AssertHas(screen, "([bold] [2Jfish)");
        Assert.DoesNotContain(screen, line => line.Contains('\e', StringComparison.Ordinal));
    }

    [Fact]
    public void The_cursor_is_where_letters_go()
    {
        Type("kill 35");
        Assert.EndsWith("> kill 35\e[7m \e[0m", Show(Markets.Overview(), 80, 24, ansi: AnsiSupport.Yes)[^1], StringComparison.Ordinal);
        _editor.Apply(new ConsoleKeyInfo('\0', ConsoleKey.LeftArrow, shift: false, alt: false, control: false));
        Assert.EndsWith("> kill 3\e[7m5\e[0m", Show(Markets.Overview(), 80, 24, ansi: AnsiSupport.Yes)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Trading_that_goes_on_takes_one_line()
    {
        var events = Enumerable.Range(1, 20).Select(number => new MarketEvent(
            number, number * 1_000_000, number % 2, new PeerEvent(PeerEventKind.Restocked, 1, Detail: "fish"))).ToList();
        var line = Assert.Single(EventLines.Fold(events));
        Assert.Equal("peers 0, 1 deposited goods again, 20 times (fish)", EventLines.Describe(line));
    }

    [Theory]
    [InlineData(999_999, "now")]
    [InlineData(1_000_000, "1 s")]
    [InlineData(119_999_999, "119 s")]
    [InlineData(120_000_000, "2 min")]
    public void Ages_are_rounded_down(long us, string text) => Assert.Equal(text, EventLines.Age(us));

    private void Type(string text)
    {
        foreach (var letter in text)
        {
            _editor.Apply(new ConsoleKeyInfo(letter, ConsoleKey.None, shift: false, alt: false, control: false));
        }
    }

    private string[] Show(
        MarketOverview overview, int width, int height, IReadOnlyList<string>? answer = null, AnsiSupport ansi = AnsiSupport.No)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = ansi, Out = new AnsiConsoleOutput(text) });
        (console.Profile.Width, console.Profile.Height) = (width, height);
        console.Write(new MarketView(overview, answer ?? [], _editor));
        return text.ToString().Split('\n');
    }

    private static void AssertHas(IReadOnlyList<string> screen, string text, bool spaces = true)
    {
        var wanted = spaces ? text : Spaces().Replace(text, " ").Trim();
        Assert.True(
            screen.Any(line => (spaces ? line : Spaces().Replace(line, " ").Trim()).Contains(wanted, StringComparison.Ordinal)),
            $"'{wanted}' is not in:\n{string.Join('\n', screen)}");
    }

    [GeneratedRegex(" +", RegexOptions.None, 1000)]
    private static partial Regex Spaces();
}
