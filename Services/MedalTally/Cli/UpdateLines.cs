using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.MedalTally.Api;
using Lab.MedalTally.Dispatch;

namespace Lab.MedalTally.Cli;

/// <summary>What is pushed, as people and programs read it.</summary>
internal static class UpdateLines
{
    private const string Heartbeat = "heartbeat";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <returns>Null: nothing has happened.</returns>
    public static Happening? Describe(SseItem<Update> pushed, Board? before, DateTime now) => pushed.Data switch
    {
        { Tally: { } tally } => new Happening(now, HappeningKind.Medal, Won(tally, before) + Medals(tally)),
        { Score: { } score } => new Happening(now, HappeningKind.Score, $"{score.Event}: {Points(score)}"),
        { Board: { } board } => new Happening(now, HappeningKind.Loss, FormattableString.Invariant($"updates were missed; the board is at version {board.Version} now")),
        { Reason: { } reason } => new Happening(now, HappeningKind.Loss, $"updates end here ({reason}), and go on elsewhere"),
        _ => null,
    };

    /// <summary>A line with everything in it: how the board is when updates begin.</summary>
    public static string Describe(Board board) => FormattableString.Invariant($"version {board.Version}: ")
        + string.Join("; ", [.. board.Teams.Select(team => FormattableString.Invariant($"{team.Team} {team.Gold} {team.Silver} {team.Bronze}")), .. board.Events.Select(Score)]);

    public static string Score(EventScore score) => $"{score.Event}: {Points(score)}";

    public static string Medals(TeamMedals tally) => FormattableString.Invariant($"{tally.Team}: {tally.Gold} gold, {tally.Silver} silver, {tally.Bronze} bronze");

    /// <summary>The board after what was pushed; null while it is not known.</summary>
    public static Board? After(Board? before, SseItem<Update> pushed) => pushed.Data.Board ?? (before is null ? null : before with
    {
        Version = long.TryParse(pushed.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : before.Version,
        Teams = [.. before.Teams.Select(team => pushed.Data.Tally is { } tally && tally.Team == team.Team ? tally : team)],
        Events = [.. before.Events.Select(@event => pushed.Data.Score is { } score && score.Event == @event.Event ? score : @event)],
    });

    /// <summary>What has become of front-ends between two looks.</summary>
    public static IEnumerable<Happening> Compare(IReadOnlyList<FrontEndState> before, IReadOnlyList<FrontEndState> after, DateTime now)
    {
        foreach (var (was, isNow) in before.Join(after, was => was.Number, isNow => isNow.Number, (was, isNow) => (was, isNow)))
        {
            if (was.Pid != 0 && was.Pid != isNow.Pid)
            {
                yield return new Happening(now, HappeningKind.Loss, FormattableString.Invariant($"front-end {was.Number} (pid {was.Pid}) has died"));
            }

            if (isNow.Pid != 0 && was.Pid != isNow.Pid)
            {
                yield return new Happening(now, HappeningKind.Start, FormattableString.Invariant($"front-end {isNow.Number} serves, as pid {isNow.Pid}"));
            }
        }

        if (before.Count > 0 && before.Count != after.Count)
        {
            yield return new Happening(now, HappeningKind.Start, after.Count == 1 ? "one front-end serves" : FormattableString.Invariant($"{after.Count} front-ends serve"));
        }
    }

    /// <summary>One line of JSON; null: a heartbeat.</summary>
    public static string? ToJson(SseItem<Update> pushed) => pushed.EventType == Heartbeat ? null : JsonSerializer.Serialize(
        new { Event = pushed.EventType, Id = pushed.EventId, pushed.Data.Tally, pushed.Data.Score, pushed.Data.Board, pushed.Data.Reason }, Json);

    private static string Points(EventScore score) => FormattableString.Invariant($"Rome {score.Rome}, Gaul {score.Gaul}");

    private static string Won(TeamMedals after, Board? board)
    {
        var before = board?.Teams.FirstOrDefault(team => team.Team == after.Team);
        return before is null ? ""
            : after == before with { Gold = before.Gold + 1 } ? "a gold medal for "
            : after == before with { Silver = before.Silver + 1 } ? "a silver medal for "
            : after == before with { Bronze = before.Bronze + 1 } ? "a bronze medal for "
            : "";
    }
}
