namespace Lab.TradingPost.Checking;

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
