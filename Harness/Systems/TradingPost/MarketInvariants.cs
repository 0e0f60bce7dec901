using Lab.Harness.Analysis;
using Lab.Harness.Verdicts;
using Lab.TradingPost.Checking;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>
/// The whole history of a market beside what its participants were told: one trader per term, money and goods conserved, vector
/// order kept, nothing acknowledged missing, nothing done twice.
/// </summary>
internal sealed class MarketInvariants
{
    private const int MostTold = 3;

    private readonly MarketChecker _checker = new();

    /// <summary>The next entry of the history.</summary>
    public void Add(JournalEntry entry) => _checker.Add(entry);

    /// <param name="lines">Everybody's own ledger, read before the history.</param>
    public VerdictResult Judge(IEnumerable<OwnLine> lines)
    {
        foreach (var line in lines)
        {
            _checker.Add(line);
        }

        return Judge(_checker.Finish());
    }

    internal static VerdictResult Judge(MarketVerdict verdict)
    {
        var counts = verdict.Counts;
        if (!verdict.Holds)
        {
            var more = verdict.Violations - Math.Min(MostTold, verdict.Findings.Count);
            return VerdictResult.Broken(
                $"{string.Join("; ", verdict.Findings.Take(MostTold))}{(more > 0 ? $"; and {Format.Count(more)} more" : "")}");
        }

        return counts.Sales == 0
            ? VerdictResult.Unchecked("the accounts have no sale: there is nothing to check")
            : VerdictResult.Kept(
                $"one trader in each of {Format.Count(counts.Terms, "term")}; money and goods of {Format.Count(counts.Sales, "sale")} and "
                + $"{Format.Count(counts.Deposits, "deposit")} add up, in vector order; all {Format.Count(counts.Lines)} lines of the participants' own ledgers "
                + "are in the accounts, once");
    }
}
