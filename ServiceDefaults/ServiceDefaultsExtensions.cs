using Lab.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.ServiceDefaults;

/// <summary>What every service of the lab shares: configuration, logging, health, the admin endpoint, shutdown.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>A host whose only HTTP endpoint is the admin endpoint; the service adds its own listeners.</summary>
    public static WebApplicationBuilder CreateLabService(string[] args)
    {
        // Configuration is given once, at the start: no thread needs to watch its files.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        builder.Services.AddOptions<ServiceOptions>().BindConfiguration(ServiceOptions.Section).Check(options => options.Problems());
        builder.Services.AddSingleton(services => services.GetRequiredService<IOptions<ServiceOptions>>().Value);
        builder.Services.AddSingleton<ServiceFailure>();
        // Not checked yet, but nothing listens before it is.
        var given = builder.Configuration.GetSection(ServiceOptions.Section).Get<ServiceOptions>() ?? new ServiceOptions();
        // An endpoint, not a URL: URLs count for nothing as soon as a service gives the web server a listener of its own.
        builder.Configuration["Kestrel:Endpoints:Admin:Url"] = given.AdminUrl;
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ServiceProgram.ShutdownTimeout);
        builder.Services.AddHealthChecks();
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        if (TelemetryExport.IsWanted)
        {
            TelemetryExport.AddLogs(builder.Logging, given.Name);
        }

        return builder;
    }

    /// <summary>Follows requests through the service; the factor <c>tracing</c> says which.</summary>
    /// <param name="services">The service's.</param>
    /// <param name="system">Its system's name.</param>
    public static IServiceCollection AddRequestTracing(this IServiceCollection services, string system) => services
        .AddSingleton(_ => SamplerSettings.Create(system))
        .AddSingleton<IRuntimeFactor, TracingFactor>()
        .AddSingleton<IAdminCalls, TraceCalls>();

    /// <summary>Health and admin endpoints (<see cref="AdminEndpoint"/>).</summary>
    /// <param name="app">The service.</param>
    /// <param name="mapMore">Adds admin calls of the service's own, below <c>/admin</c>; they want the token, too.</param>
    public static WebApplication MapLabDefaults(this WebApplication app, Action<IEndpointRouteBuilder>? mapMore = null)
    {
        app.MapHealthChecks("/health");
        if (TelemetryExport.IsWanted)
        {
            TelemetryExport.Begin(app);
        }

        AdminEndpoint.Map(app, app.Services.GetServices<IAdminCalls>(), mapMore);
        return app;
    }
}
