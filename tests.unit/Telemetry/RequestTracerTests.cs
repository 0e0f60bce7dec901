using System.Diagnostics;
using Lab.Telemetry.Export;
using Lab.Telemetry.Requests;
using OpenTelemetry.Trace;

namespace Lab.Tests.Unit.Telemetry;

public sealed class RequestTracerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _system = $"test-{Guid.NewGuid():N}";
    private readonly List<Activity> _spans = [];
    private readonly ActivityListener _listener;

    public RequestTracerTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Sources.Of(_system),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (_spans)
                {
                    _spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Without_tracing_there_is_nothing_to_note_times_in()
    {
        using var tracer = new RequestTracer(_system, 1, TraceSampling.None);
        Assert.Null(tracer.Begin());
    }

    [Fact]
    public async Task A_sampled_request_becomes_a_trace_with_its_stages_below_the_callers_span()
    {
        using var tracer = new RequestTracer(_system, 0, TraceSampling.Ratio);
        var caller = Context(ActivityTraceFlags.Recorded);
        var begun = DateTime.UtcNow;
        var request = Assert.IsType<RequestTrace>(tracer.Begin()!.Identify(7, "search_items", caller));
        var now = Stopwatch.GetTimestamp();
        request.Add(RequestStage.Queue, now, now + Milliseconds(2));
        request.Add(RequestStage.Database, now + Milliseconds(2), now + Milliseconds(5), sharedBy: 12);
        request.BeginReply();
        request.End();

        var spans = await SpansAsync(5);
        var server = spans.Single(span => span.Kind == ActivityKind.Server);
        Assert.Equal(("search_items", caller.TraceId, caller.SpanId), (server.OperationName, server.TraceId, server.ParentSpanId));
        Assert.Equal($"{_system}/search_items", server.GetTagItem("rpc.method"));
        Assert.Equal(["mysql execute", "parse", "queue", "write"], spans.Where(span => span != server).Select(span => span.OperationName).Order(StringComparer.Ordinal));
        Assert.All(spans.Where(span => span != server), span => Assert.Equal((server.TraceId, server.SpanId), (span.TraceId, span.ParentSpanId)));
        var database = spans.Single(span => span.OperationName == "mysql execute");
        Assert.Equal((ActivityKind.Client, "mysql", 12), (database.Kind, database.GetTagItem("db.system.name"), database.GetTagItem("db.operation.batch.size")));
        Assert.InRange(database.Duration.TotalMilliseconds, 2.99, 3.01);
        Assert.InRange(server.StartTimeUtc, begun.AddMilliseconds(-5), DateTime.UtcNow);
        Assert.True(server.StartTimeUtc <= database.StartTimeUtc);
    }

    [Theory]
    [InlineData(TraceSampling.Ratio, 0.0, null, false)]
    [InlineData(TraceSampling.Ratio, 1.0, null, true)]
    [InlineData(TraceSampling.Ratio, 1.0, ActivityTraceFlags.None, false)]
    [InlineData(TraceSampling.Ratio, 0.0, ActivityTraceFlags.Recorded, true)]
    [InlineData(TraceSampling.All, 0.0, ActivityTraceFlags.None, true)]
    [InlineData(TraceSampling.Tail, 1.0, null, false)]
    [InlineData(TraceSampling.Tail, 0.0, ActivityTraceFlags.Recorded, true)]
    public void The_callers_decision_is_followed_and_made_where_there_is_none(
        TraceSampling sampling, double ratio, ActivityTraceFlags? caller, bool expected)
    {
        using var tracer = new RequestTracer(_system, ratio, sampling);
        Assert.Equal(expected, tracer.Samples(caller is { } flags ? Context(flags) : null));
    }

    [Fact]
    public async Task With_tail_sampling_slow_requests_are_explained_and_traced_afterwards()
    {
        using var tracer = new RequestTracer(_system, 1, TraceSampling.Tail);
        for (var id = 1; id <= 100; id++)
        {
            Serve(tracer, id);
        }

        var caller = Context(ActivityTraceFlags.Recorded);
        var times = tracer.Explain([new TracedRequest(40, $"00-{caller.TraceId}-{caller.SpanId}-01"), new TracedRequest(60, null), new TracedRequest(1000, null)]);
        Assert.Equal([40L, 60L], times.Select(time => time.Id));
        Assert.Equal([RequestStage.Parse, RequestStage.Commit, RequestStage.Write], times[0].Stages.Select(stage => stage.Stage));
        Assert.InRange(times[0].Stages[1].DurationUs, 999, 1001);
        Assert.All(times, time => Assert.True(time.DurationUs > 0));

        var spans = await SpansAsync(4);
        Assert.All(spans, span => Assert.Equal(caller.TraceId, span.TraceId));
    }

    [Fact]
    public void Only_the_last_requests_are_kept()
    {
        var recent = new RecentRequests(4);
        using var tracer = new RequestTracer(_system, 1, TraceSampling.Tail);
        for (var id = 1; id <= 10; id++)
        {
            recent.Add(Serve(tracer, id));
        }

        Assert.Equal([7L, 10L], recent.Find(new HashSet<long> { 3, 6, 7, 10 }).Keys.Order());
    }

    [Fact]
    public void More_stages_than_have_room_are_left_out()
    {
        using var tracer = new RequestTracer(_system, 1, TraceSampling.Tail);
        var request = tracer.Begin()!.Identify(1, "make_purchase", null)!;
        for (var stage = 0; stage < 20; stage++)
        {
            request.Add(RequestStage.Database, 0, 1);
        }

        request.End();
        Assert.Equal(RequestTimings.MaxStages, tracer.Explain([new TracedRequest(1, null)])[0].Stages.Count);
    }

    [Fact]
    public async Task The_request_is_found_by_whoever_works_for_it_and_by_nobody_else()
    {
        using var tracer = new RequestTracer(_system, 1, TraceSampling.All);
        Assert.Equal((true, true), await HandleAsync());
        Assert.Null(RequestTrace.Current);

        async Task<(bool Here, bool OnAnotherThread)> HandleAsync()
        {
            var request = tracer.Begin()!.Identify(1, "login", null);
            return (RequestTrace.Current == request, await Task.Run(() => RequestTrace.Current == request));
        }
    }

    [Fact]
    public async Task A_stage_can_be_begun_for_drivers_to_find_and_be_shared()
    {
        using var tracer = new RequestTracer(_system, 1, TraceSampling.All);
        var first = tracer.Begin()!.Identify(1, "search_items", null)!;
        var second = tracer.Begin()!.Identify(2, "get_item", null)!;
        Assert.Null(Activity.Current);
        var begun = Assert.IsType<Activity>(first.Begin(RequestStage.Database));
        Assert.Same(begun, Activity.Current);
        var now = Stopwatch.GetTimestamp();
        first.Add(RequestStage.Database, now, now + Milliseconds(3), sharedBy: 2, begun);
        second.Add(RequestStage.Database, now, now + Milliseconds(3), sharedBy: 2, begun);
        Assert.Null(Activity.Current);
        first.End();
        second.End();

        var spans = await SpansAsync(6);
        var databases = spans.Where(span => span.OperationName == "mysql execute").ToDictionary(span => span.TraceId);
        Assert.Equal(2, databases.Count);
        var own = databases[spans.Single(span => span.OperationName == "search_items").TraceId];
        Assert.Same(begun, own);
        Assert.Equal(2, own.GetTagItem("db.operation.batch.size"));
        Assert.InRange(own.Duration.TotalMilliseconds, 2.99, 3.01);
        Assert.Empty(own.Links);
        var others = databases[spans.Single(span => span.OperationName == "get_item").TraceId];
        Assert.Equal(own.Context, Assert.Single(others.Links).Context);
    }

    [Fact]
    public async Task What_a_server_was_begun_by_is_not_the_parent_of_its_requests()
    {
        using var tracer = new RequestTracer(_system, 1, TraceSampling.All);
        using var adminCall = new Activity("admin call").Start();
        var request = tracer.Begin()!.Identify(1, "login", null)!;
        Assert.Same(adminCall, Activity.Current);
        request.End();
        var server = Assert.Single(await SpansAsync(2), span => span.Kind == ActivityKind.Server);
        Assert.Equal(default, server.ParentSpanId);
        Assert.NotEqual(adminCall.TraceId, server.TraceId);
    }

    [Fact]
    public void What_becomes_no_trace_begins_no_span()
    {
        using var tracer = new RequestTracer(_system, 0, TraceSampling.Tail);
        Assert.Null(tracer.Begin()!.Identify(1, "search_items", null)!.Begin(RequestStage.Database));
        Assert.Null(Activity.Current);
    }

    [Theory]
    [InlineData(ActivityKind.Server, null, true)]
    [InlineData(ActivityKind.Server, ActivityTraceFlags.None, true)]
    [InlineData(ActivityKind.Client, null, false)]
    [InlineData(ActivityKind.Client, ActivityTraceFlags.None, false)]
    [InlineData(ActivityKind.Client, ActivityTraceFlags.Recorded, true)]
    public void Drivers_begin_no_traces(ActivityKind kind, ActivityTraceFlags? parent, bool expected)
    {
        var span = new SamplingParameters(parent is { } flags ? Context(flags) : default, ActivityTraceId.CreateRandom(), "Execute", kind);
        Assert.Equal(expected, new DriverSampler().ShouldSample(span).Decision == SamplingDecision.RecordAndSample);
    }

    private static RequestTimings Serve(RequestTracer tracer, long id)
    {
        var request = tracer.Begin()!.Identify(id, "register_item_for_sale", null)!;
        request.Add(RequestStage.Commit, 0, Milliseconds(1));
        request.BeginReply();
        request.End();
        return request.Timings;
    }

    private static long Milliseconds(int milliseconds) => milliseconds * Stopwatch.Frequency / 1000;

    private static ActivityContext Context(ActivityTraceFlags flags) =>
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags, isRemote: true);

    private async Task<List<Activity>> SpansAsync(int count)
    {
        for (var begun = Stopwatch.GetTimestamp(); ; await Task.Delay(5, TestContext.Current.CancellationToken))
        {
            lock (_spans)
            {
                if (_spans.Count >= count)
                {
                    return [.. _spans];
                }
            }

            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, "the spans do not come");
        }
    }
}
