namespace Lab.TradingPost.Checking;

/// <summary>Did the market stay correct?</summary>
/// <param name="Findings">What did not hold, in words; the first <see cref="MarketChecker.MostFindings"/>.</param>
/// <param name="Violations">How often something did not hold.</param>
/// <param name="Counts">What was looked at: a verdict over nothing proves nothing.</param>
public sealed record MarketVerdict(IReadOnlyList<string> Findings, long Violations, MarketCounts Counts)
{
    public bool Holds => Violations == 0;
}

/// <summary>What a <see cref="MarketChecker"/> has looked at.</summary>
/// <param name="Terms">Claimed.</param>
/// <param name="Joins">Sessions begun.</param>
/// <param name="Deposits">Of sellers.</param>
/// <param name="Sales">Done.</param>
/// <param name="SharedRounds">Rounds with two sales and more: only there does an order show.</param>
/// <param name="Spent">By all buyers, in coins.</param>
/// <param name="Lines">Of own ledgers.</param>
public sealed record MarketCounts(long Terms, long Joins, long Deposits, long Sales, long SharedRounds, long Spent, long Lines);

/// <summary>What did not hold: a bounded number of descriptions, and how many there are in all.</summary>
internal sealed class Findings
{
    private readonly List<string> _described = [];
    private long _violations;

    public void Unless(bool holds, Func<string> describe)
    {
        if (!holds)
        {
            Note(describe);
        }
    }

    public void Add(string finding) => Note(() => finding);

    public MarketVerdict ToVerdict(MarketCounts counts) => new([.. _described], _violations, counts);

    /// <summary>These and one more; they themselves stay as they are.</summary>
    public Findings With(string finding)
    {
        var more = new Findings { _violations = _violations };
        more._described.AddRange(_described);
        more.Add(finding);
        return more;
    }

    private void Note(Func<string> describe)
    {
        _violations++;
        if (_described.Count < MarketChecker.MostFindings)
        {
            _described.Add(describe());
        }
    }
}
