using System.Text.Json;
using System.Text.RegularExpressions;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>The command line without a terminal: it starts a medal tally, and other commands find it.</summary>
public sealed partial class MedalTallyCliTests : IDisposable
{
    private const int Done = 0;
    private const int Refused = 1;
    private const int Usage = 2;
    private const int NoLab = 3;

    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task A_medal_tally_is_started_steered_through_a_pipe_and_by_other_commands_and_ended()
    {
        using var tally = Start();
        await tally.WriteLineAsync("front-ends 2");
        await tally.WaitForAsync("front-end");
        await tally.WriteLineAsync("increment gaul gold");
        await tally.WaitForAsync("Gaul: 1 gold, 0 silver, 0 bronze");

        // By other processes, as users of other terminals would.
        using var watch = Start("watch");
        await watch.WaitForAsync("version 1: Gaul 1 0 0;");
        var (code, output) = await RunAsync("set-score", "curling", "3", "5");
        Assert.Equal((Done, "Stone Curling: Rome 3, Gaul 5"), (code, output.Trim()));
        await watch.WaitForAsync("Stone Curling: Rome 3, Gaul 5");
        await tally.WaitForAsync("Stone Curling: Rome 3, Gaul 5");

        // Whoever watches is pushed on by the other front-end, whichever dies.
        foreach (var number in (string[])["1", "2"])
        {
            (code, output) = await RunAsync("kill", number);
            Assert.Equal(Done, code);
            await tally.WaitForAsync($"front-end {number} (pid {Pid().Match(output).Groups["pid"].Value}) has died");
            await tally.WaitForAsync($"front-end {number} serves, as pid");
        }

        Assert.Equal(Done, (await RunAsync("increment", "rome", "silver")).Code);
        await watch.WaitForAsync("Rome: 0 gold, 1 silver, 0 bronze");

        (code, output) = await RunAsync("group", "open");
        Assert.True(code == Done, output);
        Assert.Contains("a group of 3 members is open", output, StringComparison.Ordinal);
        Assert.Contains("no two clocks differed by more than", output, StringComparison.Ordinal);
        Assert.Equal(Done, (await RunAsync("tally", "gaul")).Code);
        (code, output) = await RunAsync("raffle", "--json");
        Assert.True(code == Done, output);
        using var raffle = JsonDocument.Parse(output);
        Assert.True(raffle.RootElement.GetProperty("requests").GetInt64() >= 1);
        Assert.Equal(Done, (await RunAsync("group", "close")).Code);

        // One tier has a board of its own.
        (code, output) = await RunAsync("tally", "gaul", "--tier", "single");
        Assert.Equal((Done, "Gaul: 0 gold, 0 silver, 0 bronze"), (code, output.Trim()));
        Assert.Equal(Refused, (await RunAsync("kill", "9")).Code);
        Assert.Equal(Usage, (await RunAsync("score", "culring")).Code);

        await tally.WriteLineAsync("exit");
        Assert.Equal(Done, await tally.WaitForExitAsync());
        (code, output) = await RunAsync("board");
        Assert.Equal((NoLab, true), (code, output.Contains("no lab is up", StringComparison.Ordinal)));
    }

    private LabProgram Start(params IReadOnlyList<string> words) => LabProgram.Start(
        "Harness", new Dictionary<string, string>(StringComparer.Ordinal) { ["LAB_STATE"] = _state }, ["medal-tally", .. words]);

    private async Task<(int Code, string Output)> RunAsync(params IReadOnlyList<string> words)
    {
        using var command = Start(words);
        var code = await command.WaitForExitAsync();
        return (code, command.Output);
    }

    [GeneratedRegex(@"\(pid (?<pid>\d+)\) is killed", RegexOptions.None, 1000)]
    private static partial Regex Pid();
}
