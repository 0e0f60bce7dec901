using System.Text.Json.Serialization;

namespace Lab.Harness.Archive;

/// <summary>
/// What clients saw around something that happened to the system in the middle of each iteration, which is time 0. All
/// iterations lie upon each other.
/// </summary>
public sealed record Timeline
{
    /// <summary>Width of a bucket in microseconds.</summary>
    [JsonPropertyName("bucket_us")]
    public required long BucketUs { get; init; }

    /// <summary>Without a gap, in the order of time.</summary>
    public required IReadOnlyList<TimelineBucket> Buckets { get; init; }

    /// <summary>What happened when, in the order of time.</summary>
    public required IReadOnlyList<TimelineMarker> Markers { get; init; }
}

/// <summary>Operations that were answered within a short time.</summary>
/// <param name="FromUs">Where the bucket begins, in microseconds from what happened at 0; negative: before it.</param>
/// <param name="RateOps">Answers per second, mean over the iterations.</param>
/// <param name="P50Us">Half of these operations had taken at most this long; null where none was answered.</param>
/// <param name="P99Us">99 of 100 of them; null where none was answered.</param>
public sealed record TimelineBucket(
    [property: JsonPropertyName("from_us")] long FromUs,
    [property: JsonPropertyName("rate_ops")] double RateOps,
    [property: JsonPropertyName("p50_us")] double? P50Us,
    [property: JsonPropertyName("p99_us")] double? P99Us);

/// <summary>Something that happened in each iteration.</summary>
/// <param name="Name">What.</param>
/// <param name="AtUs">When, in microseconds from time 0: the median over the iterations.</param>
/// <param name="LatestUs">In the iteration where it was latest.</param>
public sealed record TimelineMarker(
    string Name, [property: JsonPropertyName("at_us")] double AtUs, [property: JsonPropertyName("latest_us")] double LatestUs);
