using System.Globalization;
using System.Text;
using Lab.MedalTally.Api;
using Lab.MedalTally.Group;
using Lab.MedalTally.Tables;
using Lab.Terminal;

namespace Lab.MedalTally.Cli;

/// <summary>Makes commands of what a user types: at the prompt, in a pipe, or as arguments.</summary>
internal static class TallyParser
{
    private const string Json = "--json";

    private static readonly string[] Names =
        ["board", "tally", "score", "increment", "set-score", "watch", "front-ends", "kill", "raffle", "draw", "group", "help", "exit"];

    private static readonly string[] GroupWords = ["open", "close"];

    private static readonly string[] Orders = ["symmetric", "sequencer"];

    /// <summary>A line per command, for people.</summary>
    public static IReadOnlyList<string> Help { get; } =
    [
        "board                      everything: medals of teams, scores of events",
        "tally gaul                 the medals of a team",
        "score curling              the score of an event",
        "increment gaul gold        one medal more: gold, silver or bronze",
        "set-score curling 3 5      points of Rome, then of Gaul",
        "watch | watch curling      a line for each update that is pushed, until Ctrl-C",
        "front-ends | front-ends 4  where clients are; or let so many front-ends run",
        "kill 1                     kill -9 of a front-end: clients go to another one",
        "group open [sequencer]     front-ends and database server elect a leader, set",
        "                           their clocks, put requests into one order: all of",
        "                           them (symmetric), or one of them (sequencer)",
        "group | group close        its members, clocks and order; or the end of it",
        "raffle | draw              every 100th request of the order is in it; who wins",
        "help, exit                 a name is any word of it, as much as is needed",
    ];

    /// <summary>The command of a line; null when it is empty. A name with spaces may stand in quotes.</summary>
    /// <inheritdoc cref="Parse(IReadOnlyList{string})"/>
    public static TallyCommand? Parse(string line) => Split(line) is { Count: > 0 } words ? Parse(words) : null;

    /// <exception cref="FormatException">There is no such command, or it wants other words; the message says which.</exception>
    public static TallyCommand Parse(IReadOnlyList<string> words)
    {
        string[] rest = [.. words.Where(word => word != Json)];
        var asJson = rest.Length < words.Count;
        return rest is [var name, .. var arguments]
            ? Parse(name.ToLowerInvariant(), arguments) with { AsJson = asJson }
            : new ShowBoard { AsJson = asJson };
    }

    /// <summary>What the last word of a line can be completed to; the line as it is when that is not clear.</summary>
    public static string Complete(string line)
    {
        var words = line.TrimStart().Split(' ');
        IEnumerable<string> candidates = words switch
        {
            [_] => Names,
            ["tally" or "increment", _] => Catalog.Teams,
            ["increment", _, _] => Catalog.Medals,
            ["score" or "set-score" or "watch", _] => Catalog.Events.Select(name => name.Split(' ')[^1]),
            ["group", _] => GroupWords,
            ["group", "open", _] => Orders,
            _ => [],
        };
        var matching = candidates.Where(candidate => candidate.StartsWith(words[^1], StringComparison.OrdinalIgnoreCase)).ToList();
        return matching is [var only] ? $"{line[..^words[^1].Length]}{only} " : line;
    }

    private static TallyCommand Parse(string name, string[] rest) => name switch
    {
        "board" => NoMore(name, rest, new ShowBoard()),
        "tally" => rest.Length > 0 ? new ShowTally(TallyNames.Team(string.Join(' ', rest))) : throw Wants("tally wants a team: tally gaul"),
        "score" => rest.Length > 0 ? new ShowScore(TallyNames.Event(string.Join(' ', rest))) : throw Wants("score wants an event: score curling"),
        "increment" => rest is [.. { Length: > 0 } team, var medal]
            ? new AddMedal(TallyNames.Team(string.Join(' ', team)), TallyNames.Medal(medal))
            : throw Wants("increment wants a team and a medal: increment gaul gold"),
        "set-score" => rest is [.. { Length: > 0 } @event, var rome, var gaul]
            ? new SetScore(TallyNames.Event(string.Join(' ', @event)), Points(rome), Points(gaul))
            : throw Wants("set-score wants an event, the points of Rome, and those of Gaul: set-score curling 3 5"),
        "watch" => new WatchUpdates(rest.Length == 0 ? null : TallyNames.Event(string.Join(' ', rest))),
        "front-ends" => rest.Length == 0
            ? new ShowFrontEnds()
            : new SetFrontEnds(Number(rest, MedalTallyOptions.MostFrontEnds, $"front-ends wants how many of them shall run, 1 to {MedalTallyOptions.MostFrontEnds}: front-ends 4")),
        "kill" => new KillFrontEnd(Number(rest, MedalTallyOptions.MostFrontEnds, "kill wants the number of a front-end: kill 1")),
        "raffle" => NoMore(name, rest, new ShowRaffle()),
        "draw" => NoMore(name, rest, new DrawWinner()),
        "group" => GroupCommand(rest),
        "help" => NoMore(name, rest, new ShowHelp()),
        "exit" or "quit" => NoMore(name, rest, new Leave()),
        _ => throw new FormatException($"there is no command {Spelling.Quote(name)}{Spelling.DidYouMean(name, Names)} commands are: {string.Join(", ", Names)}"),
    };

    private static FrontEndCommand GroupCommand(string[] rest)
    {
        const string Usage = "group wants nothing, 'open symmetric', 'open sequencer' or 'close'";
        return rest switch
        {
            [] => new ShowGroup(),
            ["open"] => new OpenGroup(RequestOrder.Symmetric),
            ["open", var order] => new OpenGroup(Orders[TallyNames.Find("order", Orders, order)] == "sequencer" ? RequestOrder.Sequencer : RequestOrder.Symmetric),
            ["close"] => new CloseGroup(),
            _ => throw Wants(Usage),
        };
    }

    private static T NoMore<T>(string name, string[] rest, T command) =>
        rest.Length == 0 ? command : throw new FormatException($"'{name}' knows no {Spelling.Quote(string.Join(' ', rest))}");

    private static long Points(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var points) && points <= TallyApi.MostPoints
        ? points
        : throw new FormatException(FormattableString.Invariant($"{Spelling.Quote(text)} is no number of points: whole numbers from 0 to {TallyApi.MostPoints}"));

    private static int Number(string[] rest, int most, string usage) =>
        rest is [var text] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number : throw Wants(usage);

    private static FormatException Wants(string usage) => new(usage);

    /// <summary>Words by their spaces, but for those between quotes.</summary>
    private static List<string> Split(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, isWord) = ('\0', false);
        foreach (var letter in line)
        {
            if (quote == '\0' ? letter is '"' or '\'' : letter == quote)
            {
                (quote, isWord) = (quote == '\0' ? letter : '\0', true);
            }
            else if (quote == '\0' && char.IsWhiteSpace(letter))
            {
                End();
            }
            else
            {
                word.Append(letter);
                isWord = true;
            }
        }

        if (quote != '\0')
        {
            throw new FormatException($"a quote is not closed: {quote}");
        }

        End();
        return words;

        void End()
        {
            if (isWord)
            {
                words.Add(word.ToString());
                word.Clear();
                isWord = false;
            }
        }
    }
}
