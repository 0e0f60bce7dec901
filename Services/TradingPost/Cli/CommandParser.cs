using System.Globalization;
using System.Text.Json;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Cli;

/// <summary>Makes commands of what a user types: at the prompt, in a pipe, or as arguments.</summary>
internal static class CommandParser
{
    /// <summary>Instead of a peer's id: whoever trades.</summary>
    private const string Trader = "trader";

    private static readonly Dictionary<string, SteerAction> Actions = Enum.GetValues<SteerAction>()
        .ToDictionary(action => action.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    private static readonly Dictionary<string, Good> Goods = NamesOf<Good>();

    private static readonly string[] Names = [.. Actions.Keys, "buy", "deposit", "open", "reopen", "repair", "status", "help", "quit"];

    /// <summary>A line per command, for people.</summary>
    public static IReadOnlyList<string> Help { get; } =
    [
        "kill trader | kill 3      kill -9: its connections close, the others notice at once",
        "pause trader | pause 3    SIGSTOP: an ill peer; only its silence tells",
        "resume 3                  SIGCONT",
        "restart 5                 start its process anew",
        "resign                    the trader gives its office up",
        "deposit salt 10           goods for the trader to sell for you",
        "buy fish 2                buy goods; salt costs 15 coins, fish 10, boar 30",
        "open [peers=6 ...]        a new market with empty accounts, with:",
        .. OpenSettings.Help.Select(line => "    " + line),
        "reopen                    the market that ended with the lab, with its accounts",
        "repair [--yes]            shows what a damaged journal has lost; after a yes, goes on without it",
        "status [--json]           everything at once",
        "help, quit",
    ];

    /// <summary>The command of a line; null when it is empty.</summary>
    /// <inheritdoc cref="Parse(IReadOnlyList{string})"/>
    public static MarketCommand? Parse(string line) =>
        line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words ? Parse(words) : null;

    /// <exception cref="FormatException">There is no such command, or it wants other words; the message says which.</exception>
    public static MarketCommand Parse(IReadOnlyList<string> words)
    {
        var name = words[0].ToLowerInvariant();
        var rest = words.Skip(1).ToArray();
        return name switch
        {
            "resign" => NoMore(name, rest, new SteerPeer(SteerAction.Resign, Peer: null)),
            _ when Actions.TryGetValue(name, out var action) => new SteerPeer(action, PeerOf(name, rest)),
            "buy" => Trade(name, rest, (good, quantity) => new BuyGoods(good, quantity)),
            "deposit" => Trade(name, rest, (good, quantity) => new DepositGoods(good, quantity)),
            "open" => new OpenNewMarket(OpenSettings.Parse(rest)),
            "reopen" => NoMore(name, rest, new ReopenMarket()),
            "repair" => rest is ["--yes"] ? new RepairJournal(IsAgreed: true) : NoMore(name, rest, new RepairJournal(IsAgreed: false)),
            "status" => rest is ["--json"] ? new ShowStatus(AsJson: true) : NoMore(name, rest, new ShowStatus(AsJson: false)),
            "help" => NoMore(name, rest, new ShowHelp()),
            "quit" or "exit" => NoMore(name, rest, new Quit()),
            _ => throw new FormatException($"there is no command '{words[0]}': {string.Join(", ", Names)}"),
        };
    }

    /// <summary>What the last word of a line can be completed to; the line as it is when that is not clear.</summary>
    public static string Complete(string line)
    {
        var words = line.TrimStart().Split(' ');
        IEnumerable<string> candidates = words switch
        {
            [_] => Names,
            ["kill" or "pause", _] => [Trader],
            ["buy" or "deposit", _] => Goods.Keys,
            ["open", ..] => OpenSettings.Names.Select(name => name + "="),
            _ => [],
        };
        var matching = candidates.Where(candidate => candidate.StartsWith(words[^1], StringComparison.OrdinalIgnoreCase)).ToList();
        return matching is [var only]
            ? line[..^words[^1].Length] + only + (only.EndsWith('=') ? "" : " ")
            : line;
    }

    /// <summary>The values of an enumeration by their names in JSON.</summary>
    internal static Dictionary<string, T> NamesOf<T>()
        where T : struct, Enum =>
        Enum.GetValues<T>().ToDictionary(value => JsonSerializer.Serialize(value).Trim('"'), StringComparer.OrdinalIgnoreCase);

    private static T NoMore<T>(string name, string[] rest, T command) =>
        rest.Length == 0 ? command : throw new FormatException($"'{name}' knows no '{string.Join(' ', rest)}'");

    private static int? PeerOf(string name, string[] rest) => rest switch
    {
        [Trader] => null,
        [var id] when int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var peer) => peer,
        _ => throw new FormatException($"'{name}' wants a peer: {name} 3, or {name} {Trader}"),
    };

    private static T Trade<T>(string name, string[] rest, Func<Good, int, T> make)
    {
        if (rest is not [var good, ..] || !Goods.TryGetValue(good, out var known) || rest.Length > 2)
        {
            throw new FormatException($"'{name}' wants a good ({string.Join(", ", Goods.Keys)}) and how many pieces: {name} fish 2");
        }

        var quantity = 1;
        if (rest.Length == 2 && (!int.TryParse(rest[1], NumberStyles.None, CultureInfo.InvariantCulture, out quantity) || quantity < 1))
        {
            throw new FormatException($"'{rest[1]}' is no number of pieces: {name} {good} 2");
        }

        return make(known, quantity);
    }
}

/// <summary>What a user can ask for, as words of one line: <see cref="CommandParser"/>.</summary>
internal abstract record MarketCommand;

/// <summary>Does something to the process of a peer.</summary>
/// <param name="Action">As the supervisor's admin call is called.</param>
/// <param name="Peer">Its id; null: whoever trades.</param>
internal sealed record SteerPeer(SteerAction Action, int? Peer) : MarketCommand;

internal sealed record BuyGoods(Good Good, int Quantity) : MarketCommand;

internal sealed record DepositGoods(Good Good, int Quantity) : MarketCommand;

internal sealed record OpenNewMarket(MarketSettings Settings) : MarketCommand;

internal sealed record ReopenMarket : MarketCommand;

/// <param name="IsAgreed">False: what would be lost is only shown.</param>
internal sealed record RepairJournal(bool IsAgreed) : MarketCommand
{
    /// <summary>What the user has seen and agreed to; null: whatever it is.</summary>
    public IReadOnlyList<RepairStep>? Seen { get; init; }
}

/// <param name="AsJson">For programs instead of people.</param>
internal sealed record ShowStatus(bool AsJson) : MarketCommand;

internal sealed record ShowHelp : MarketCommand;

internal sealed record Quit : MarketCommand;

/// <summary>The supervisor's calls for one peer.</summary>
internal enum SteerAction
{
    /// <summary>kill -9.</summary>
    Kill,

    /// <summary>SIGSTOP: it is alive, but silent.</summary>
    Pause,

    /// <summary>SIGCONT.</summary>
    Resume,

    /// <summary>Starts its process anew; one that still runs is ended first.</summary>
    Restart,

    /// <summary>It gives its office up.</summary>
    Resign,
}
