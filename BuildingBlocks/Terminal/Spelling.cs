namespace Lab.Terminal;

/// <summary>Words for messages about names that nobody knows.</summary>
public static class Spelling
{
    private const int LongestShown = 60;

    /// <summary><c>; did you mean 'iterations'?</c>, or nothing when no known name is near.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $"; did you mean '{nearest}'?" : ";";

    /// <summary>
    /// The known name with the fewest letters to insert, delete or replace (Levenshtein distance), when that is at most
    /// a third of the word, rounded up; the first of several.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestShown)
        {
            return null;
        }

        var limit = (word.Length + 2) / 3;
        return known
            .Select(name => (name, distance: Distance(word, name)))
            .Where(candidate => candidate.distance <= limit)
            .OrderBy(candidate => candidate.distance)
            .Select(candidate => candidate.name)
            .FirstOrDefault();
    }

    /// <summary>
    /// A text from a file in quotes, fit for one line of a terminal: short and without control characters.
    /// </summary>
    public static string Quote(string text)
    {
        var shown = text.Length <= LongestShown ? text : $"{text[..LongestShown]}...";
        return $"'{string.Concat(shown.Select(letter => char.IsControl(letter) ? '?' : letter))}'";
    }

    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[right.Length];
    }
}
