using Lab.MedalTally.Cli;
using Lab.MedalTally.Group;
using Lab.MedalTally.Tables;

namespace Lab.Tests.Unit.MedalTally.Cli;

public class TallyParserTests
{
    private const int Gaul = 0;
    private const int Rome = 1;
    private const int Curling = 0;
    private const int Skating = 1;

    [Fact]
    public void Every_command_is_understood()
    {
        Assert.Equal(new ShowBoard(), TallyParser.Parse("board"));
        Assert.Equal(new ShowTally(Gaul), TallyParser.Parse("  TALLY   gaul "));
        Assert.Equal(new ShowScore(Curling), TallyParser.Parse("score curling"));
        Assert.Equal(new AddMedal(Rome, Medal.Bronze), TallyParser.Parse("increment rome b"));
        Assert.Equal(new SetScore(Skating, 3, 5), TallyParser.Parse("set-score skating 3 5"));
        Assert.Equal(new WatchUpdates(null), TallyParser.Parse("watch"));
        Assert.Equal(new WatchUpdates(Curling), TallyParser.Parse("watch curling"));
        Assert.Equal(new ShowFrontEnds(), TallyParser.Parse("front-ends"));
        Assert.Equal(new SetFrontEnds(16), TallyParser.Parse("front-ends 16"));
        Assert.Equal(new KillFrontEnd(1), TallyParser.Parse("kill 1"));
        Assert.Equal(new ShowRaffle(), TallyParser.Parse("raffle"));
        Assert.Equal(new DrawWinner(), TallyParser.Parse("draw"));
        Assert.Equal(new OpenGroup(RequestOrder.Symmetric), TallyParser.Parse("group open"));
        Assert.Equal(new OpenGroup(RequestOrder.Symmetric), TallyParser.Parse("group open symmetric"));
        Assert.Equal(new OpenGroup(RequestOrder.Sequencer), TallyParser.Parse("group open seq"));
        Assert.Equal(new ShowGroup(), TallyParser.Parse("group"));
        Assert.Equal(new CloseGroup(), TallyParser.Parse("group close"));
        Assert.Equal(new ShowHelp(), TallyParser.Parse("help"));
        Assert.Equal(new Leave(), TallyParser.Parse("exit"));
        Assert.Equal(new Leave(), TallyParser.Parse("quit"));
        Assert.Null(TallyParser.Parse("   "));
    }

    [Theory]
    [InlineData("score \"Stone Curling\"")]
    [InlineData("score 'stone curling'")]
    [InlineData("score stone curling")]
    [InlineData("score Stone\" \"curl")]
    [InlineData("score stone c")]
    public void A_name_with_a_space_needs_no_quotes_and_may_have_them(string line) => Assert.Equal(new ShowScore(Curling), TallyParser.Parse(line));

    [Fact]
    public void A_name_with_a_space_may_be_followed_by_points() =>
        Assert.Equal(new SetScore(Skating, 0, 1_000_000_000), TallyParser.Parse("set-score stone skating 0 1000000000"));

    [Fact]
    public void Programs_may_ask_for_json_anywhere()
    {
        Assert.Equal(new ShowTally(Gaul) { AsJson = true }, TallyParser.Parse("tally --json gaul"));
        Assert.Equal(new ShowBoard { AsJson = true }, TallyParser.Parse(["--json"]));
    }

    [Theory]
    [InlineData("bord", "there is no command 'bord'; did you mean 'board'? commands are: board, tally")]
    [InlineData("board now", "'board' knows no 'now'")]
    [InlineData("tally", "tally gaul")]
    [InlineData("tally gual", "there is no team 'gual'; did you mean 'Gaul'? teams are: Gaul, Rome, Egypt, Britannia")]
    [InlineData("tally spain", "there is no team 'spain'; teams are: Gaul, Rome, Egypt, Britannia")]
    [InlineData("score", "score curling")]
    [InlineData("score stone", "'stone' can be Stone Curling or Stone Skating or Stone Jumping: type more of it")]
    [InlineData("score ''", "there is no event ''")]
    [InlineData("score culring", "did you mean 'Stone Curling'?")]
    [InlineData("score tone", "there is no event 'tone'")]
    [InlineData("increment gaul", "increment gaul gold")]
    [InlineData("increment gaul iron", "there is no medal 'iron'")]
    [InlineData("set-score curling 3", "set-score curling 3 5")]
    [InlineData("set-score curling 3 -5", "'-5' is no number of points: whole numbers from 0 to 1000000000")]
    [InlineData("set-score curling 3 1000000001", "'1000000001' is no number of points")]
    [InlineData("front-ends 0", "1 to 16: front-ends 4")]
    [InlineData("front-ends 17", "1 to 16: front-ends 4")]
    [InlineData("kill", "kill 1")]
    [InlineData("kill all", "kill 1")]
    [InlineData("group open backwards", "there is no order 'backwards'")]
    [InlineData("group shut", "'open symmetric', 'open sequencer' or 'close'")]
    [InlineData("score 'stone", "a quote is not closed: '")]
    public void What_is_wrong_is_said(string line, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => TallyParser.Parse(line)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_was_typed_cannot_steer_the_terminal() => Assert.DoesNotContain(
        '\e', Assert.Throws<FormatException>(() => TallyParser.Parse("score \e[2J")).Message);

    [Fact]
    public void The_help_shows_every_command_as_it_can_be_typed()
    {
        var typed = TallyParser.Help.Where(line => !line.StartsWith(' ')).Select(line => line.Split("  ")[0])
            .SelectMany(line => line.Split(" | ")).SelectMany(line => line.Split(", ")).Select(line => line.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal));
        Assert.All(typed, line => Assert.NotNull(TallyParser.Parse(line)));
        Assert.All(TallyParser.Help, line => Assert.InRange(line.Length, 1, 79));
    }

    [Theory]
    [InlineData("bo", "board ")]
    [InlineData("s", "s")]
    [InlineData("set", "set-score ")]
    [InlineData("tally b", "tally Britannia ")]
    [InlineData("increment rome g", "increment rome gold ")]
    [InlineData("score c", "score Curling ")]
    [InlineData("group o", "group open ")]
    [InlineData("group open se", "group open sequencer ")]
    [InlineData("", "")]
    public void What_is_clear_is_completed(string line, string completed)
    {
        Assert.Equal(completed, TallyParser.Complete(line));
        if (completed != line && completed.Contains(' ', StringComparison.Ordinal) && !completed.StartsWith("set", StringComparison.Ordinal))
        {
            Assert.NotNull(TallyParser.Parse(completed));
        }
    }
}
