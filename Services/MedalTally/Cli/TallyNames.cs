using Lab.MedalTally.Tables;
using Lab.Terminal;

namespace Lab.MedalTally.Cli;

/// <summary>Names as people type them: without case, and as far as they are needed, from the beginning of any word.</summary>
internal static class TallyNames
{
    public static int Team(string given) => Find("team", Catalog.Teams, given);

    public static int Event(string given) => Find("event", Catalog.Events, given);

    public static Medal Medal(string given) => (Medal)Find("medal", Catalog.Medals, given);

    /// <returns>The number of the only name that is meant.</returns>
    /// <exception cref="FormatException">There is none, or several are; the message says which.</exception>
    public static int Find(string what, IReadOnlyList<string> names, string given)
    {
        var meant = Meant(names, given);
        return meant switch
        {
            [var one] => Catalog.Find(names, one),
            [] => throw new FormatException(
                $"there is no {what} {Spelling.Quote(given)}{DidYouMean(names, given)} {what}s are: {string.Join(", ", names)}"),
            _ => throw new FormatException($"{Spelling.Quote(given)} can be {string.Join(" or ", meant)}: type more of it"),
        };
    }

    /// <summary>All names that can be meant.</summary>
    public static IReadOnlyList<string> Meant(IEnumerable<string> names, string given)
    {
        var all = names.ToList();
        return all.Where(name => name.Equals(given, StringComparison.OrdinalIgnoreCase)).ToList() is { Count: > 0 } exact ? exact
            : given.Length == 0 ? []
            : [.. all.Where(name => name.StartsWith(given, StringComparison.OrdinalIgnoreCase) || name.Contains(' ' + given, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>A word that only one name has stands for it.</summary>
    private static string DidYouMean(IReadOnlyList<string> names, string given)
    {
        var spellings = names.SelectMany(name => name.Split(' ').Append(name)).Distinct(StringComparer.Ordinal)
            .Where(word => Meant(names, word).Count == 1).ToDictionary(word => word.ToLowerInvariant(), word => Meant(names, word)[0], StringComparer.Ordinal);
        return Spelling.Nearest(given.ToLowerInvariant(), spellings.Keys) is { } nearest ? $"; did you mean '{spellings[nearest]}'?" : ";";
    }
}
