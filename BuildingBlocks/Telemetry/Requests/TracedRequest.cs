using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Lab.Telemetry.Requests;

/// <summary>A request that somebody wants to know about afterwards: body of <c>POST /admin/traces</c>.</summary>
/// <param name="Id">The request's.</param>
/// <param name="TraceParent">
/// The caller's span as W3C Trace Context writes it; sampled, it makes the server publish its spans. Null when only the
/// times are wanted.
/// </param>
public sealed record TracedRequest(long Id, string? TraceParent)
{
    /// <summary>Null when there is none, or it is not well-formed.</summary>
    [JsonIgnore]
    public ActivityContext? Context => ActivityContext.TryParse(TraceParent, null, isRemote: true, out var context) ? context : null;
}

/// <summary>Where a server's time for a request went: reply of <c>POST /admin/traces</c>.</summary>
/// <param name="Id">The request's.</param>
/// <param name="DurationUs">From the frame's arrival to the reply's leaving, in microseconds.</param>
/// <param name="Stages">In the order in which they ended; stages may overlap.</param>
public sealed record RequestTimes(
    long Id,
    [property: JsonPropertyName("duration_us")] double DurationUs,
    IReadOnlyList<StageTimes> Stages)
{
    internal static RequestTimes Of(in RequestTimings timings)
    {
        var stages = new List<StageTimes>(timings.StageCount);
        for (var index = 0; index < timings.StageCount; index++)
        {
            var stage = timings.Stage(index);
            stages.Add(new StageTimes(stage.Stage, stage.Start.TotalMicroseconds, stage.Duration.TotalMicroseconds, stage.SharedBy));
        }

        return new RequestTimes(timings.Id, timings.Duration.TotalMicroseconds, stages);
    }
}

/// <summary>A stage of a request.</summary>
/// <param name="Stage">Which one.</param>
/// <param name="StartUs">Microseconds after the frame's arrival.</param>
/// <param name="DurationUs">Microseconds.</param>
/// <param name="SharedBy">Requests that were served together in it.</param>
public sealed record StageTimes(
    [property: JsonConverter(typeof(JsonStringEnumConverter<RequestStage>))] RequestStage Stage,
    [property: JsonPropertyName("start_us")] double StartUs,
    [property: JsonPropertyName("duration_us")] double DurationUs,
    [property: JsonPropertyName("sharedBy")] int SharedBy);
