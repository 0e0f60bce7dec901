using System.Text.RegularExpressions;

namespace Lab.Harness.Reports;

/// <summary>Keeps a number and its unit on one line where text is wrapped.</summary>
public static partial class Typography
{
    public static string Bind(string text) => NumberAndUnit().Replace(text, "\u00a0");

    [GeneratedRegex(
        @"(?<=\d) (?=(?:µs|ms|s|min|h|k/s|M/s|GiB|MiB|KiB|B|clients?)\b|%|±|÷)|(?<=[±÷]) ",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex NumberAndUnit();
}
