using StackExchange.Redis;

namespace Lab.Storage.Redis;

/// <summary>One multiplexed connection per process, as the client library wants it.</summary>
public static class RedisConnection
{
    public static string DriverName => DriverVersion.Describe(typeof(ConnectionMultiplexer));

    /// <summary>Why something is no connection string, or null. The reason repeats no secret.</summary>
    public static string? WhyNot(string connectionString)
    {
        try
        {
            return ConfigurationOptions.Parse(connectionString).EndPoints.Count > 0 ? null : "it names no server";
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Returns even when the server is away; commands fail until it is back.</summary>
    public static async Task<ConnectionMultiplexer> ConnectAsync(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        // Commands fail at once while the server is away, instead of waiting for it for seconds.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.Tunnel = new RedisTunnel();
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>The server is away or did not answer in time: a command may or may not have been executed.</summary>
    public static bool IsUnavailable(Exception exception) =>
        exception is RedisConnectionException or TimeoutException
        || (exception is RedisServerException refusal && refusal.Message.StartsWith("LOADING ", StringComparison.Ordinal));
}
