using System.Diagnostics;

namespace Lab.Telemetry.Requests;

/// <summary>
/// Makes the spans of requests, most of them when a request has ended. Names and attributes follow OpenTelemetry's semantic conventions for RPC
/// servers and database clients.
/// </summary>
internal sealed class RequestSpans(string system) : IDisposable
{
    private readonly ActivitySource _source = new(Sources.Of(system));

    /// <param name="request">What it is.</param>
    /// <param name="parent">The caller's span; default to begin a trace.</param>
    /// <returns>Null when nobody receives traces.</returns>
    public Activity? Begin(in RequestTimings request, ActivityContext parent) => _source.StartActivity(
        request.Operation ?? "request",
        ActivityKind.Server,
        parent,
        startTime: new DateTimeOffset(DateTime.UtcNow - Stopwatch.GetElapsedTime(request.StartedTimestamp)));

    /// <summary>Of a stage that begins now.</summary>
    public Activity? Begin(RequestStage stage, Activity request) => Begin(stage, request.Context, DateTime.UtcNow, []);

    /// <summary>Of a stage that is over.</summary>
    public static void End(Activity span, StageTime stage, DateTime requestStarted)
    {
        if (Describe(stage.Stage) is { Database: { } database, Operation: var operation })
        {
            span.SetTag("db.system.name", database);
            span.SetTag("db.operation.name", operation);
        }

        if (stage.SharedBy > 1)
        {
            span.SetTag("db.operation.batch.size", (int)stage.SharedBy);
        }

        span.SetStartTime(requestStarted + stage.Start);
        span.SetEndTime(requestStarted + stage.Start + stage.Duration);
        span.Stop();
    }

    /// <param name="request">What was noted.</param>
    /// <param name="server">Its span.</param>
    /// <param name="begunStages">Spans that some stages have, or have where they were done for another request, too.</param>
    public void Publish(in RequestTimings request, Activity? server, ReadOnlySpan<Activity?> begunStages)
    {
        if (server is null)
        {
            return;
        }

        server.SetTag("rpc.system.name", "lab");
        server.SetTag("rpc.method", $"{system}/{request.Operation}");
        server.SetTag("lab.request_id", request.Id);
        if (request.Error is { } error)
        {
            server.SetTag("error.type", error);
            server.SetStatus(ActivityStatusCode.Error, error);
        }

        for (var index = 0; index < request.StageCount; index++)
        {
            var begun = begunStages.IsEmpty ? null : begunStages[index];
            if (begun?.ParentSpanId != server.SpanId)
            {
                Publish(request.Stage(index), server, begun);
            }
        }

        server.SetEndTime(server.StartTimeUtc + request.Duration);
        server.Stop();
    }

    public void Dispose() => _source.Dispose();

    /// <param name="stage">A stage.</param>
    /// <param name="server">The request's span.</param>
    /// <param name="shared">Where it was done, for several requests; null when it was this one's alone.</param>
    private void Publish(StageTime stage, Activity server, Activity? shared)
    {
        ActivityLink[] links = shared is null ? [] : [new ActivityLink(shared.Context)];
        if (Begin(stage.Stage, server.Context, server.StartTimeUtc + stage.Start, links) is { } span)
        {
            End(span, stage, server.StartTimeUtc);
        }
    }

    private Activity? Begin(RequestStage stage, ActivityContext parent, DateTime started, IEnumerable<ActivityLink> links)
    {
        var (name, database, _) = Describe(stage);
        return _source.StartActivity(
            name, database is null ? ActivityKind.Internal : ActivityKind.Client, parent, links: links, startTime: new DateTimeOffset(started));
    }

    internal static (string Name, string? Database, string? Operation) Describe(RequestStage stage) => stage switch
    {
        RequestStage.Session => ("redis session", "redis", "PEXPIRE"),
        RequestStage.Cache => ("redis cache", "redis", "MGET"),
        RequestStage.Database => ("mysql execute", "mysql", "EXECUTE"),
        RequestStage.Commit => ("mysql commit", "mysql", "COMMIT"),
        RequestStage.Parse => ("parse", null, null),
        RequestStage.Queue => ("queue", null, null),
        RequestStage.Write => ("write", null, null),
        _ => (stage.ToString(), null, null),
    };
}

/// <summary>Names of the lab's activity sources and meters.</summary>
public static class Sources
{
    /// <summary>Matches all of them.</summary>
    public const string All = "Lab.*";

    /// <param name="part">A system, or a part of the lab.</param>
    public static string Of(string part) => $"Lab.{part}";
}
