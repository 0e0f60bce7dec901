using System.Text.Json;
using System.Threading.Channels;
using Lab.MedalTally.Cli;

namespace Lab.Tests.Unit.MedalTally.Cli;

/// <summary>Commands and what comes of them, over HTTP.</summary>
public class TallySessionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Medals_and_scores_are_announced_and_read()
    {
        await using var tally = await FakeTally.StartAsync();
        Assert.Equal(["Gaul: 1 gold, 0 silver, 0 bronze"], (await RunAsync(tally, "increment gaul gold")).Lines);
        Assert.Equal(["Stone Curling: Rome 3, Gaul 5"], (await RunAsync(tally, "set-score curling 3 5")).Lines);
        Assert.Equal(["Gaul: 1 gold, 0 silver, 0 bronze"], (await RunAsync(tally, "tally g")).Lines);
        Assert.Equal(["Stone Curling: Rome 3, Gaul 5"], (await RunAsync(tally, "score stone curling")).Lines);
        var board = await RunAsync(tally, "board");
        Assert.Equal(ExitCode.Done, board.Code);
        Assert.Matches("^Gaul +1 +0 +0 +Stone Curling +3 +5$", board.Lines[1]);
    }

    [Theory]
    [InlineData("board", "version", "0")]
    [InlineData("tally gaul", "team", "\"Gaul\"")]
    [InlineData("score curling", "rome", "0")]
    [InlineData("increment gaul gold", "gold", "1")]
    [InlineData("raffle", "place", "1")]
    public async Task Programs_get_json(string line, string name, string value)
    {
        await using var tally = await FakeTally.StartAsync();
        Assert.Equal(ExitCode.Done, (await RunAsync(tally, "group open")).Code);
        using var json = JsonDocument.Parse(Assert.Single((await RunAsync(tally, line + " --json")).Lines));
        Assert.Equal(value, json.RootElement.GetProperty(name).GetRawText());
    }

    [Fact]
    public async Task Programs_get_lists_of_front_ends_and_members_as_json()
    {
        await using var tally = await FakeTally.StartAsync();
        using var frontEnds = JsonDocument.Parse(Assert.Single((await RunAsync(tally, "front-ends --json")).Lines));
        Assert.Equal([4001, 4002], frontEnds.RootElement.EnumerateArray().Select(frontEnd => frontEnd.GetProperty("pid").GetInt32()));
        var opened = await RunAsync(tally, "group open sequencer");
        Assert.StartsWith("a group of 3 members is open, requests are ordered by a sequencer", opened.Lines[0], StringComparison.Ordinal);
        using var members = JsonDocument.Parse(Assert.Single((await RunAsync(tally, "group --json")).Lines));
        Assert.Equal(0, members.RootElement[0].GetProperty("id").GetInt32());
    }

    [Fact]
    public async Task Front_ends_are_counted_and_killed()
    {
        await using var tally = await FakeTally.StartAsync();
        Assert.Equal(4, (await RunAsync(tally, "front-ends 3")).Lines.Count);
        Assert.Contains("front-end 3 (pid 4003) is killed", Assert.Single((await RunAsync(tally, "kill 3")).Lines), StringComparison.Ordinal);
        Assert.Contains("5003", (await RunAsync(tally, "front-ends")).Lines[3], StringComparison.Ordinal);
        Assert.Equal((ExitCode.Refused, "front-end 9 does not run"), Failure(await RunAsync(tally, "kill 9")));
    }

    [Fact]
    public async Task Without_a_group_the_answer_says_how_to_open_one()
    {
        const string NoGroup = "no group is open; 'group open' opens one";
        await using var tally = await FakeTally.StartAsync();
        Assert.Equal((ExitCode.Refused, NoGroup), Failure(await RunAsync(tally, "group")));
        Assert.Equal((ExitCode.Refused, NoGroup), Failure(await RunAsync(tally, "raffle")));
    }

    [Fact]
    public async Task One_tier_says_what_it_has_not()
    {
        await using var tally = await FakeTally.StartAsync();
        using var runner = new TallyRunner(tally.Address, isTwoTier: false);
        foreach (var line in (string[])["front-ends", "kill 1", "group", "group open", "group close", "raffle", "draw"])
        {
            Assert.Equal(ExitCode.Usage, (await runner.RunAsync(TallyParser.Parse(line)!, Token)).Code);
        }

        Assert.Equal(ExitCode.Done, (await runner.RunAsync(TallyParser.Parse("increment gaul gold")!, Token)).Code);
    }

    [Fact]
    public async Task Where_nobody_answers_the_exit_code_says_so()
    {
        var tally = await FakeTally.StartAsync();
        using var runner = new TallyRunner(tally.Address, isTwoTier: true);
        await tally.DisposeAsync();
        foreach (var line in (string[])["board", "increment gaul gold", "group open"])
        {
            var (code, text) = Failure(await runner.RunAsync(TallyParser.Parse(line)!, Token));
            Assert.Equal(ExitCode.Unreachable, code);
            Assert.Contains("Is the lab still up?", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_write_whose_answer_is_lost_is_not_done_twice_and_not_called_failed()
    {
        await using var tally = await FakeTally.StartAsync();
        tally.LosesAnswers = true;
        var (code, text) = Failure(await RunAsync(tally, "increment gaul gold"));
        Assert.Equal(ExitCode.Refused, code);
        Assert.StartsWith("nobody knows whether it was done", text, StringComparison.Ordinal);
        Assert.Equal(["Gaul: 1 gold, 0 silver, 0 bronze"], (await RunAsync(tally, "tally gaul")).Lines);
    }

    [Fact]
    public async Task A_pipe_goes_on_after_an_error_and_ends_with_its_exit_code()
    {
        await using var tally = await FakeTally.StartAsync();
        var (code, output) = await PipeAsync(tally, "bord\nkill 9\n\nincrement gaul gold\nexit\nincrement gaul gold\n");
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("error: there is no command 'bord'; did you mean 'board'?", output, StringComparison.Ordinal);
        Assert.Contains("error: front-end 9 does not run", output, StringComparison.Ordinal);
        Assert.Equal(["Gaul: 1 gold, 0 silver, 0 bronze"], (await RunAsync(tally, "tally gaul")).Lines);
    }

    [Fact]
    public async Task A_program_reads_a_pipe_of_json_alone()
    {
        await using var tally = await FakeTally.StartAsync();
        var (code, output) = await PipeAsync(tally, "increment gaul gold\nboard\nfront-ends\n", asJson: true);
        Assert.Equal(ExitCode.Done, code);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
        }
    }

    [Fact]
    public async Task Updates_are_printed_as_they_are_pushed_and_losses_too()
    {
        await using var tally = await FakeTally.StartAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var output = new LineWriter();
        var session = new TallySession(tally.Address, isTwoTier: true).RunPlainAsync(input: null, output, asJson: false, over.Token);

        // Only what comes after the first board is an update.
        while (!output.Lines.Reader.TryPeek(out _))
        {
            await RunAsync(tally, "set-score curling 3 5");
            await Task.Delay(50, Token);
        }

        Assert.EndsWith("Stone Curling: Rome 3, Gaul 5", await output.Lines.Reader.ReadAsync(Token), StringComparison.Ordinal);
        await RunAsync(tally, "increment rome silver");
        await UntilAsync(output, "a silver medal for Rome: 0 gold, 1 silver, 0 bronze");
        await RunAsync(tally, "kill 2");
        await UntilAsync(output, "front-end 2 (pid 4002) has died");
        await UntilAsync(output, "front-end 2 serves, as pid 5002");
        await over.CancelAsync();
        Assert.Equal(ExitCode.Done, await session);
    }

    [Fact]
    public async Task A_watch_goes_on_where_it_was_at_another_front_end()
    {
        await using var tally = await FakeTally.StartAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var output = new LineWriter();
        var watching = new TallySession(tally.Address, isTwoTier: true).WatchAsync(new WatchUpdates(null), output, over.Token);
        Assert.StartsWith("version 0: Gaul 0 0 0; Rome 0 0 0", await output.Lines.Reader.ReadAsync(Token), StringComparison.Ordinal);
        await RunAsync(tally, "kill 1");
        await RunAsync(tally, "increment gaul gold");
        await UntilAsync(output, "front-end 1 is lost; front-end 2 goes on");
        Assert.EndsWith("a gold medal for Gaul: 1 gold, 0 silver, 0 bronze", await output.Lines.Reader.ReadAsync(Token), StringComparison.Ordinal);
        await over.CancelAsync();
        Assert.Equal(ExitCode.Done, await watching);
    }

    [Fact]
    public async Task A_watch_of_an_event_prints_its_scores_alone_as_json_for_programs()
    {
        await using var tally = await FakeTally.StartAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var output = new LineWriter();
        var watching = new TallySession(tally.Address, isTwoTier: true).WatchAsync(new WatchUpdates(0) { AsJson = true }, output, over.Token);
        Assert.StartsWith("{\"event\":\"board\",\"id\":\"0\",\"board\":{\"version\":0,", await output.Lines.Reader.ReadAsync(Token), StringComparison.Ordinal);
        await RunAsync(tally, "increment gaul gold");
        await RunAsync(tally, "set-score skating 1 1");
        await RunAsync(tally, "set-score curling 3 5");
        Assert.Equal(
            "{\"event\":\"score\",\"id\":\"3\",\"score\":{\"event\":\"Stone Curling\",\"rome\":3,\"gaul\":5}}", await output.Lines.Reader.ReadAsync(Token));
        await over.CancelAsync();
        await watching;
    }

    [Fact]
    public async Task The_token_is_not_printed()
    {
        await using var tally = await FakeTally.StartAsync();
        Assert.DoesNotContain("letmein", tally.Address.ToString(), StringComparison.Ordinal);
    }

    private static (int Code, string Line) Failure(TallyAnswer answer) => (answer.Code, Assert.Single(answer.Lines));

    private static async Task<TallyAnswer> RunAsync(FakeTally tally, string line)
    {
        using var runner = new TallyRunner(tally.Address, isTwoTier: true);
        return await runner.RunAsync(TallyParser.Parse(line)!, Token);
    }

    private static async Task<(int Code, string Output)> PipeAsync(FakeTally tally, string commands, bool asJson = false)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var code = await new TallySession(tally.Address, isTwoTier: true).RunPlainAsync(new StringReader(commands), TextWriter.Synchronized(output), asJson, Token);
        return (code, output.ToString());
    }

    private static async Task UntilAsync(LineWriter output, string text)
    {
        while (!(await output.Lines.Reader.ReadAsync(Token)).Contains(text, StringComparison.Ordinal))
        {
        }
    }

    private sealed class LineWriter : StringWriter
    {
        public Channel<string> Lines { get; } = Channel.CreateUnbounded<string>();

        public override void WriteLine(string? value) => Lines.Writer.TryWrite(value ?? "");

        public override Task WriteLineAsync(string? value)
        {
            WriteLine(value);
            return Task.CompletedTask;
        }
    }
}
