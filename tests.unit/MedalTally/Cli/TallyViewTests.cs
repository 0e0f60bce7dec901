using System.Text.RegularExpressions;
using Lab.MedalTally.Cli;
using Lab.Terminal;
using Spectre.Console;

namespace Lab.Tests.Unit.MedalTally.Cli;

public partial class TallyViewTests
{
    private readonly LineEditor _editor = new(line => line);

    [Theory]
    [InlineData(80, 24)]
    [InlineData(140, 40)]
    public void It_shows_the_board_where_clients_are_and_what_happened(int width, int height)
    {
        var screen = Show(Tallies.Overview(), width, height);
        AssertHas(screen, "medal tally two tiers version 12 2.5 writes/s");
        AssertHas(screen, "group: 2 front-end leads in term 4, place 250, clocks within 891 us");
        AssertHas(screen, "team gold silver bronze event Rome Gaul");
        AssertHas(screen, "Stone Jumping 1 120");
        AssertHas(screen, "front-end pid clients starts");
        AssertHas(screen, "1 4001 1 1 you are here");
        AssertHas(screen, "3 4003 3 1");
        AssertHas(screen, "3 min front-end 2 (pid 3999) has died");
        AssertHas(screen, "12 s Stone Curling: Rome 7, Gaul 5");
        AssertHas(screen, "now a gold medal for Gaul: 3 gold, 0 silver, 1 bronze");
        AssertHas(screen, "medal-tally>");
    }

    [Fact]
    public void Teams_stand_by_their_medals_gold_first()
    {
        var screen = Show(Tallies.Overview(), 80, 24);
        string[] teams = ["Britannia", "Gaul", "Rome", "Egypt"];
        var rows = teams.Select(team => Array.FindIndex(screen, line => line.StartsWith(team + " ", StringComparison.Ordinal))).ToList();
        Assert.Equal(rows.Order(), rows);
        Assert.DoesNotContain(-1, rows);
    }

