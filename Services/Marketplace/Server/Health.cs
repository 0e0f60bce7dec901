using Dapper;
using Lab.Storage.MySql;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Lab.Marketplace.Server;

/// <summary>Healthy while the database answers.</summary>
internal sealed class DatabaseHealth(DatabasePool database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await database.RunAsync(DatabaseAccess.Read, session => session.Connection.ExecuteScalarAsync<int>("SELECT 1"));
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
