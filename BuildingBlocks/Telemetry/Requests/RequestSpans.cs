using System.Diagnostics;

namespace Lab.Telemetry.Requests;

/// <summary>
/// Makes the spans of a request that has ended. Names and attributes follow OpenTelemetry's semantic conventions for RPC
/// servers and database clients.
/// </summary>
internal sealed class RequestSpans(string system) : IDisposable
{
    private readonly ActivitySource _source = new(Sources.Of(system));

    /// <param name="request">What was noted.</param>
    /// <param name="parent">The caller's span; default to begin a trace.</param>
    public void Publish(in RequestTimings request, ActivityContext parent)
    {
        var now = DateTime.UtcNow;
        var started = now - Stopwatch.GetElapsedTime(request.StartedTimestamp);
        using var server = _source.StartActivity(
            request.Operation ?? "request", ActivityKind.Server, parent, startTime: new DateTimeOffset(started));
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
            Publish(request.Stage(index), started, server.Context);
        }

        server.SetEndTime(started + request.Duration);
    }

    public void Dispose() => _source.Dispose();

    private void Publish(StageTime stage, DateTime requestStarted, ActivityContext parent)
    {
        var (name, database, operation) = Describe(stage.Stage);
        using var span = _source.StartActivity(
            name,
            database is null ? ActivityKind.Internal : ActivityKind.Client,
            parent,
            startTime: new DateTimeOffset(requestStarted + stage.Start));
        if (span is null)
        {
            return;
        }

        if (database is not null)
        {
            span.SetTag("db.system.name", database);
            span.SetTag("db.operation.name", operation);
        }

        if (stage.SharedBy > 1)
        {
            span.SetTag("db.operation.batch.size", (int)stage.SharedBy);
        }

        span.SetEndTime(requestStarted + stage.Start + stage.Duration);
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
