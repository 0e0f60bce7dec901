using System.Text.Json.Serialization;
using Lab.Telemetry.Requests;

namespace Lab.Harness.Archive;

/// <summary>A slow request of a cell, and where its time went.</summary>
/// <param name="TraceId">Of its trace (W3C Trace Context, 32 hexadecimal digits); null when nobody received traces.</param>
/// <param name="LatencyUs">As the client measured it.</param>
/// <param name="ServerUs">
/// From the arrival of its frame at the server to the leaving of its reply, which the server may notice after the client; null
/// when the server no longer knew it.
/// </param>
/// <param name="Stages">
/// What the server did, in the order in which it ended; stages may overlap. What they do not cover was spent on the network
/// or waiting for a processor.
/// </param>
public sealed record SlowRequest(
    string? TraceId,
    [property: JsonPropertyName("latency_us")] double LatencyUs,
    [property: JsonPropertyName("server_us")] double? ServerUs,
    IReadOnlyList<StageTimes> Stages);
