using Lab.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lab.ServiceDefaults;

/// <summary>What every service of the lab shares: configuration, logging, health, the admin endpoint, shutdown.</summary>
public static class ServiceDefaultsExtensions
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A host whose only HTTP endpoint is the admin endpoint; the service adds its own listeners.</summary>
    public static WebApplicationBuilder CreateLabService(string[] args)
    {
        // Configuration is given once, at the start: no thread needs to watch its files.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        var options = builder.Configuration.GetSection(ServiceOptions.Section).Get<ServiceOptions>() ?? new ServiceOptions();
        options.Validate();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<ServiceFailure>();
        // An endpoint, not a URL: URLs count for nothing as soon as a service gives the web server a listener of its own.
        builder.Configuration["Kestrel:Endpoints:Admin:Url"] = options.AdminUrl;
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
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
            TelemetryExport.AddLogs(builder.Logging, options.Name);
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

    /// <summary>
    /// Lets a service that has been started run until it is asked to stop, or until a part of it breaks
    /// (<see cref="ServiceFailure"/>).
    /// </summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> WaitForEndAsync(this WebApplication app)
    {
        var failure = app.Services.GetRequiredService<ServiceFailure>();
        var stopped = StopAndDisposeAsync(app);
        if (await Task.WhenAny(stopped, failure.Reported) != stopped)
        {
            // What is broken may not even stop: it then ends with the process.
            app.Lifetime.StopApplication();
            await Task.WhenAny(stopped, Task.Delay(2 * ShutdownTimeout));
            return ServiceFailure.ExitCode;
        }

        await stopped;
        return 0;
    }

    private static async Task StopAndDisposeAsync(WebApplication app)
    {
        await app.WaitForShutdownAsync();
        await app.DisposeAsync();
    }
}
