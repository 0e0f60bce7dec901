using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Lab.Telemetry.Export;

/// <summary>
/// For servers with drivers that make spans, too: keeps what a driver does for a request that is traced. All else it does
/// (health checks, requests that are not traced) would be a trace of its own with every statement.
/// </summary>
internal sealed class DriverSampler : Sampler
{
    private static readonly SamplingResult Keep = new(SamplingDecision.RecordAndSample);
    private static readonly SamplingResult Drop = new(SamplingDecision.Drop);

    /// <summary>Servers do not begin traces with client spans themselves.</summary>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Kind == ActivityKind.Client && !samplingParameters.ParentContext.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? Drop : Keep;
}
