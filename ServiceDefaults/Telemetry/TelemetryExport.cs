using System.Runtime.CompilerServices;
using Lab.Telemetry.Export;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lab.ServiceDefaults.Telemetry;

/// <summary>
/// What a service sends over OTLP. A service that sends nothing shall not load OpenTelemetry: every assembly takes two
/// descriptors, which connections want, and memory, which the lab weighs. Hence the methods that are not inlined.
/// </summary>
internal static class TelemetryExport
{
    /// <summary>Somebody receives telemetry.</summary>
    public static bool IsWanted => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(OtlpExport.EndpointVariable));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddLogs(ILoggingBuilder logging, string service) => OtlpExport.AddLogs(logging, service);

    /// <summary>Held until the host has stopped, so that what its last requests left is still sent.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Begin(WebApplication app)
    {
        var export = OtlpExport.Start(
            app.Services.GetRequiredService<ServiceOptions>().Name, drivers: [.. app.Services.GetServices<DriverTelemetry>().Select(driver => driver.Name)]);
        app.Lifetime.ApplicationStopped.Register(() => export?.Dispose());
    }
}

/// <summary>A library of the service that makes spans for requests, and metrics.</summary>
/// <param name="Name">Of its activity source and of its meter.</param>
internal sealed record DriverTelemetry(string Name);
