using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Lab.TradingPost.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.Tests.Unit.TradingPost.Running;

public class PeerOptionsTests
{
    /// <summary>No value is the one that a setting has by default: a setting that does not arrive is noticed.</summary>
    private static readonly PeerOptions Options = new()
    {
        Id = 1,
        Market = new MarketSettings
        {
            Peers = 3,
            Accounts = AccountsKind.MySql,
            Election = Design.AsPublished,
            Writes = Design.AsPublished,
            ThroughLinks = true,
            Sellers = 1,
            BuyEveryMs = 7,
            Stock = 8,
            Seed = 9,
        },
        Secret = MarketSecret.New(),
        Listen = "127.0.0.1:7001",
        Addresses = ["127.0.0.1:7000", "127.0.0.1:7001", "host:7002"],
        Accounts = new AccountsSettings
        {
            Kind = AccountsKind.MySql,
            Folder = "/journal",
            ConnectionString = "Server=host;Password=a=b;c",
            Market = "other",
            SnapshotEvery = 10,
        },
        OwnLedger = "/ledger",
    };

    [Fact]
    public void A_peer_reads_what_its_supervisor_has_written()
    {
        Assert.All(
            typeof(MarketSettings).GetProperties().Where(property => property.CanWrite),
            property => Assert.NotEqual(property.GetValue(new MarketSettings()), property.GetValue(Options.Market)));

        var read = Read(Options.ToEnvironment());

        Assert.Equal(Options.Addresses, read.Addresses);
        Assert.Equal(Options, read with { Addresses = Options.Addresses });
    }

    [Fact]
    public void What_is_null_stays_so()
    {
        var options = Options with { Market = Options.Market with { BuyEveryMs = null }, Accounts = new AccountsSettings { Kind = AccountsKind.File } };
        var read = Read(options.ToEnvironment());
        Assert.Equal(options.Market, read.Market);
        Assert.Equal(options.Accounts, read.Accounts);
    }

    [Theory]
    [InlineData("TradingPost__Peer__Id", "3", "TradingPost:Peer:Id")]
    [InlineData("TradingPost__Peer__Secret", "short", "TradingPost:Peer:Secret")]
    [InlineData("TradingPost__Peer__Listen", "nowhere", "TradingPost:Peer:Listen")]
    [InlineData("TradingPost__Peer__Addresses__3", "127.0.0.1:7003", "TradingPost:Peer:Addresses")]
    public void What_cannot_be_is_named(string variable, string value, string setting)
    {
        var environment = Options.ToEnvironment().ToDictionary(StringComparer.Ordinal);
        environment[variable] = value;
        var failure = Assert.Throws<OptionsValidationException>(() => Read(environment));
        Assert.StartsWith(setting, Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Printed_they_do_not_tell_their_secrets()
    {
        Assert.DoesNotContain(Options.Secret, $"{Options}", StringComparison.Ordinal);
        Assert.DoesNotContain("a=b", $"{Options} {Options.Accounts}", StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", Assert.Throws<FormatException>(() => new MarketSecret("c2VjcmV0")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_supervisor_there_is_no_peer() =>
        Assert.Contains("started by their supervisor", Assert.Throws<OptionsValidationException>(() => Read([])).Message, StringComparison.Ordinal);

    private static PeerOptions Read(IEnumerable<KeyValuePair<string, string>> environment)
    {
        var services = new ServiceCollection();
        PeerOptions.Add(services, new ConfigurationBuilder()
            .AddInMemoryCollection(environment.Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value)))
            .Build());
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IStartupValidator>().Validate();
        return provider.GetRequiredService<IOptions<PeerOptions>>().Value;
    }
}
