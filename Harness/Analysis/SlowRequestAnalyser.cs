using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>What the slowest requests of a cell waited for.</summary>
public sealed class SlowRequestAnalyser : IAnalyser
{
    private const string Topic = "Slowest requests";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.Where(cell => cell.Slowest.Count > 0).GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            foreach (var cell in group)
            {
                var known = cell.Slowest.Where(request => request.ServerUs is not null).ToList();
                if (known.Count == 0)
                {
                    continue;
                }

                var shares = known.ConvertAll(RequestShares.Of);
                var totals = RequestShares.Names
                    .Select((name, index) => (Name: name, Us: shares.Sum(share => share[index])))
                    .OrderByDescending(part => part.Us)
                    .ToList();
                var allUs = totals.Sum(part => part.Us);
                yield return new Conclusion(
                    Severity.Hint,
                    Topic,
                    $"{layout.CellName(cell)}: of the time of the {Format.Count(known.Count, "slowest request")} "
                    + $"({Format.Latency(known[^1].LatencyUs)} to {Format.Latency(known[0].LatencyUs)}), "
                    + $"{Format.Percent(totals[0].Us / allUs)} went to {Phrase(totals[0].Name)} and "
                    + $"{Format.Percent(totals[1].Us / allUs)} to {Phrase(totals[1].Name)}.",
                    [cell]);
            }
        }
    }

    private static string Phrase(string part) => part switch
    {
        "queue" => "waiting for a database connection",
        "database" => "the database's statements",
        "commit" => "the commit",
        "session" => "checking the session",
        RequestShares.Outside => "the network and the client",
        RequestShares.Elsewhere => "waiting elsewhere in the server",
        _ => part,
    };
}
