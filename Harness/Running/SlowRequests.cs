using System.Diagnostics;
using Lab.Harness.Archive;
using Lab.Harness.Load;
using Lab.Telemetry.Requests;

namespace Lab.Harness.Running;

/// <summary>
/// Asks a server where the time of the slowest requests went, and makes traces of them: the client's span here, the server's
/// spans there. Decided after the requests have ended (tail sampling), so all others cost next to nothing.
/// </summary>
internal static class SlowRequests
{
    private static readonly ActivitySource Source = new(Sources.Of("load"));

    /// <param name="lab">Reaches the server.</param>
    /// <param name="service">The server.</param>
    /// <param name="operation">What all of them did.</param>
    /// <param name="slowest">Of one iteration.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabControlException">The server does not answer.</exception>
    public static async Task<IReadOnlyList<SlowRequest>> ExplainAsync(
        LabControl lab, string service, string operation, IReadOnlyList<SlowOperation> slowest, CancellationToken cancellationToken)
    {
        var spans = slowest.Select(slow => (slow.RequestId, Context: Publish(operation, slow)))
            .ToDictionary(span => span.RequestId, span => span.Context);
        var times = await lab.ExplainAsync(
            service, [.. spans.Select(span => new TracedRequest(span.Key, TraceParent(span.Value)))], cancellationToken);
        var known = times.ToDictionary(time => time.Id);
        return
        [
            .. slowest.Select(slow => new SlowRequest(
                spans[slow.RequestId]?.TraceId.ToHexString(),
                slow.LatencyNs / 1000.0,
                known.GetValueOrDefault(slow.RequestId)?.DurationUs,
                known.GetValueOrDefault(slow.RequestId)?.Stages ?? [])),
        ];
    }

    /// <returns>Null when nobody receives traces.</returns>
    private static ActivityContext? Publish(string operation, SlowOperation slow)
    {
        var started = DateTime.UtcNow - Stopwatch.GetElapsedTime(slow.StartedTimestamp);
        using var span = Source.StartActivity(operation, ActivityKind.Client, parentContext: default, startTime: new DateTimeOffset(started));
        span?.SetTag("lab.request_id", slow.RequestId);
        span?.SetEndTime(started.AddTicks(slow.LatencyNs / TimeSpan.NanosecondsPerTick));
        return span?.Context;
    }

    private static string? TraceParent(ActivityContext? context) =>
        context is { } span ? $"00-{span.TraceId}-{span.SpanId}-01" : null;
}
