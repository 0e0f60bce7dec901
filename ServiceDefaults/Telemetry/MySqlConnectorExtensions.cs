using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lab.ServiceDefaults.Telemetry;

/// <summary>
/// What Aspire's client integration of the same name registers, for a service that has a pool of jobs over that of the driver:
/// health, spans, metrics of the driver's pool.
/// </summary>
public static class MySqlConnectorExtensions
{
    private const string Driver = "MySqlConnector";

    /// <typeparam name="THealth">Asks the database as requests do.</typeparam>
    /// <param name="services">The service's.</param>
    public static IServiceCollection AddMySqlConnector<THealth>(this IServiceCollection services)
        where THealth : class, IHealthCheck
    {
        services.AddHealthChecks().AddCheck<THealth>("mysql", HealthStatus.Unhealthy);
        // Only names: without telemetry nobody listens, and a source that nobody listens to costs nothing.
        return services.AddSingleton(new DriverTelemetry(Driver));
    }
}
