using Lab.ServiceDefaults;
using Lab.Storage.MySql;
using Lab.Storage.Redis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.Marketplace.Server;

/// <summary>How a marketplace server reaches its databases, under <c>ConnectionStrings:</c> in its configuration. Secrets.</summary>
internal sealed class ConnectionStrings
{
    private const string Section = "ConnectionStrings";
    private const string RedisExample = "127.0.0.1:6379";
    private const string MySqlExample = "Server=127.0.0.1;Port=3306;User ID=lab";

    public string? Redis { get; set; }

    public string? MySql { get; set; }

    /// <summary>The way through the fault proxy, where the runner has one.</summary>
    [ConfigurationKeyName("mysql_link")]
    public string? MySqlLink { get; set; }

    public static void AddTo(IServiceCollection services) =>
        services.AddOptions<ConnectionStrings>().BindConfiguration(Section).Check(options => options.Problems());

    private IEnumerable<string?> Problems() =>
    [
        Problem("redis", Redis, RedisConnection.WhyNot, RedisExample),
        Problem("mysql", MySql, MySqlDriver.WhyNot, MySqlExample),
        MySqlLink is null ? null : Problem("mysql_link", MySqlLink, MySqlDriver.WhyNot, MySqlExample),
    ];

    private static string? Problem(string name, string? value, Func<string, string?> whyNot, string example)
    {
        var reason = string.IsNullOrEmpty(value) ? "it is missing" : whyNot(value);
        return reason is null ? null : $"{Section}:{name} must be a connection string such as {example}: {reason}";
    }
}
