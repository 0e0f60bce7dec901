using Lab.Coordination.Clocks;
using Lab.MedalTally.Api;
using Lab.MedalTally.Cli;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Group;

namespace Lab.Tests.Unit.MedalTally.Cli;

/// <summary>Medal tallies as they can be.</summary>
internal static class Tallies
{
    public static readonly DateTime Now = new(2022, 3, 1, 12, 0, 0, DateTimeKind.Local);

    public static readonly Board Board = new(
        12,
        [new TeamMedals("Gaul", 3, 0, 1), new TeamMedals("Rome", 2, 9, 9), new TeamMedals("Egypt", 0, 0, 0), new TeamMedals("Britannia", 3, 1, 0)],
        [new EventScore("Stone Curling", 7, 5), new EventScore("Stone Skating", 0, 0), new EventScore("Stone Jumping", 1, 120)]);

    public static IReadOnlyList<FrontEndState> FrontEnds(int count) =>
        [.. Enumerable.Range(1, count).Select(number => new FrontEndState(number, $"http://127.0.0.1:{20_000 + number}", 4000 + number, number, 1))];

    /// <summary>Of members 0 to 2; 2 leads, and has corrected clocks once.</summary>
    /// <param name="run">Of the group.</param>
    /// <param name="first">Whether member 1 took part in that.</param>
    public static IReadOnlyList<GroupState> Group(long run = 1, ClockMemberState first = ClockMemberState.Silent) =>
    [
        .. Enumerable.Range(0, 3).Select(id => new GroupState(
            run, id, 2, 4, [0, 1, 2], 250, "0123456789abcdef", 249, [new RaffleEntry(100, "asterix"), new RaffleEntry(200, "obelix")], null,
            1_000_000, 3_000_000 + (id * 40), id == 2 ? [Round(first)] : [])),
    ];

    public static TallyOverview Overview(int frontEnds = 3) => new()
    {
        IsTwoTier = true,
        Board = Board,
        Changed = new Dictionary<string, DateTime>(StringComparer.Ordinal) { ["Gaul"] = Now.AddSeconds(-1), ["Rome"] = Now.AddMinutes(-1) },
        WritesPerSecond = 2.5,
        FrontEnds = FrontEnds(frontEnds),
        Own = 1,
        Group = Group(),
        Happenings =
        [
            new Happening(Now.AddMinutes(-3), HappeningKind.Loss, "front-end 2 (pid 3999) has died"),
            new Happening(Now.AddSeconds(-12), HappeningKind.Score, "Stone Curling: Rome 7, Gaul 5"),
            new Happening(Now, HappeningKind.Medal, "a gold medal for Gaul: 3 gold, 0 silver, 1 bronze"),
        ],
        Now = Now,
    };

    private static ClockRound Round(ClockMemberState first) => new(
        4, 1, 2_000_000,
        [
            new ClockMember(2, ClockMemberState.Corrected, false, 0, -3_204_400, 0, 0),
            new ClockMember(0, ClockMemberState.Corrected, false, -4_000_000, 894_800, 770, 385),
            new ClockMember(1, first, false, 0, 0, 0, 0),
        ],
        891, 200);
}
