using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Lab.Telemetry.Requests;

/// <summary>Durations of requests and of their database work, in seconds, by OpenTelemetry's names.</summary>
internal sealed class RequestMetrics : IDisposable
{
    private readonly string _system;
    private readonly Meter _meter;
    private readonly Histogram<double> _requests;
    private readonly Histogram<double> _database;

    public RequestMetrics(string system)
    {
        _system = system;
        _meter = new Meter(Sources.Of(system));
        _requests = _meter.CreateHistogram<double>("rpc.server.call.duration", "s", "Duration of requests, from frame to reply.");
        _database = _meter.CreateHistogram<double>("db.client.operation.duration", "s", "Duration of database and cache work of requests.");
    }

    /// <summary>Somebody receives them.</summary>
    public bool IsEnabled => _requests.Enabled;

    public void Record(in RequestTimings request)
    {
        if (!IsEnabled)
        {
            return;
        }

        var tags = new TagList { { "rpc.system.name", "lab" }, { "rpc.method", $"{_system}/{request.Operation}" } };
        if (request.Error is { } error)
        {
            tags.Add("error.type", error);
        }

        _requests.Record(request.Duration.TotalSeconds, tags);
        for (var index = 0; index < request.StageCount; index++)
        {
            var stage = request.Stage(index);
            if (RequestSpans.Describe(stage.Stage) is { Database: { } database, Operation: var operation })
            {
                _database.Record(
                    stage.Duration.TotalSeconds,
                    new TagList { { "db.system.name", database }, { "db.operation.name", operation } });
            }
        }
    }

    public void Dispose() => _meter.Dispose();
}
