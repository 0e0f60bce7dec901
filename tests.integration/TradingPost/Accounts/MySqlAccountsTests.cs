using Dapper;
using Lab.Storage.MySql;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Unit.TradingPost.Accounts;
using Lab.Topology;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Integration.TradingPost.Accounts;

/// <summary>A database, and nothing else.</summary>
public sealed class DatabaseLab : TestLab
{
    private int _markets;

    /// <summary>A market that nobody else has.</summary>
    public AccountsSettings NewMarket() => new()
    {
        Kind = AccountsKind.MySql,
        ConnectionString = DatabaseConnection,
        Market = FormattableString.Invariant($"market {Interlocked.Increment(ref _markets)}"),
    };

    protected override LabTopology Topology() =>
        LabTopology.Of(new SystemEntry { Name = "accounts", Databases = LabTopology.Complete().Databases, Services = [] });
}

[CollectionDefinition(Name)]
public sealed class DatabaseLabTests : ICollectionFixture<DatabaseLab>
{
    public const string Name = "database";
}

[Collection(DatabaseLabTests.Name)]
public sealed class MySqlAccountsCrashTests(DatabaseLab lab) : AccountsCrashTests
{
    protected override AccountsSettings Settings { get; } = lab.NewMarket();
}

/// <summary>Accounts in MySQL: the contract, and what only a server can suffer.</summary>
[Collection(DatabaseLabTests.Name)]
public sealed class MySqlAccountsTests(DatabaseLab lab) : AccountsContract
{
    protected override AccountsSettings Settings { get; } = lab.NewMarket();

    [Fact]
    public async Task A_lost_connection_ends_the_term_and_the_next_claim_opens_another_one()
    {
        await using var accounts = Open();
        var market = new SampleMarket(await accounts.ClaimAsync(1, Token));
        var records = market.Records(5);
        await accounts.AppendAsync(records, Token);
        EndConnections();
        await Assert.ThrowsAsync<IOException>(() => accounts.AppendAsync(market.Records(1), Token));

        var claimed = await accounts.ClaimAsync(1, Token);
        Assert.Equal(2, claimed.Term);
        Assert.Equal(records, History().Select(entry => entry.Record).Where(record => record is not null));
        await accounts.AppendAsync(new SampleMarket(claimed).Records(1), Token);
    }

    [Fact]
    public async Task A_connection_that_was_lost_while_nothing_happened_costs_a_claim_nothing()
    {
        await using var accounts = Open();
        await accounts.PrepareAsync(Token);
        EndConnections();
        Assert.Equal(1, (await accounts.ClaimAsync(1, Token)).Term);
    }

    [Fact]
    public async Task Markets_on_one_server_know_nothing_of_each_other()
    {
        var others = Settings with { Market = Settings.Market + " b" };
        await using var accounts = Open();
        await using var other = AccountsFactory.Create(others, NullLogger.Instance);
        var market = new SampleMarket(await accounts.ClaimAsync(1, Token));
        await other.ClaimAsync(2, Token);
        await accounts.AppendAsync(market.Records(3), Token);
        await AccountsFactory.ResetAsync(others, Token);
        Assert.Equal(4, History().Count);
        Assert.Empty(AccountsFactory.ReadHistory(others));
    }

    [Fact]
    public async Task A_missing_append_is_noticed()
    {
        await using var accounts = Open();
        var market = new SampleMarket(await accounts.ClaimAsync(1, Token));
        for (var append = 0; append < 3; append++)
        {
            await accounts.AppendAsync(market.Records(1), Token);
        }

        lab.Execute($"DELETE FROM lab_trading_post.append WHERE market = '{Settings.Market}' AND number = 2");
        Assert.Contains("append 2", (await Assert.ThrowsAsync<IOException>(() => accounts.ClaimAsync(1, Token))).Message, StringComparison.Ordinal);
        Assert.Contains("append 2", Assert.Throws<IOException>(History).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_used_costs_time_but_nothing_else()
    {
        await using (var accounts = Open(snapshotEvery: 1))
        {
            await accounts.AppendAsync(new SampleMarket(await accounts.ClaimAsync(1, Token)).Records(20), Token);
        }

        Assert.Equal(1, lab.Sql<int>($"SELECT COUNT(*) FROM lab_trading_post.snapshot WHERE market = '{Settings.Market}'"));
        lab.Execute($"UPDATE lab_trading_post.snapshot SET ledger = 'none' WHERE market = '{Settings.Market}'");
        await using var next = Open();
        Assert.Equal(20, (await next.ClaimAsync(2, Token)).Ledger.Records);
    }

    [Fact]
    public async Task Many_short_terms_take_snapshots_too()
    {
        for (var term = 0; term < 5; term++)
        {
            await using var accounts = Open(snapshotEvery: 10);
            await accounts.AppendAsync(new SampleMarket(await accounts.ClaimAsync(1, Token)).Records(4), Token);
        }

        Assert.Equal(3, lab.Sql<int>($"SELECT number FROM lab_trading_post.snapshot WHERE market = '{Settings.Market}'"));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_an_error_without_its_password()
    {
        await using var accounts = AccountsFactory.Create(
            Settings with { ConnectionString = "Server=127.0.0.1;Port=1;User ID=lab;Password=hush-hush" },
            NullLogger.Instance);
        var exception = await Assert.ThrowsAsync<IOException>(() => accounts.ClaimAsync(1, Token));
        Assert.DoesNotContain("hush", exception.ToString(), StringComparison.Ordinal);
    }

    private void EndConnections()
    {
        using var connection = MySqlDriver.Open(lab.DatabaseConnection);
        foreach (var id in connection.Query<long>(
            "SELECT id FROM information_schema.processlist WHERE db = 'lab_trading_post' AND id <> CONNECTION_ID()"))
        {
            connection.Execute(FormattableString.Invariant($"KILL {id}"));
        }
    }
}
