namespace Lab.Topology;

/// <summary>A lab that runs, whoever started it: all that experiments need of it.</summary>
public interface IRunningLab : IAsyncDisposable
{
    LabEndpoints Endpoints { get; }

    /// <summary>What its services run in, for reports: <c>process</c>, <c>container (docker 20.10.24, cgroup v1)</c>.</summary>
    string Isolation { get; }

    /// <summary>The dashboard that was started with it; null when there is none.</summary>
    DashboardEndpoints? Dashboard { get; }

    /// <summary>Process ids of what runs as processes of this machine, as they are now.</summary>
    IReadOnlyDictionary<string, int> ProcessIds();
}

/// <summary>A dashboard that shows traces, metrics and logs.</summary>
/// <param name="Url">For browsers.</param>
/// <param name="Otlp">Takes OTLP over gRPC.</param>
public sealed record DashboardEndpoints(Uri Url, Uri Otlp);
