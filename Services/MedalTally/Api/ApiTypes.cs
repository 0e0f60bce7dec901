using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.MedalTally.Tables;
using Microsoft.AspNetCore.Mvc;

namespace Lab.MedalTally.Api;

/// <summary>The medals of a team.</summary>
public sealed record TeamMedals(string Team, long Gold, long Silver, long Bronze)
{
    internal static TeamMedals Of(TallyRow row) => new(row.Name, row.First, row.Second, row.Third);
}

/// <summary>The points of an event's two teams.</summary>
public sealed record EventScore(string Event, long Rome, long Gaul)
{
    internal static EventScore Of(TallyRow row) => new(row.Name, row.First, row.Second);
}

/// <summary>Everything.</summary>
/// <param name="Version">How many writes it has seen.</param>
/// <param name="Teams">Their medals.</param>
/// <param name="Events">Their scores.</param>
public sealed record Board(long Version, IReadOnlyList<TeamMedals> Teams, IReadOnlyList<EventScore> Events)
{
    internal static Board Of(BoardState state) => new(
        state.Version,
        [.. state.Rows.Where(row => row.Kind == RowKind.Team).OrderBy(row => row.Index).Select(TeamMedals.Of)],
        [.. state.Rows.Where(row => row.Kind == RowKind.Event).OrderBy(row => row.Index).Select(EventScore.Of)]);
}

/// <summary>What is pushed; one of the four is there.</summary>
/// <param name="Tally">With <c>event: tally</c>: a team's medals after a change.</param>
/// <param name="Score">With <c>event: score</c>: an event's score after a change.</param>
/// <param name="Board">With <c>event: board</c>: the changes that were asked for are no longer known, or none were; this is what they have led to.</param>
/// <param name="Reason">With <c>event: dropped</c>: the stream ends.</param>
public sealed record Update(TeamMedals? Tally = null, EventScore? Score = null, Board? Board = null, string? Reason = null);

/// <summary>Where a client finds a front-end.</summary>
/// <param name="Number">Which one, from 1.</param>
/// <param name="Url">Of its API.</param>
public sealed record FrontEndAddress(int Number, string Url);

/// <summary>The JSON of the API.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TeamMedals))]
[JsonSerializable(typeof(EventScore))]
[JsonSerializable(typeof(Board))]
[JsonSerializable(typeof(Update))]
[JsonSerializable(typeof(FrontEndAddress))]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(string))]
internal sealed partial class ApiJson : JsonSerializerContext;
