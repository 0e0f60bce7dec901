using System.Globalization;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Cli;

/// <summary>The settings of <c>open</c>, as words: <c>peers=6 accounts=mysql</c>. Whether they fit together the supervisor says.</summary>
internal static class OpenSettings
{
    private const string Off = "off";

    private static readonly Dictionary<string, AccountsKind> Accounts = CommandParser.NamesOf<AccountsKind>();
    private static readonly Dictionary<string, Design> Designs = CommandParser.NamesOf<Design>();
    private static readonly Dictionary<string, bool> Switches = new(StringComparer.OrdinalIgnoreCase) { ["on"] = true, [Off] = false };

    private static readonly Dictionary<string, Func<MarketSettings, string, MarketSettings>> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["peers"] = (settings, text) => settings with { Peers = Number("peers", text) },
        ["sellers"] = (settings, text) => settings with { Sellers = Number("sellers", text) },
        ["stock"] = (settings, text) => settings with { Stock = Number("stock", text) },
        ["accounts"] = (settings, text) => settings with { Accounts = OneOf("accounts", text, Accounts) },
        ["election"] = (settings, text) => settings with { Election = OneOf("election", text, Designs) },
        ["writes"] = (settings, text) => settings with { Writes = OneOf("writes", text, Designs) },
        ["links"] = (settings, text) => settings with { ThroughLinks = OneOf("links", text, Switches) },
        ["buy_every_ms"] = (settings, text) => settings with { BuyEveryMs = text == Off ? null : Number("buy_every_ms", text) },
        ["seed"] = (settings, text) => settings with { Seed = Number("seed", text) },
    };

    public static IEnumerable<string> Names => Known.Keys;

    public static IReadOnlyList<string> Help { get; } =
    [
        $"peers={MarketSettings.ForWatching.Peers} sellers={MarketSettings.ForWatching.Sellers} stock={MarketSettings.ForWatching.Stock} buy_every_ms={MarketSettings.ForWatching.BuyEveryMs}|off seed={MarketSettings.ForWatching.Seed}",
        "accounts=file|mysql links=off|on",
        "election=improved|as-published writes=improved|as-published",
    ];

    /// <exception cref="FormatException">A word is no setting; the message says what there is.</exception>
    public static MarketSettings Parse(IEnumerable<string> words)
    {
        var settings = MarketSettings.ForWatching;
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            settings = equals > 0 && Known.TryGetValue(word[..equals], out var set)
                ? set(settings, word[(equals + 1)..])
                : throw new FormatException($"'{word}' is no setting of a market: {string.Join(", ", Known.Keys.Select(name => name + "=..."))}");
        }

        return settings;
    }

    /// <summary>In a few words, for a head line.</summary>
    public static string Describe(MarketSettings settings)
    {
        var (election, writes) = (NameOf(Designs, settings.Election), NameOf(Designs, settings.Writes));
        return $"{settings.Peers} peers, accounts {NameOf(Accounts, settings.Accounts)}, "
            + (election == writes ? $"election and writes {election}" : $"election {election}, writes {writes}")
            + (settings.ThroughLinks ? ", through links" : "")
            + (settings.BuyEveryMs is null ? ", only clients buy" : "");
    }

    private static string NameOf<T>(Dictionary<string, T> names, T value) => names.First(name => Equals(name.Value, value)).Key;

    private static int Number(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{name} wants a number, not '{text}'");

    private static T OneOf<T>(string name, string text, Dictionary<string, T> values) =>
        values.TryGetValue(text, out var value)
            ? value
            : throw new FormatException($"{name} cannot be '{text}'; it can be: {string.Join(", ", values.Keys)}");
}
