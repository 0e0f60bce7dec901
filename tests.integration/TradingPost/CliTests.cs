using System.Text.Json;
using System.Text.RegularExpressions;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.TradingPost;

/// <summary>The command line without a terminal, with a real market: one that it starts itself, and one that is up already.</summary>
public sealed partial class CliTests : IDisposable
{
    private const int Done = 0;
    private const int Refused = 1;
    private const int Usage = 2;
    private const int NoLab = 3;

    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task A_market_is_started_steered_through_a_pipe_and_by_other_commands_and_ended()
    {
        using var market = Start();
        // Nobody else buys: what is for sale is what this test deposits.
        await market.WriteLineAsync("open sellers=0 buy_every_ms=off");
        await market.WaitForAsync("is open: 6 peers, accounts file, election and writes improved");
        await market.WriteLineAsync("deposit salt 10");
        await market.WaitForAsync("the trader keeps 10 salt for you");
        await market.WriteLineAsync("buy salt 2");
        await market.WaitForAsync("bought 2 salt from yourself for 30 coins");
        await market.WriteLineAsync("buy boar");
        await market.WaitForAsync("error: ");

        // By another process, as a user of a second terminal would.
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_state, "published.json")));
        var (code, output) = await RunAsync("kill", "trader");
        Assert.Equal(Done, code);
        Assert.Matches(Takeover(), output);
        // On a busy machine it need not be the highest one.
        var killed = Killed().Match(output).Groups["peer"].Value;
        await market.WaitForAsync($"peer {killed} killed");
        await market.WaitForAsync($"lost trader {killed}");

        // The new trader knows what the old one was told.
        (code, output) = await RunAsync("buy", "salt", "3");
        Assert.Equal((Done, true), (code, output.Contains("bought 3 salt from yourself for 45 coins", StringComparison.Ordinal)));
        await market.WriteLineAsync($"restart {killed}");
        await market.WaitForAsync($"peer {killed} is started anew");
        await AssertStatusAsync();

        (code, output) = await RunAsync("kill", "9");
        Assert.Equal((Refused, true), (code, output.Contains("there is no peer '9'", StringComparison.Ordinal)));
        Assert.Equal(Usage, (await RunAsync("shoot", "3")).Code);

        await market.WriteLineAsync("quit");
        Assert.Equal(Refused, await market.WaitForExitAsync());
        Assert.DoesNotContain("crashed", market.Output, StringComparison.Ordinal);
        (code, output) = await RunAsync("status");
        Assert.Equal((NoLab, true), (code, output.Contains("no lab is up", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_pipe_with_commands_that_are_done_ends_with_success()
    {
        using var market = Start();
        await market.WriteLineAsync("pause trader");
        await market.WriteLineAsync("status");
        await market.WriteLineAsync("quit");
        Assert.Equal(Done, await market.WaitForExitAsync());
        Assert.Contains(", which traded, is stopped", market.Output, StringComparison.Ordinal);
        Assert.Matches(Takeover(), market.Output);
        Assert.Contains("paused", market.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_journal_is_told_shown_and_repaired_after_a_yes()
    {
        using var market = Start();
        await market.WriteLineAsync("open sellers=0 buy_every_ms=off");
        await market.WaitForAsync("is open: 6 peers");
        await market.WriteLineAsync("deposit salt 10");
        await market.WaitForAsync("the trader keeps 10 salt for you");
        await market.WriteLineAsync("buy salt 2");
        await market.WaitForAsync("bought 2 salt");
        var journal = Directory.GetFiles(_state, "*.journal", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        var bytes = await File.ReadAllBytesAsync(journal);
        await using (var file = new FileStream(journal, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            // The sale was acknowledged, and one bit of it is another one now.
            file.Seek(Array.LastIndexOf(bytes, (byte)'\n') - 5, SeekOrigin.Begin);
            file.WriteByte((byte)(bytes[Array.LastIndexOf(bytes, (byte)'\n') - 5] ^ 1));
        }

        await market.WriteLineAsync("kill trader");
        await market.WaitForAsync("cannot use the accounts");
        var (code, output) = await RunAsync("status");
        Assert.Equal((Done, true), (code, output.Contains($"{Path.GetFileName(journal)} is damaged at byte", StringComparison.Ordinal)));
        var terms = Directory.GetFiles(Path.GetDirectoryName(journal)!, "*.journal").Length;

        (code, output) = await RunAsync("repair");
        Assert.Equal((Refused, true), (code, output.Contains("nothing is changed yet", StringComparison.Ordinal)));
        Assert.Contains("lost: what term", output, StringComparison.Ordinal);
        Assert.Equal(Refused, (await RunAsync("buy", "salt", "1")).Code);
        // Each peer has taken one term at most, however long nobody could trade.
        Assert.InRange(Directory.GetFiles(Path.GetDirectoryName(journal)!, "*.journal").Length, terms, terms + 6);

        (code, output) = await RunAsync("repair", "--yes");
        Assert.Equal((Done, true), (code, output.Contains("repaired: ", StringComparison.Ordinal)));
        (code, output) = await RunAsync("buy", "salt", "3");
        Assert.Equal((Done, true), (code, output.Contains("bought 3 salt from yourself for 45 coins", StringComparison.Ordinal)));
        Assert.Equal(Done, (await RunAsync("repair")).Code);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(journal)!, "*.journal.damaged-*"));
        await market.WriteLineAsync("quit");
        await market.WaitForExitAsync();
    }

    private async Task AssertStatusAsync()
    {
        using var status = await AccountsAsync();
        var market = status.RootElement;
        Assert.True(market.GetProperty("balanced").GetBoolean());
        Assert.True(market.GetProperty("term").GetInt64() > 1);
        Assert.Equal(6, market.GetProperty("peers").GetArrayLength());
        var you = market.GetProperty("clients")[0];
        Assert.Equal(75, you.GetProperty("spent").GetInt64());
        Assert.Equal(60, you.GetProperty("earned").GetInt64());
        Assert.Equal(5, you.GetProperty("goods").GetProperty("salt").GetInt64());
        Assert.Equal(5, you.GetProperty("stock").GetProperty("salt").GetInt64());
    }

    /// <summary>While the peer that has come back takes over, nobody can tell the accounts.</summary>
    private async Task<JsonDocument> AccountsAsync()
    {
        const int MostAttempts = 20;
        for (var attempt = 1; ; attempt++)
        {
            var (code, output) = await RunAsync("status", "--json");
            Assert.Equal(Done, code);
            var status = JsonDocument.Parse(output);
            if (status.RootElement.GetProperty("balanced").ValueKind != JsonValueKind.Null)
            {
                return status;
            }

            status.Dispose();
            Assert.True(attempt < MostAttempts, $"nobody tells the accounts: {output}");
        }
    }

    private LabProgram Start(params IReadOnlyList<string> words) => LabProgram.Start(
        "Harness", new Dictionary<string, string>(StringComparer.Ordinal) { ["LAB_STATE"] = _state }, ["trading-post", .. words]);

    private async Task<(int Code, string Output)> RunAsync(params IReadOnlyList<string> words)
    {
        using var command = Start(words);
        var code = await command.WaitForExitAsync();
        return (code, command.Output);
    }

    [GeneratedRegex(@"peer (?<peer>\d), which traded, is killed", RegexOptions.None, 1000)]
    private static partial Regex Killed();

    [GeneratedRegex(@"peer \d trades in term \d+ after [\d.]+ ms \(detection [\d.]+ \+ agreement [\d.]+\)", RegexOptions.None, 1000)]
    private static partial Regex Takeover();
}