    [Fact]
    public void What_has_just_changed_stands_out()
    {
        var screen = Show(Tallies.Overview(), 80, 24, ansi: AnsiSupport.Yes);
        Assert.Contains("\e[1m", Assert.Single(screen, line => line.Contains("Gaul", StringComparison.Ordinal) && line.Contains("Stone Skating", StringComparison.Ordinal)).Split("Gaul")[0], StringComparison.Ordinal);
        Assert.DoesNotContain("\e[1m", screen.First(line => line.StartsWith("Rome", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, 60, 16)]
    [InlineData(80, 24, 16)]
    [InlineData(66, 20, 3)]
    [InlineData(65, 20, 3)]
    [InlineData(40, 16, 3)]
    [InlineData(20, 10, 3)]
    [InlineData(5, 3, 3)]
    [InlineData(1, 1, 1)]
    public void No_screen_is_too_small(int width, int height, int frontEnds)
    {
        foreach (var letter in "set-score 'Stone Curling' 3 5 and many more")
        {
            _editor.Apply(new ConsoleKeyInfo(letter, ConsoleKey.None, shift: false, alt: false, control: false));
        }

        string[] answer = [.. TallyParser.Help.Select(line => Markup.Escape(line))];
        var plain = Show(Tallies.Overview(frontEnds), width, height, answer);
        Assert.Equal(height, plain.Length);
        Assert.All(plain, line => Assert.InRange(line.Length, 0, width));
        Assert.Contains("\e[7m", Show(Tallies.Overview(frontEnds), width, height, answer, AnsiSupport.Yes)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_is_no_place_for_all_front_ends_they_are_counted_and_updates_are_seen_all_the_same()
    {
        var screen = Show(Tallies.Overview(16), 80, 24);
        AssertHas(screen, "more");
        AssertHas(screen, "now a gold medal for Gaul");
        AssertHas(Show(Tallies.Overview(5), 80, 24, [.. Enumerable.Repeat("an answer", 9)]), "all 5 15");
    }

    [Fact]
    public void In_one_tier_there_are_no_front_ends()
    {
        var screen = Show(Tallies.Overview() with { IsTwoTier = false, FrontEnds = [], Group = [], Own = null }, 80, 24);
        AssertHas(screen, "medal tally one tier version 12");
        Assert.DoesNotContain(screen, line => line.Contains("clients", StringComparison.Ordinal));
    }

    [Fact]
    public void A_front_end_that_is_dead_says_so() =>
        AssertHas(Show(Tallies.Overview() with { FrontEnds = [.. Tallies.FrontEnds(2).Select(frontEnd => frontEnd with { Pid = 0 })] }, 80, 24), "2 dead 2 1");

    [Fact]
    public void What_may_be_old_is_said_to_be() =>
        AssertHas(Show(Tallies.Overview() with { Problem = "Connection [refused]" }, 80, 24), "this may be old: Connection [refused]");

    [Fact]
    public void Before_the_board_is_read_it_says_so() => AssertHas(Show(new TallyOverview { IsTwoTier = true, Now = Tallies.Now }, 80, 24), "reading the board");

    /// <summary>Names in the raffle and reasons come from elsewhere.</summary>
    [Fact]
    public void Nothing_that_others_say_can_steer_the_terminal()
    {
        var screen = Show(Tallies.Overview() with { Happenings = [new Happening(Tallies.Now, HappeningKind.Loss, "[bold]\e[2J")] }, 80, 24);
        AssertHas(screen, "[bold] [2J");
        Assert.DoesNotContain(screen, line => line.Contains('\e', StringComparison.Ordinal));
        Assert.DoesNotContain(
            TallyReport.Raffle(new Lab.MedalTally.Group.RaffleView(1, 1, [new(100, "\e[2J")], new(100, "\e[2J"))), line => line.Contains('\e', StringComparison.Ordinal));
    }

    [Fact]
    public void A_group_fits_into_an_ordinary_terminal()
    {
        var lines = PlainText.Of(TallyReport.Group(Tallies.Group()), 160);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 100));
        AssertHas(lines, "0 database 2 4 all 250 012345 -80 us 894.8 ms 385 us");
        AssertHas(lines, "1 front-end 2 4 all 250 012345 -40 us silent 0 us");
        AssertHas(lines, "2 front-end leads 4 all 250 012345 0 us -3204.4 ms 0 us");
        AssertHas(lines, "round 1 of term 4: when it ended no two clocks differed by more than 891 us");
        Assert.All(lines.Take(4), line => Assert.InRange(line.Length, 1, 80));
    }

    [Fact]
    public void The_raffle_says_how_far_the_next_entry_is() => Assert.Equal(
        [
            "249 requests ordered, 2 in the raffle; the next one to enter is 51 requests away",
            "  request 100: asterix",
            "  request 200: obelix",
            "latest winner: obelix, by request 200",
        ],
        TallyReport.Raffle(new Lab.MedalTally.Group.RaffleView(250, 249, Tallies.Group()[0].Entries, new(200, "obelix"))));

    private string[] Show(TallyOverview overview, int width, int height, IReadOnlyList<string>? answer = null, AnsiSupport ansi = AnsiSupport.No)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = ansi, Out = new AnsiConsoleOutput(text) });
        (console.Profile.Width, console.Profile.Height) = (width, height);
        console.Write(new TallyView(overview, answer ?? [], _editor));
        return text.ToString().Split('\n');
    }

    /// <summary>However many spaces there are.</summary>
    private static void AssertHas(IReadOnlyList<string> screen, string text) => Assert.True(
        screen.Any(line => Spaces().Replace(line, " ").Contains(text, StringComparison.Ordinal)), $"'{text}' is not in:\n{string.Join('\n', screen)}");

    [GeneratedRegex(" +", RegexOptions.None, 1000)]
    private static partial Regex Spaces();
}
