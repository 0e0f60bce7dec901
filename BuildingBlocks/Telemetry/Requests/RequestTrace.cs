using System.Diagnostics;

namespace Lab.Telemetry.Requests;

/// <summary>
/// A request while it is served, in a server that records the times of its requests. Whatever works for the request finds
/// it as <see cref="Current"/> and adds its stage; without tracing there is none.
/// </summary>
public sealed class RequestTrace
{
    private static readonly AsyncLocal<RequestTrace?> Ambient = new();

    private readonly RequestTracer _tracer;
    private RequestTimings _timings;
    private Activity?[]? _begunStages;
    private long _repliedTimestamp;

    internal RequestTrace(RequestTracer tracer)
    {
        _tracer = tracer;
        _timings.StartedTimestamp = Stopwatch.GetTimestamp();
    }

    /// <summary>The request that the caller works for, or null: it is not traced.</summary>
    public static RequestTrace? Current
    {
        get => Ambient.Value;
        internal set => Ambient.Value = value;
    }

    /// <summary>Decided at the start: it becomes a trace as soon as it is answered.</summary>
    public bool IsSampled { get; private set; }

    /// <summary>Its span, when it becomes a trace and somebody receives traces.</summary>
    internal Activity? Span { get; private set; }

    /// <summary>Spans of stages, by the stages' indexes, that were begun with <see cref="Begin"/>, by this request or for it, too.</summary>
    internal ReadOnlySpan<Activity?> BegunStages => _begunStages;

    internal ref readonly RequestTimings Timings => ref _timings;

    /// <summary>What it is, as soon as that is known. From here on it is <see cref="Current"/>, if it is still wanted.</summary>
    /// <param name="id">Chosen by the client.</param>
    /// <param name="operation">Name in the protocol.</param>
    /// <param name="parent">What the frame says of the caller's trace (W3C Trace Context); null when it says nothing.</param>
    /// <returns>Itself, or null when nobody wants to know about this request.</returns>
    public RequestTrace? Identify(long id, string operation, ActivityContext? parent)
    {
        _timings.Id = id;
        _timings.Operation = operation;
        IsSampled = _tracer.Samples(parent);
        Span = IsSampled ? _tracer.Begin(this, parent ?? default) : null;
        _begunStages = Span is null ? null : new Activity?[RequestTimings.MaxStages];
        Add(RequestStage.Parse, _timings.StartedTimestamp, Stopwatch.GetTimestamp());
        if (!IsSampled && !_tracer.WantsAllTimes)
        {
            return null;
        }

        Current = this;
        return this;
    }

    /// <param name="stage">What was done.</param>
    /// <param name="startedTimestamp">As <see cref="Stopwatch.GetTimestamp"/> gives it.</param>
    /// <param name="endedTimestamp">Likewise.</param>
    /// <param name="sharedBy">Requests that were served together.</param>
    /// <param name="span">What <see cref="Begin"/> gave this request, or one with which it shared the stage: it is ended, or else linked to.</param>
    public void Add(RequestStage stage, long startedTimestamp, long endedTimestamp, int sharedBy = 1, Activity? span = null)
    {
        var time = _timings.Measure(stage, startedTimestamp, endedTimestamp, sharedBy);
        var index = _timings.Add(time);
        if (span is null || Span is null)
        {
            return;
        }

        if (index < RequestTimings.MaxStages)
        {
            _begunStages![index] = span;
        }

        if (span.ParentSpanId == Span.SpanId)
        {
            RequestSpans.End(span, time, Span.StartTimeUtc);
        }
    }

    /// <summary>
    /// Begins the span of a stage before the stage is over. It is <see cref="Activity.Current"/> of the caller from here on, so
    /// that spans of drivers find it.
    /// </summary>
    /// <returns>To be handed to <see cref="Add"/>, or stopped; null when the request becomes no trace.</returns>
    public Activity? Begin(RequestStage stage) => Span is null ? null : _tracer.Begin(stage, Span);

    /// <summary>It ends with an error.</summary>
    /// <param name="code">As the reply names it.</param>
    public void Fail(string code) => _timings.Error = code;

    /// <summary>Its reply is about to be made.</summary>
    public void BeginReply() => _repliedTimestamp = Stopwatch.GetTimestamp();

    /// <summary>Its reply has left, or has no receiver any more. Returns at once.</summary>
    public void End()
    {
        var now = Stopwatch.GetTimestamp();
        if (_repliedTimestamp != 0)
        {
            Add(RequestStage.Write, _repliedTimestamp, now);
        }

        _timings.End(now);
        _tracer.Ended(this);
    }
}
