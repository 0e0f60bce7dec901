using Lab.Telemetry.Requests;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Lab.Telemetry.Export;

/// <summary>
/// Sends traces, metrics and logs over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to. Protocol, headers and
/// intervals come from OpenTelemetry's other standard environment variables.
/// </summary>
public sealed class OtlpExport : IDisposable
{
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    private OtlpExport(string service, Uri? endpoint, IReadOnlyCollection<string> drivers)
    {
        // Which requests become traces has been decided before a span is made: all of them are exported.
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource(service))
            .AddSource([Sources.All, .. drivers])
            .SetSampler(drivers.Count == 0 ? new AlwaysOnSampler() : new DriverSampler())
            .AddOtlpExporter(options => options.Endpoint = endpoint ?? options.Endpoint)
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Resource(service))
            .AddMeter([Sources.All, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel", .. drivers])
            .AddOtlpExporter(options => options.Endpoint = endpoint ?? options.Endpoint)
            .Build();
    }

    /// <summary>Somebody receives telemetry.</summary>
    public static bool IsWanted => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EndpointVariable));

    /// <summary>Begins to export; null when nobody receives it.</summary>
    /// <param name="service">The resource's name; <c>OTEL_SERVICE_NAME</c> overrules it.</param>
    /// <param name="endpoint">Overrules the environment.</param>
    /// <param name="drivers">Activity sources and meters of libraries that work for requests, by name.</param>
    public static OtlpExport? Start(string service, Uri? endpoint = null, IReadOnlyCollection<string>? drivers = null) =>
        IsWanted || endpoint is not null ? new OtlpExport(service, endpoint, drivers ?? []) : null;

    /// <summary>Adds the log to what is exported, to where the environment says.</summary>
    public static void AddLogs(ILoggingBuilder logging, string service) => logging.AddOpenTelemetry(options =>
    {
        options.IncludeFormattedMessage = true;
        options.SetResourceBuilder(Resource(service)).AddOtlpExporter();
    });

    /// <summary>What has not been sent yet is sent first, for a few seconds at most.</summary>
    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static ResourceBuilder Resource(string service) =>
        ResourceBuilder.CreateEmpty().AddService(service, "lab", serviceInstanceId: $"{Environment.ProcessId}").AddEnvironmentVariableDetector();
}
