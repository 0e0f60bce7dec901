using Lab.Journal;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;

namespace Lab.Tests.Unit.TradingPost.Accounts;

/// <summary>What holds for accounts wherever they are durable.</summary>
public abstract class AccountsContract
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Empty when the test begins.</summary>
    protected abstract AccountsSettings Settings { get; }

    protected AccountsStore Open(int? snapshotEvery = null) => AccountsFactory.Create(
        Settings with { SnapshotEvery = snapshotEvery ?? Settings.SnapshotEvery },
        Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    protected List<JournalEntry> History() => [.. AccountsFactory.ReadHistory(Settings)];

    [Fact]
    public async Task The_first_claim_finds_nothing_and_has_term_1()
    {
        await using var accounts = Open();
        await accounts.PrepareAsync(Token);
        var claimed = await accounts.ClaimAsync(3, Token);
        Assert.Equal(1, claimed.Term);
        Assert.Equal(0, claimed.Ledger.Records);
        Assert.Equal([new JournalEntry(1, 3, null)], History());
    }

    [Fact]
    public async Task What_was_appended_is_there_after_the_next_claim_with_everything_a_record_holds()
    {
        await using var first = Open();
        var market = new SampleMarket(await first.ClaimAsync(1, Token));
        var records = market.Records(50);
        foreach (var part in records.Chunk(7))
        {
            await first.AppendAsync(part, Token);
        }

        await using var second = Open();
        var claimed = await second.ClaimAsync(2, Token);
        Assert.Equal(2, claimed.Term);
        Assert.Equal(market.Ledger.ToSnapshot(), claimed.Ledger.ToSnapshot());
        Assert.Equal(
            [new JournalEntry(1, 1, null), .. records.Select(record => new JournalEntry(1, 1, record)), new JournalEntry(2, 2, null)],
            History());
    }

    [Fact]
    public async Task Whoever_is_followed_by_a_higher_term_is_fenced_and_stays_so_until_it_claims_again()
    {
        await using var first = Open();
        await using var second = Open();
        var market = new SampleMarket(await first.ClaimAsync(1, Token));
        await first.AppendAsync(market.Records(1), Token);
        var ours = new SampleMarket(await second.ClaimAsync(2, Token));

        await Assert.ThrowsAsync<FencedException>(() => first.AppendAsync(market.Records(1), Token));
        await Assert.ThrowsAsync<IOException>(() => first.AppendAsync(market.Records(1), Token));
        await second.AppendAsync(ours.Records(1), Token);

        var again = await first.ClaimAsync(1, Token);
        Assert.Equal(3, again.Term);
        Assert.Equal(ours.Ledger.ToSnapshot(), again.Ledger.ToSnapshot());
        await Assert.ThrowsAsync<FencedException>(() => second.AppendAsync(ours.Records(1), Token));
    }

    [Fact]
    public async Task Claims_at_the_same_instant_get_different_terms_and_one_of_them_can_write()
    {
        const int Rounds = 20;
        const int Claimants = 4;
        for (var round = 0; round < Rounds; round++)
        {
            var accounts = Enumerable.Range(0, Claimants).Select(_ => Open()).ToList();
            await Task.WhenAll(accounts.Select(one => one.PrepareAsync(Token)));
            var claims = await Task.WhenAll(accounts.Select((one, trader) => TryAsync(() => one.ClaimAsync(trader, Token))));
            var terms = claims.OfType<ClaimedAccounts>().Select(claim => claim.Term).ToList();
            Assert.Distinct(terms);

            var wrote = await Task.WhenAll(claims.Select((claim, trader) => claim is null
                ? Task.FromResult<ClaimedAccounts?>(null)
                : TryAsync(async () =>
                {
                    await accounts[trader].AppendAsync(new SampleMarket(claim).Records(1), Token);
                    return claim;
                })));
            Assert.Equal(terms.Max(), Assert.Single(wrote.OfType<ClaimedAccounts>()).Term);
            await Task.WhenAll(accounts.Select(one => one.DisposeAsync().AsTask()));
        }

        Assert.Equal(Rounds, History().Count(entry => entry.Record is not null));
    }

    /// <summary>All at once, each claiming as soon as it is fenced: nobody waits for anybody.</summary>
    [Fact]
    public async Task Traders_that_fight_for_the_accounts_lose_nothing_that_was_durable()
    {
        const int Traders = 4;
        var fights = await Task.WhenAll(Enumerable.Range(0, Traders).Select(trader => Task.Run(() => FightAsync(trader))));
        var history = History();

        // The last fighter's last append may be there without anybody having been told; everything else is exact.
        var happened = history.Select(entry => entry.Record).OfType<AccountRecord>().ToHashSet();
        Assert.Equal(history.Count(entry => entry.Record is not null), happened.Count);
        Assert.All(fights.SelectMany(fight => fight.Durable), record => Assert.Contains(record, happened));
        Assert.NotEmpty(fights.SelectMany(fight => fight.Durable));
        Assert.Distinct(fights.SelectMany(fight => fight.Claims).Select(claim => claim.Term));

        var terms = history.Select(entry => entry.Term).ToList();
        Assert.Equal(terms.Order(), terms);
        var claims = fights.SelectMany(fight => fight.Claims).ToDictionary(claim => claim.Term, claim => claim.Snapshot);
        var ledger = new Ledger();
        foreach (var entry in history)
        {
            if (entry.Record is not null)
            {
                ledger.Apply(entry.Record, entry.Term);
            }
            else if (claims.TryGetValue(entry.Term, out var snapshot))
            {
                Assert.Equal(ledger.ToSnapshot(), snapshot);
            }
        }
    }

    [Fact]
    public async Task Snapshots_change_nothing_but_the_work_of_a_claim()
    {
        const int Terms = 5;
        for (var term = 1; term <= Terms; term++)
        {
            await using var accounts = Open(snapshotEvery: 10);
            var market = new SampleMarket(await accounts.ClaimAsync(term, Token));
            Assert.Equal(term, market.Term);
            foreach (var part in market.Records(137).Chunk(3))
            {
                await accounts.AppendAsync(part, Token);
            }
        }

        await using var last = Open();
        var claimed = await last.ClaimAsync(0, Token);
        Assert.Equal(Replay(History()).ToSnapshot(), claimed.Ledger.ToSnapshot());
        Assert.Equal(Terms * 137, claimed.Ledger.Records);
    }

    [Fact]
    public async Task A_record_that_cannot_follow_is_refused_and_nothing_of_its_append_is_written()
    {
        await using var accounts = Open();
        var market = new SampleMarket(await accounts.ClaimAsync(1, Token));
        var before = market.Ledger.ToSnapshot();
        IReadOnlyList<AccountRecord> records = [.. market.Records(1), new Joined(7, Session: 5, Nonce: 1)];
        await Assert.ThrowsAsync<InvalidOperationException>(() => accounts.AppendAsync(records, Token));
        await Assert.ThrowsAsync<IOException>(() => accounts.AppendAsync(market.Records(1), Token));

        Assert.Equal(before, (await accounts.ClaimAsync(1, Token)).Ledger.ToSnapshot());
        Assert.DoesNotContain(History(), entry => entry.Record is not null);
    }

    [Fact]
    public async Task Nothing_can_be_appended_without_a_term()
    {
        await using var accounts = Open();
        await Assert.ThrowsAsync<IOException>(() => accounts.AppendAsync([new Joined(0, 1, 1)], Token));
    }

    [Fact]
    public async Task After_a_reset_the_market_begins_again_and_who_wrote_before_cannot()
    {
        await using var old = Open(snapshotEvery: 1);
        var market = new SampleMarket(await old.ClaimAsync(1, Token));
        await old.AppendAsync(market.Records(3), Token);
        await AccountsFactory.ResetAsync(Settings, Token);
        Assert.Empty(History());
        Assert.True(await Record.ExceptionAsync(() => old.AppendAsync(market.Records(1), Token)) is FencedException or IOException);

        await AccountsFactory.ResetAsync(Settings, Token);
        await using var next = Open();
        var claimed = await next.ClaimAsync(2, Token);
        Assert.Equal(1, claimed.Term);
        Assert.Equal(0, claimed.Ledger.Records);
    }

    protected static Ledger Replay(IEnumerable<JournalEntry> history)
    {
        var ledger = new Ledger();
        foreach (var entry in history.Where(entry => entry.Record is not null))
        {
            ledger.Apply(entry.Record!, entry.Term);
        }

        return ledger;
    }

    private async Task<(List<AccountRecord> Durable, List<(long Term, byte[] Snapshot)> Claims)> FightAsync(int trader)
    {
        const int Claims = 30;
        const int MostAppends = 20;
        List<AccountRecord> durable = [];
        List<(long Term, byte[] Snapshot)> claims = [];
        await using var accounts = Open(snapshotEvery: 15);
        for (var claim = 0; claim < Claims; claim++)
        {
            try
            {
                var market = new SampleMarket(await accounts.ClaimAsync(trader, Token));
                claims.Add((market.Term, market.Ledger.ToSnapshot()));
                for (var append = 0; append < MostAppends; append++)
                {
                    var records = market.Records(1 + Random.Shared.Next(4));
                    await accounts.AppendAsync(records, Token);
                    durable.AddRange(records);
                }
            }
            catch (FencedException)
            {
                // As it must be: the others claim, too.
            }
        }

        return (durable, claims);
    }

    private static async Task<ClaimedAccounts?> TryAsync(Func<Task<ClaimedAccounts>> work)
    {
        try
        {
            return await work();
        }
        catch (FencedException)
        {
            return null;
        }
    }
}
