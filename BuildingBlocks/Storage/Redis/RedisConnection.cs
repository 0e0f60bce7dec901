using StackExchange.Redis;

namespace Lab.Storage.Redis;

/// <summary>One multiplexed connection per process, as the client library wants it.</summary>
public static class RedisConnection
{
    public static string DriverName =>
        "StackExchange.Redis " + typeof(ConnectionMultiplexer).Assembly.GetName().Version?.ToString(3);

    /// <summary>Returns even when the server is away; commands fail until it is back.</summary>
    public static async Task<ConnectionMultiplexer> ConnectAsync(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>The server is away or did not answer in time: a command may or may not have been executed.</summary>
    public static bool IsUnavailable(Exception exception) =>
        exception is RedisConnectionException or TimeoutException or RedisServerException { Message: "LOADING Redis is loading the dataset in memory" };
}
