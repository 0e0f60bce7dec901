using StackExchange.Redis;

namespace Lab.Storage.Redis;

/// <summary>One multiplexed connection per process, as the client library wants it.</summary>
public static class RedisConnection
{
    public static string DriverName => DriverVersion.Describe(typeof(ConnectionMultiplexer));

    /// <summary>Returns even when the server is away; commands fail until it is back.</summary>
    public static async Task<ConnectionMultiplexer> ConnectAsync(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        FailFast(options);
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>
    /// Newer versions of the client keep commands for five seconds while the server is away; older ones, which have no
    /// such policy, fail them at once. So shall both.
    /// </summary>
    private static void FailFast(ConfigurationOptions options)
    {
        var policy = typeof(ConfigurationOptions).GetProperty("BacklogPolicy");
        policy?.SetValue(options, policy.PropertyType.GetProperty("FailFast")?.GetValue(null));
    }

    /// <summary>The server is away or did not answer in time: a command may or may not have been executed.</summary>
    public static bool IsUnavailable(Exception exception) =>
        exception is RedisConnectionException or TimeoutException
        || (exception is RedisServerException refusal && refusal.Message.StartsWith("LOADING ", StringComparison.Ordinal));
}
