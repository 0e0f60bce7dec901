using System.Diagnostics;

namespace Lab.Telemetry.Requests;

/// <summary>
/// Records where the requests of a server spend their time, and makes traces of some. Their spans are completed after they
/// have ended, from the times that were noted: a request that becomes no trace costs a few clock readings.
/// </summary>
public sealed class RequestTracer : IDisposable
{
    /// <summary>Beyond these, traces are lost: a server that is asked for more than it can export goes on serving.</summary>
    private const int MaxUnpublished = 1024;

    /// <summary>An iteration of a full run has a hundred thousand requests.</summary>
    private const int Kept = 1 << 17;

    private readonly RequestSpans _spans;
    private readonly RequestMetrics _metrics;
    private RecentRequests? _recent;
    private int _unpublished;

    /// <param name="system">The system's name, also that of its activity source: <c>shop</c> makes <c>Lab.shop</c>.</param>
    /// <param name="ratio">Share of the requests that become traces under <see cref="TraceSampling.Ratio"/>.</param>
    /// <param name="sampling">To begin with.</param>
    public RequestTracer(string system, double ratio, TraceSampling sampling)
    {
        _spans = new RequestSpans(system);
        _metrics = new RequestMetrics(system);
        Ratio = ratio;
        Sampling = sampling;
    }

    public double Ratio { get; }

    /// <summary>May be changed while requests are served.</summary>
    public TraceSampling Sampling
    {
        get;
        set
        {
            _recent = value == TraceSampling.Tail ? _recent ?? new RecentRequests(Kept) : null;
            field = value;
        }
    }

    /// <summary>The times of all requests are wanted: to be asked for later, or for metrics that somebody receives.</summary>
    internal bool WantsAllTimes => Sampling == TraceSampling.Tail || _metrics.IsEnabled;

    /// <summary>A request has arrived.</summary>
    /// <returns>Null when tracing is off.</returns>
    public RequestTrace? Begin() => Sampling == TraceSampling.None ? null : new RequestTrace(this);

    /// <summary>Where requests spent their time; those with a sampled context become traces now.</summary>
    /// <param name="requests">Of a server with <see cref="TraceSampling.Tail"/>: ids, each with the caller's context.</param>
    /// <returns>Those that are still known.</returns>
    public IReadOnlyList<RequestTimes> Explain(IReadOnlyList<TracedRequest> requests)
    {
        var found = _recent?.Find(requests.Select(request => request.Id).ToHashSet()) ?? new Dictionary<long, RequestTimings>();
        var times = new List<RequestTimes>();
        foreach (var request in requests)
        {
            if (found.TryGetValue(request.Id, out var timings))
            {
                if (request.Context is { } context && IsRecorded(context))
                {
                    _spans.Publish(timings, _spans.Begin(timings, context), []);
                }

                times.Add(RequestTimes.Of(timings));
            }
        }

        return times;
    }

    public void Dispose()
    {
        _spans.Dispose();
        _metrics.Dispose();
    }

    /// <summary>A caller's decision is followed; where there is none, it is made here.</summary>
    internal bool Samples(ActivityContext? parent) => Sampling switch
    {
        TraceSampling.All => true,
        TraceSampling.None => false,
        _ when parent is { } context => IsRecorded(context),
        TraceSampling.Ratio => Random.Shared.NextDouble() < Ratio,
        _ => false,
    };

    /// <summary>Neither parent nor child of what the thread that serves the request was begun for, such as an admin call.</summary>
    internal Activity? Begin(RequestTrace request, ActivityContext parent)
    {
        var threads = Activity.Current;
        Activity.Current = null;
        var span = _spans.Begin(request.Timings, parent);
        Activity.Current = threads;
        return span;
    }

    internal Activity? Begin(RequestStage stage, Activity request) => _spans.Begin(stage, request);

    private static bool IsRecorded(ActivityContext context) => context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);

    internal void Ended(RequestTrace request)
    {
        _recent?.Add(request.Timings);
        _metrics.Record(request.Timings);
        if (request.Span is null)
        {
            return;
        }

        if (Interlocked.Increment(ref _unpublished) > MaxUnpublished)
        {
            Interlocked.Decrement(ref _unpublished);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static state =>
            {
                state.Tracer._spans.Publish(state.Request.Timings, state.Request.Span, state.Request.BegunStages);
                Interlocked.Decrement(ref state.Tracer._unpublished);
            },
            (Tracer: this, Request: request),
            preferLocal: false);
    }
}
