using Lab.Marketplace.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.Tests.Unit.Marketplace;

/// <summary>What a marketplace server can be told, and how it refuses the rest.</summary>
public class MarketplaceOptionsTests
{
    [Fact]
    public void What_nobody_says_is_as_it_is_by_default() => Assert.Equal("async", Read<MarketplaceOptions>(MarketplaceOptions.AddTo).Engine);

    [Theory]
    [InlineData("Listen", "nowhere", "Marketplace:Listen must be ADDRESS:PORT such as 127.0.0.1:7000, not 'nowhere'")]
    [InlineData("Engine", "forks", "Marketplace:Engine must be one of threads, ")]
    [InlineData("Cache", "memcached", "Marketplace:Cache must be one of off, redis, not 'memcached'")]
    [InlineData("SessionTimeout", "-00:00:01", "Marketplace:SessionTimeout must be a time above zero such as 00:00:10, not -00:00:01")]
    [InlineData("PurchaseTimeout", "0", "Marketplace:PurchaseTimeout must be a time above zero")]
    [InlineData("PasswordIterations", "0", "Marketplace:PasswordIterations must be between 1 and 10000000, not 0")]
    [InlineData("DatabaseConnections", "257", "Marketplace:DatabaseConnections must be between 1 and 256, not 257")]
    [InlineData("MaxConnections", "-1", "Marketplace:MaxConnections must be between 1 and 100000, not -1")]
    public void A_setting_that_cannot_work_is_named_with_what_it_must_be(string setting, string value, string message)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Read<MarketplaceOptions>(MarketplaceOptions.AddTo, ($"Marketplace:{setting}", value)));
        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_cannot_work_is_said_at_once()
    {
        var refused = Assert.Throws<OptionsValidationException>(
            () => Read<MarketplaceOptions>(MarketplaceOptions.AddTo, ("Marketplace:Cache", "x"), ("Marketplace:MaxConnections", "0")));
        Assert.Equal(2, refused.Failures.Count());
    }

    [Fact]
    public void Databases_that_are_not_named_are_missed()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Read<ConnectionStrings>(ConnectionStrings.AddTo));
        Assert.Contains("ConnectionStrings:redis must be a connection string such as 127.0.0.1:6379: it is missing", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings:mysql must be a connection string such as ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("mysql_link", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis", "127.0.0.1:6379,password=hunter2,unheardOf=1")]
    [InlineData("mysql", "Server=127.0.0.1;Password=hunter2;Unheard Of=1")]
    [InlineData("mysql_link", "Server=127.0.0.1;Password=hunter2;Port=many")]
    public void Connection_strings_are_refused_without_their_secrets(string name, string value)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["redis"] = "127.0.0.1:6379",
            ["mysql"] = "Server=127.0.0.1",
            [name] = value,
        };
        var refused = Assert.Throws<OptionsValidationException>(() => Read<ConnectionStrings>(
            ConnectionStrings.AddTo, [.. given.Select(each => ($"ConnectionStrings:{each.Key}", each.Value))]));
        Assert.StartsWith($"ConnectionStrings:{name} must be a connection string", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_link_to_the_database_has_a_key_of_its_own() => Assert.Equal(
        "Server=127.0.0.2",
        Read<ConnectionStrings>(
            ConnectionStrings.AddTo,
            ("ConnectionStrings:redis", "127.0.0.1:6379"),
            ("ConnectionStrings:mysql", "Server=127.0.0.1"),
            ("ConnectionStrings:mysql_link", "Server=127.0.0.2")).MySqlLink);

    private static TOptions Read<TOptions>(Action<IServiceCollection> add, params (string Key, string Value)[] settings)
        where TOptions : class
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());
        add(services);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<TOptions>>().Value;
    }
}
