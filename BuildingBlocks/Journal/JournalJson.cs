using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Journal;

/// <summary>The JSON of what a journal says of itself.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SegmentStart))]
[JsonSerializable(typeof(SegmentSnapshot))]
[JsonSerializable(typeof(SegmentEnd))]
internal sealed partial class JournalJson : JsonSerializerContext;

/// <summary>The first line of a segment: it has begun.</summary>
/// <param name="Segment">As in the file's name.</param>
/// <param name="Writer">Who took it.</param>
/// <param name="Base">What it continues; null: nothing was there.</param>
/// <param name="State">As it was when the segment began.</param>
internal sealed record SegmentStart(long Segment, int Writer, SegmentBase? Base, JsonElement State);

/// <summary>Where an earlier segment ends: what its writer wrote behind that place never happened.</summary>
/// <param name="Segment">The earlier one.</param>
/// <param name="Offset">In its file, in bytes: where the last line ends that counts.</param>
internal sealed record SegmentBase(long Segment, long Offset);

/// <summary>The only line of a snapshot's file.</summary>
/// <param name="Offset">In the segment's file, in bytes: where the journal goes on after the snapshot.</param>
/// <param name="State">As it was there.</param>
internal sealed record SegmentSnapshot(long Offset, JsonElement State);

/// <summary>The only line of the file that says up to where a segment was acknowledged.</summary>
/// <param name="End">In the segment's file, in bytes.</param>
internal sealed record SegmentEnd(long End);
