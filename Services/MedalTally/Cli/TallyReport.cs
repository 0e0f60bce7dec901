using System.Globalization;
using Lab.Coordination.Clocks;
using Lab.MedalTally.Api;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Group;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lab.MedalTally.Cli;

/// <summary>Board, front-ends and group as tables.</summary>
internal static class TallyReport
{
    private const int Gap = 2;
    private const int MostEntries = 10;
    private const int HashLetters = 6;
    private const int RaffleEvery = Lab.MedalTally.Group.Raffle.Every;

    /// <summary>Side by side the two parts of the board want so many letters.</summary>
    private const int WideBoard = 66;

    /// <summary>What has changed within this time stands out.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    /// <summary>Teams by their medals, gold first, and events.</summary>
    /// <param name="board">What is shown.</param>
    /// <param name="changed">When rows have changed, by name.</param>
    /// <param name="now">To know how long ago that was.</param>
    /// <param name="width">Narrow ones have the two parts one below the other.</param>
    public static IRenderable Board(Board board, IReadOnlyDictionary<string, DateTime> changed, DateTime now, int width)
    {
        var teams = NewTable("team", ">gold", ">silver", ">bronze");
        foreach (var team in board.Teams.OrderByDescending(team => team.Gold).ThenByDescending(team => team.Silver).ThenByDescending(team => team.Bronze))
        {
            teams.AddRow([.. Cells(team.Team, team.Gold, team.Silver, team.Bronze)]);
        }

        var events = NewTable("event", ">Rome", ">Gaul");
        foreach (var @event in board.Events)
        {
            events.AddRow([.. Cells(@event.Event, @event.Rome, @event.Gaul)]);
        }

        return width < WideBoard ? new Rows(teams, Text.Empty, events) : new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 6, 0) })
            .AddColumn(new GridColumn { NoWrap = true }).AddRow(teams, events);

        IEnumerable<string> Cells(string name, params IReadOnlyList<long> numbers)
        {
            var isFresh = changed.TryGetValue(name, out var at) && now - at < Fresh;
            return numbers.Select(Number).Prepend(Markup.Escape(name)).Select(cell => isFresh ? $"[bold green]{cell}[/]" : cell);
        }
    }

    /// <param name="frontEnds">All that are to serve.</param>
    /// <param name="own">Which one serves whoever looks on; null: none.</param>
    /// <param name="mostRows">Further ones are only counted.</param>
    public static Table FrontEnds(IReadOnlyList<FrontEndState> frontEnds, int? own, int mostRows = int.MaxValue)
    {
        var table = NewTable("front-end", ">pid", ">clients", ">starts", "");
        var shown = frontEnds.Count <= mostRows ? frontEnds.Count : Math.Max(0, mostRows - 1);
        foreach (var frontEnd in frontEnds.Take(shown))
        {
            table.AddRow(
                Number(frontEnd.Number),
                frontEnd.Pid == 0 ? "[red]dead[/]" : Number(frontEnd.Pid),
                Number(frontEnd.Connections),
                Number(frontEnd.Starts),
                frontEnd.Number == own ? "[grey]you are here[/]" : "");
        }

        if (shown < frontEnds.Count)
        {
            table.AddRow(shown == 0 ? $"[grey]all {frontEnds.Count}[/]" : $"[grey]{frontEnds.Count - shown} more[/]", "", Number(frontEnds.Skip(shown).Sum(frontEnd => (long)frontEnd.Connections)), "", "");
        }

        return table;
    }

    /// <summary>Who leads, in what order requests are put, how near clocks are.</summary>
    /// <param name="states">Of the members that answer, not none.</param>
    public static string GroupLine(IReadOnlyList<GroupState> states)
    {
        var leader = states.Select(state => state.Leader).OfType<int>().GroupBy(id => id).MaxBy(same => same.Count())?.Key;
        return string.Join(
            ", ",
            leader is { } id ? FormattableString.Invariant($"{NameOf(id)} leads in term {states.Max(state => state.Term)}") : "nobody leads",
            states.Any(state => state.Members.Count > 0) ? FormattableString.Invariant($"place {states.Max(state => state.Place)}") : "no order",
            LastRound(states) is { } round ? FormattableString.Invariant($"clocks within {round.BoundUs} us") : "clocks not corrected");
    }

    /// <summary>The members of a group, its clocks and its raffle.</summary>
    /// <param name="states">Of the members that answer, not none.</param>
    public static IRenderable Group(IReadOnlyList<GroupState> states)
    {
        var round = LastRound(states);
        var leader = states.FirstOrDefault(state => state.Id == state.Leader);
        var table = NewTable("member", "follows", ">term", "view", ">place", "order", ">clock", ">corrected", ">error");
        foreach (var state in states)
        {
            var member = round?.Members.FirstOrDefault(one => one.Id == state.Id);
            table.AddRow(
                state.Id == leader?.Id ? $"[bold green]{NameOf(state.Id)}[/]" : NameOf(state.Id),
                state.Leader is { } follows ? state.Id == follows ? "leads" : Number(follows) : "[yellow]nobody[/]",
                Number(state.Term),
                state.Members.Count == 0 ? "[yellow]none[/]" : state.Members.Count == states.Count ? "all" : string.Join(' ', state.Members),
                Number(state.Place),
                state.OrderHash[..Math.Min(HashLetters, state.OrderHash.Length)],
                leader is null ? "" : Microseconds(state.ClockUs - state.MonotonicUs - (leader.ClockUs - leader.MonotonicUs)),
                member switch
                {
                    null => "",
                    { State: ClockMemberState.Corrected } => Microseconds(member.CorrectionUs),
                    _ => $"[yellow]{member.State.ToString().ToLowerInvariant()}[/]",
                },
                member is null ? "" : Microseconds(member.ErrorUs));
        }

        return new Rows(
            table,
            new Markup(round is null
                ? "[grey]no round of clock synchronisation has ended yet[/]"
                : string.Create(CultureInfo.InvariantCulture, $"round {round.Number} of term {round.Term}: when it ended no two clocks differed by more than {round.BoundUs} us")),
            new Markup("[grey]order: the same for the same messages up to the same place; clock: ahead of the leader's now[/]"));
    }

    public static IReadOnlyList<string> Raffle(RaffleView raffle)
    {
        var next = RaffleEvery - (raffle.Requests % RaffleEvery);
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"{raffle.Requests} requests ordered, {raffle.Entries.Count} in the raffle; the next one to enter is {next} requests away"),
            .. raffle.Entries.TakeLast(MostEntries).Select(entry => string.Create(CultureInfo.InvariantCulture, $"  request {entry.Place}: {Printable(entry.Client)}")),
            raffle.Winner is { } winner ? string.Create(CultureInfo.InvariantCulture, $"latest winner: {Printable(winner.Client)}, by request {winner.Place}") : "nobody has won yet",
        ];
    }

    /// <summary>In a terminal a control character could do anything.</summary>
    public static string Printable(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter));

    private static ClockRound? LastRound(IReadOnlyList<GroupState> states) =>
        states.FirstOrDefault(state => state.Id == state.Leader)?.Rounds is [.., var last] ? last : null;

    private static string NameOf(int member) => FormattableString.Invariant($"{member} {(member == 0 ? "database" : "front-end")}");

    private static string Microseconds(long us) => Math.Abs(us) < 10_000
        ? FormattableString.Invariant($"{us} us")
        : FormattableString.Invariant($"{us / 1000.0:0.0} ms");

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <param name="columns">Names; those of numbers begin with <c>&gt;</c>.</param>
    private static Table NewTable(params IReadOnlyList<string> columns)
    {
        var table = new Table { Border = TableBorder.None, UseSafeBorder = false };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn($"[grey]{column.TrimStart('>')}[/]")
            {
                NoWrap = true,
                Padding = new Padding(0, 0, Gap, 0),
                Alignment = column.StartsWith('>') ? Justify.Right : Justify.Left,
            });
        }

        return table;
    }
}
