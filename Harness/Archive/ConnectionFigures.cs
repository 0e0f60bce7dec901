using System.Text.Json.Serialization;

namespace Lab.Harness.Archive;

/// <summary>What the connections of a cell did and cost, over all its iterations.</summary>
public sealed record ConnectionFigures
{
    /// <summary>Connections open at once in every iteration.</summary>
    public required long Open { get; init; }

    /// <summary>Connections opened over all iterations, warm-up included.</summary>
    public required long Opened { get; init; }

    /// <summary>Of these, connections that the server logged as closed properly, with the bytes and requests that the load counted.</summary>
    public required long LogLines { get; init; }

    /// <summary>From a connection's first request to its last reply, in seconds; the mean over all connections.</summary>
    [JsonPropertyName("duration_s")]
    public required Estimate? Duration { get; init; }

    /// <summary>New connections per second while they were opened.</summary>
    [JsonPropertyName("connect_rate")]
    public required double ConnectRate { get; init; }

    /// <summary>Processes the load was spread over.</summary>
    public required int LoadProcesses { get; init; }

    /// <summary>What an idle connection costs the server; null where it was not measured.</summary>
    public ConnectionMemory? Memory { get; init; }
}

/// <summary>
/// Memory and threads of the server process before its connections are opened and while all of them are open and idle.
/// Resident memory only: the kernel's socket buffers are not in it.
/// </summary>
public sealed record ConnectionMemory(
    [property: JsonPropertyName("rssBefore_bytes")] long RssBeforeBytes,
    [property: JsonPropertyName("rssIdle_bytes")] long RssIdleBytes,
    int ThreadsBefore,
    int ThreadsIdle,
    long Connections)
{
    [JsonPropertyName("perConnection_bytes")]
    public double PerConnectionBytes => Connections == 0 ? 0 : (double)(RssIdleBytes - RssBeforeBytes) / Connections;

    /// <summary>Null where the connections brought no threads: one or two more have other reasons.</summary>
    [JsonPropertyName("perThread_bytes")]
    public double? PerThreadBytes => Connections > 0 && ThreadsIdle - ThreadsBefore >= Connections / 2 ? (double)(RssIdleBytes - RssBeforeBytes) / (ThreadsIdle - ThreadsBefore) : null;
}
