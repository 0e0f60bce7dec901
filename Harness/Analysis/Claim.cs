using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>What a run shows about a sentence of a published report.</summary>
public enum ClaimOutcome
{
    /// <summary>It holds wherever this run tested it.</summary>
    Confirmed,

    /// <summary>It holds nowhere, and in half of the tests or more the opposite does.</summary>
    Contradicted,

    /// <summary>It holds in some tests and not in others.</summary>
    Mixed,

    /// <summary>It holds nowhere, mostly because the confidence intervals overlap or there are none.</summary>
    NotShown,
}

/// <summary>A sentence of a published report beside what this run shows.</summary>
/// <param name="Number">Its number in the report.</param>
/// <param name="Statement">The report's claim in one sentence.</param>
/// <param name="Outcome">How this run bears on it.</param>
/// <param name="Text">What was counted, with its numbers.</param>
/// <param name="Cells">The cells it was computed from; never empty.</param>
public sealed record Claim(
    int Number, string Statement, ClaimOutcome Outcome, string Text, IReadOnlyList<CellResult> Cells);

/// <summary>How far a figure may be from what a claim says it should be.</summary>
public static class ClaimTolerance
{
    /// <summary>A growth within this factor of the claimed one counts as the claimed one.</summary>
    public const double Factor = 1.25;

    /// <summary>The tolerance as it is printed.</summary>
    public const string Text = "25 %";

    /// <summary>Is the quotient of found and claimed figure near one?</summary>
    public static bool Covers(double quotient) => quotient is <= Factor and >= 1 / Factor;
}

/// <summary>Counts in how many comparisons a claim holds.</summary>
public sealed class Tally
{
    public int Holds { get; private set; }

    public int Opposite { get; private set; }

    public int Undecided { get; private set; }

    public int Total => Holds + Opposite + Undecided;

    public ClaimOutcome Outcome =>
        Holds == Total ? ClaimOutcome.Confirmed
        : Holds > 0 ? ClaimOutcome.Mixed
        : Opposite * 2 >= Total ? ClaimOutcome.Contradicted
        : ClaimOutcome.NotShown;

    /// <summary>Counts a difference: the expected one holds, its reverse is the opposite, all else is undecided.</summary>
    public void Add(Difference difference, Difference expected) => Add(
        difference == expected,
        difference is Difference.Higher or Difference.Lower && difference != expected);

    public void Add(bool holds, bool opposite)
    {
        Holds += holds ? 1 : 0;
        Opposite += opposite && !holds ? 1 : 0;
        Undecided += !holds && !opposite ? 1 : 0;
    }

    /// <summary>In words: <c>in 14 of 16 settings (opposite: 1, no clear difference: 1)</c>.</summary>
    public string Words(string noun)
    {
        var rest = (Opposite, Undecided) switch
        {
            (0, 0) => "",
            ( > 0, 0) => $" (opposite: {Opposite})",
            (0, > 0) => $" (no clear difference: {Undecided})",
            _ => $" (opposite: {Opposite}, no clear difference: {Undecided})",
        };
        var count = Holds == 0 ? "none" : Holds == Total && Total > 1 ? "all" : $"{Holds}";
        return $"in {count} of {Format.Count(Total, noun)}{rest}";
    }
}
