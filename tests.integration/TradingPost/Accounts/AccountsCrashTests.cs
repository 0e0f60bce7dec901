using Lab.Journal;
using Lab.Tests.Unit.TradingPost.Accounts;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Integration.TradingPost.Accounts;

/// <summary>Traders as processes that are killed and stopped at any moment: nothing is lost that one was told is durable.</summary>
public abstract class AccountsCrashTests
{
    private const int Rounds = 20;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Empty when the test begins.</summary>
    protected abstract AccountsSettings Settings { get; }

    private AccountsSettings WithSnapshots => Settings with { SnapshotEvery = 40 };

    /// <summary>In the middle of a claim, an append, a snapshot: it claims again and again.</summary>
    [Fact]
    public async Task A_killed_trader_loses_nothing()
    {
        var durable = new List<AccountRecord>();
        for (var round = 0; round < Rounds; round++)
        {
            using var writer = AccountsWriterProcess.Start(new(WithSnapshots, Trader: 1, AppendsPerTerm: 25, MostRecords: 6));
            await writer.WaitUntilClaimedAsync();
            await Task.Delay(Random.Shared.Next(60), Token);
            await writer.KillAsync();
            durable.AddRange(writer.Durable.SelectMany(records => records));
            await CheckAsync(durable);
        }

        Assert.NotEmpty(durable);
    }

    [Fact]
    public async Task A_stopped_trader_is_fenced_when_it_wakes_and_what_it_was_told_before_is_there()
    {
        var durable = new List<AccountRecord>();
        for (var round = 0; round < Rounds / 4; round++)
        {
            using var writer = AccountsWriterProcess.Start(new(WithSnapshots, Trader: 1, AppendsPerTerm: int.MaxValue, MostRecords: 6));
            await writer.WaitUntilClaimedAsync();
            await Task.Delay(Random.Shared.Next(40), Token);
            writer.Stop();

            await using var accounts = AccountsFactory.Create(WithSnapshots, NullLogger.Instance);
            var market = new SampleMarket(await accounts.ClaimAsync(2, Token));
            var ours = market.Records(3);
            await accounts.AppendAsync(ours, Token);

            writer.Continue();
            await writer.WaitForExitAsync();
            Assert.Single(writer.All("fenced"));
            durable.AddRange(writer.Durable.SelectMany(records => records));
            durable.AddRange(ours);
            ours = market.Records(3);
            await accounts.AppendAsync(ours, Token);
            durable.AddRange(ours);
            await CheckAsync(durable);
        }
    }

    /// <summary>So often that it is stopped at every step of an append.</summary>
    [Fact]
    public async Task A_trader_that_is_stopped_all_the_time_while_others_take_over_loses_nothing()
    {
        const int Stops = 200;
        var durable = new List<AccountRecord>();
        using var writer = AccountsWriterProcess.Start(
            new(WithSnapshots, Trader: 1, AppendsPerTerm: int.MaxValue, MostRecords: 2, ClaimsWhenFenced: true));
        await writer.WaitUntilClaimedAsync();
        await using var accounts = AccountsFactory.Create(WithSnapshots, NullLogger.Instance);
        for (var stop = 0; stop < Stops; stop++)
        {
            await Task.Delay(Random.Shared.Next(5), Token);
            writer.Stop();
            try
            {
                var records = new SampleMarket(await accounts.ClaimAsync(2, Token)).Records(1);
                await accounts.AppendAsync(records, Token);
                durable.AddRange(records);
            }
            catch (FencedException)
            {
                // A claim of the other one was under way when it was stopped.
            }

            writer.Continue();
        }

        await writer.KillAsync();
        Assert.NotEmpty(writer.All("fenced"));
        durable.AddRange(writer.Durable.SelectMany(records => records));
        await CheckAsync(durable);
    }

    /// <summary>Several at once, each of which is killed or stopped for a while.</summary>
    [Fact]
    public async Task Traders_that_fight_while_they_are_stopped_and_killed_lose_nothing()
    {
        const int Traders = 3;
        var durable = new List<AccountRecord>();
        for (var round = 0; round < Rounds / 4; round++)
        {
            var writers = Enumerable.Range(0, Traders)
                .Select(trader => AccountsWriterProcess.Start(new(WithSnapshots, trader, AppendsPerTerm: 5, MostRecords: 3, ClaimsWhenFenced: true))).ToList();
            await Task.WhenAll(writers.Select(writer => writer.WaitUntilClaimedAsync()));
            foreach (var writer in writers.Concat(writers))
            {
                await Task.Delay(Random.Shared.Next(30), Token);
                writer.Stop();
                await Task.Delay(Random.Shared.Next(10), Token);
                writer.Continue();
            }

            await Task.Delay(Random.Shared.Next(60), Token);
            foreach (var writer in writers)
            {
                await writer.KillAsync();
                durable.AddRange(writer.Durable.SelectMany(records => records));
                writer.Dispose();
            }

            await CheckAsync(durable);
        }

        Assert.NotEmpty(durable);
    }

    /// <summary>The next claim has what the history says, and the history has everything that is durable, once.</summary>
    private async Task CheckAsync(List<AccountRecord> durable)
    {
        await using var accounts = AccountsFactory.Create(WithSnapshots, NullLogger.Instance);
        var claimed = await accounts.ClaimAsync(9, Token);
        var ledger = new Ledger();
        var happened = new HashSet<AccountRecord>();
        foreach (var entry in AccountsFactory.ReadHistory(WithSnapshots))
        {
            if (entry.Record is not null)
            {
                Assert.True(happened.Add(entry.Record), $"{entry} is there twice");
                ledger.Apply(entry.Record, entry.Term);
            }
        }

        Assert.Equal(ledger.ToSnapshot(), claimed.Ledger.ToSnapshot());
        Assert.DoesNotContain(durable, record => !happened.Contains(record));
    }
}
