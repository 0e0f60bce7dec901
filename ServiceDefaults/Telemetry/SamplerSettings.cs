using System.Globalization;
using Lab.Telemetry.Export;
using Lab.Telemetry.Requests;

namespace Lab.ServiceDefaults.Telemetry;

/// <summary>
/// What a service traces to begin with: nothing when nobody receives traces, otherwise what
/// <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c> say, and all requests when they say nothing
/// (OpenTelemetry specification, environment variables).
/// </summary>
internal static class SamplerSettings
{
    /// <summary>For cells of experiments that ask for a share without saying which.</summary>
    private const double DefaultRatio = 0.01;

    public static RequestTracer Create(string system) => Create(
        system,
        OtlpExport.IsWanted,
        Environment.GetEnvironmentVariable("OTEL_TRACES_SAMPLER"),
        Environment.GetEnvironmentVariable("OTEL_TRACES_SAMPLER_ARG"));

    internal static RequestTracer Create(string system, bool isExported, string? sampler, string? argument)
    {
        var ratio = double.TryParse(argument, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var given) && given <= 1
            ? given
            : DefaultRatio;
        var sampling = sampler switch
        {
            _ when !isExported => TraceSampling.None,
            "always_off" or "parentbased_always_off" => TraceSampling.None,
            "traceidratio" or "parentbased_traceidratio" => TraceSampling.Ratio,
            _ => TraceSampling.All,
        };
        return new RequestTracer(system, ratio, sampling);
    }
}
