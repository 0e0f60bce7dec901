using Lab.Storage.MySql;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Lab.Marketplace.Server;

/// <summary>Healthy while a worker reaches the database.</summary>
internal sealed class DatabaseHealth(DatabaseWorkers database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.RunAsync(DatabaseAccess.Read, connection =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = "SELECT 1";
                return command.ExecuteScalar();
            });
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is DatabaseUnavailableException or DatabaseOverloadedException)
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
    }
}

/// <summary>Healthy while Redis answers.</summary>
internal sealed class RedisHealth(IConnectionMultiplexer redis) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.GetDatabase().PingAsync();
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (Storage.Redis.RedisConnection.IsUnavailable(exception))
        {
            return HealthCheckResult.Unhealthy(exception.Message);
        }
    }
}
