using Lab.Telemetry.Requests;

namespace Lab.ServiceDefaults.Telemetry;

/// <summary>tracing: which requests are followed through the server.</summary>
internal sealed class TracingFactor(RequestTracer tracer) : IRuntimeFactor
{
    public string Name => "tracing";

    public IReadOnlyList<string> Values { get; } = [.. Enum.GetNames<TraceSampling>().Select(name => name.ToLowerInvariant())];

    public string Current => tracer.Sampling.ToString().ToLowerInvariant();

    public Task SetAsync(string value, CancellationToken cancellationToken)
    {
        tracer.Sampling = Enum.Parse<TraceSampling>(value, ignoreCase: true);
        return Task.CompletedTask;
    }
}
