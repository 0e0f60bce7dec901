using System.Diagnostics;
using System.Diagnostics.Metrics;
using Lab.Telemetry.Requests;

namespace Lab.Tests.Unit.Telemetry;

public class RequestMetricsTests
{
    /// <summary>Names and tags of OpenTelemetry's semantic conventions; of requests that become no traces, too.</summary>
    [Fact]
    public void Durations_are_recorded_for_whoever_listens()
    {
        var system = $"test-{Guid.NewGuid():N}";
        var seen = new List<(string Instrument, double Seconds, Dictionary<string, object?> Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Sources.Of(system))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) =>
            seen.Add((instrument.Name, seconds, new Dictionary<string, object?>(tags.ToArray(), StringComparer.Ordinal))));
        listener.Start();

        using var tracer = new RequestTracer(system, 0, TraceSampling.Ratio);
        var request = Assert.IsType<RequestTrace>(tracer.Begin()!.Identify(1, "make_purchase", null));
        request.Add(RequestStage.Database, 0, Stopwatch.Frequency / 4);
        request.Fail("out_of_stock");
        request.End();

        var call = Assert.Single(seen, measurement => measurement.Instrument == "rpc.server.call.duration");
        Assert.Equal(($"{system}/make_purchase", "out_of_stock"), (call.Tags["rpc.method"], call.Tags["error.type"]));
        var database = Assert.Single(seen, measurement => measurement.Instrument == "db.client.operation.duration");
        Assert.Equal((0.25, "mysql"), (database.Seconds, database.Tags["db.system.name"]));
    }
}
