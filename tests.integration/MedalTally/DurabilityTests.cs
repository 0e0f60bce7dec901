using Lab.MedalTally;
using Lab.MedalTally.Api;
using Lab.MedalTally.Client;
using Lab.MedalTally.Tables;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>What was acknowledged is there, whoever dies.</summary>
[Collection(MedalTallyTests.Name)]
public sealed class DurabilityTests(MedalTallyLab lab)
{
    private const int Clients = 16;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "journal", MedalTallyTopology.Single)]
    [InlineData(true, "journal", MedalTallyTopology.DatabaseServer)]
    [InlineData(false, "mysql", MedalTallyTopology.Single)]
    [InlineData(false, "mysql", MarketplaceTopology.Database)]
    public async Task After_kill_9_in_the_middle_of_writes_everything_acknowledged_is_there_and_no_more_than_was_attempted(bool isTwoTier, string store, string victim)
    {
        var service = isTwoTier ? MedalTallyTopology.DatabaseServer : MedalTallyTopology.Single;
        var server = isTwoTier ? lab.FrontEnd(1) : lab.Single;
        await lab.SetFactorsAsync(service, ("store", store));
        var before = await lab.BoardAsync(server);
        var (acknowledged, attempted) = (new long[Clients], new long[Clients]);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writing = Enumerable.Range(0, Clients).Select(number => WriteAsync(number, isTwoTier, acknowledged, attempted, ending.Token)).ToList();
        await Eventually.TrueAsync(() => acknowledged.Sum() > 300, "nothing is acknowledged");

        await lab.Lab.KillAsync(victim, Token);
        await ReopenAsync(service, server, store);
        var atReturn = acknowledged.Sum();
        await Eventually.TrueAsync(() => acknowledged.Sum() > atReturn + 100, "nothing is acknowledged any more");
        await ending.CancelAsync();
        await Task.WhenAll(writing);

        var after = await lab.BoardAsync(server);
        for (var team = 0; team < Catalog.Teams.Count; team++)
        {
            var grown = after.Teams[team].Gold - before.Teams[team].Gold;
            Assert.InRange(grown, Enumerable.Range(0, Clients).Where(number => number % 4 == team).Sum(number => acknowledged[number]), Enumerable.Range(0, Clients).Where(number => number % 4 == team).Sum(number => attempted[number]));
        }

        await lab.SetFactorsAsync(service, ("store", "journal"));
    }

    [Fact]
    public async Task Every_store_has_a_board_of_its_own_and_keeps_it_while_another_one_is_used()
    {
        using var client = lab.NewClient();
        await lab.SetFactorsAsync(MedalTallyTopology.Single, ("store", "journal"));
        var journal = await client.GetBoardAsync(Token);
        await lab.SetFactorsAsync(MedalTallyTopology.Single, ("store", "mysql"));
        var mysql = await client.GetBoardAsync(Token);
        Assert.Equal(Catalog.Teams, mysql.Teams.Select(team => team.Team));
        Assert.Equal(Catalog.Events, mysql.Events.Select(score => score.Event));

        var increments = await Task.WhenAll(Enumerable.Range(0, 40).Select(async number =>
        {
            using var own = lab.NewClient();
            return await own.IncrementAsync("Gaul", Catalog.Medals[number % 3], Token);
        }));
        var score = await client.SetScoreAsync("Stone Skating", 8, 9, Token);
        Assert.Equal(new EventScore("Stone Skating", 8, 9), score);

        // Each was told of its row with its own medal, as it was at that moment: no two saw the same.
        Assert.Equal(40, increments.Distinct().Count());
        var after = await client.GetBoardAsync(Token);
        Assert.Equal(mysql.Version + 41, after.Version);
        Assert.Equal((14, 13, 13), (after.Teams[0].Gold - mysql.Teams[0].Gold, after.Teams[0].Silver - mysql.Teams[0].Silver, after.Teams[0].Bronze - mysql.Teams[0].Bronze));

        await lab.SetFactorsAsync(MedalTallyTopology.Single, ("store", "journal"));
        Assert.Equal(journal.Teams, (await client.GetBoardAsync(Token)).Teams);
        await lab.SetFactorsAsync(MedalTallyTopology.Single, ("store", "mysql"));
        Assert.Equal(after.Teams, (await client.GetBoardAsync(Token)).Teams);
        await lab.SetFactorsAsync(MedalTallyTopology.Single, ("store", "journal"));
    }

    [Fact]
    public async Task A_second_process_on_the_same_journal_fences_the_first()
    {
        var folder = Directory.CreateTempSubdirectory("lab-tally-").FullName;
        using (var first = Start(folder))
        {
            var address = await ListeningAsync(first);
            using var client = Client(address);
            await client.IncrementAsync("Egypt", "gold", Token);
            using var second = Start(folder);
            var other = await ListeningAsync(second);

            // It notices with its next write, and ends: whoever runs it starts it again.
            var refusal = await Record.ExceptionAsync(() => client.IncrementAsync("Egypt", "gold", Token));
            Assert.True(refusal is TallyException { IsOutcomeUnknown: true } or IOException, $"{refusal}");
            Assert.NotEqual(0, await first.WaitForExitAsync());
            using var next = Client(other);
            Assert.Equal(2, (await next.IncrementAsync("Egypt", "gold", Token)).Gold);
        }

        Directory.Delete(folder, recursive: true);

        static LabProgram Start(string folder) => LabProgram.Start(
            "MedalTally",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Service__Name"] = "tally-of-a-test",
                ["Service__DataFolder"] = folder,
                ["Service__LogFolder"] = folder,
                ["Service__AdminToken"] = "token",
                ["MedalTally__Listen"] = "127.0.0.1:0",
                ["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information",
                ["Logging__LogLevel__Default"] = "Information",
            },
            "single");

        static MedalTallyClient Client(Uri server) => new(new MedalTallyClientOptions { Server = server, AnnouncerSecret = TallySecrets.OfAnnouncer("token") });
    }

    /// <summary>The port of the API, of the two that it says it listens at.</summary>
    private async Task<Uri> ListeningAsync(LabProgram program)
    {
        const string Listening = "Now listening on: ";
        await program.WaitForAsync("Application started");
        foreach (var line in program.Output.Split('\n').Where(line => line.Contains(Listening, StringComparison.Ordinal)))
        {
            var address = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim());
            using var reply = await lab.Http.GetAsync(new Uri(address, "/board"), Token);
            if (reply.IsSuccessStatusCode)
            {
                return address;
            }
        }

        throw new InvalidOperationException(program.Output);
    }

    /// <summary>Who is started again begins with the journal.</summary>
    private async Task ReopenAsync(string service, Uri server, string store)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await lab.SetFactorsAsync(service, ("store", store));
                await lab.BoardAsync(server);
                return;
            }
            catch (Exception exception) when (attempt < 600 && exception is HttpRequestException or Xunit.Sdk.XunitException)
            {
                await Task.Delay(50, Token);
            }
        }
    }

    private async Task WriteAsync(int number, bool isTwoTier, long[] acknowledged, long[] attempted, CancellationToken ending)
    {
        using var client = lab.NewClient(isTwoTier);
        while (!ending.IsCancellationRequested)
        {
            var isAttempted = 0;
            try
            {
                await client.ReadyAsync(Token);
                attempted[number] += isAttempted = 1;
                await client.IncrementAsync(Catalog.Teams[number % 4], "gold", Token);
                acknowledged[number]++;
            }
            catch (TallyException refused) when (refused.IsTransient)
            {
                attempted[number] -= refused.IsOutcomeUnknown ? 0 : isAttempted;
                await Task.Delay(20, Token);
            }
            catch (Exception exception) when (exception is IOException or TimeoutException)
            {
                await Task.Delay(20, Token);
            }
        }
    }
}
