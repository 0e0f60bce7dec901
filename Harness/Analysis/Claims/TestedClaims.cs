using Lab.Harness.Archive;

namespace Lab.Harness.Analysis.Claims;

/// <summary>The claims of one report, as far as a run's cells touch them.</summary>
/// <param name="Report">The report in words, without an article: <c>marketplace report</c>.</param>
/// <param name="Count">How many claims it makes.</param>
/// <param name="Claims">Those that were tested, by number; never empty.</param>
public sealed record TestedClaims(string Report, int Count, IReadOnlyList<Claim> Claims)
{
    /// <summary>Numbers of the claims that the cells do not touch.</summary>
    public IEnumerable<int> Untested => Enumerable.Range(1, Count).Except(Claims.Select(claim => claim.Number));

    /// <summary>Tests the claims of every report whose system the cells belong to.</summary>
    /// <param name="cells">The cells of one experiment, without calibration cells.</param>
    public static IReadOnlyList<TestedClaims> Of(IReadOnlyList<CellResult> cells)
    {
        TestedClaims[] all =
        [
            new("marketplace report", MarketplaceClaims.Count, MarketplaceClaims.Check(cells)),
            new("epoll report", EchoClaims.Count, EchoClaims.Check(cells)),
        ];
        return [.. all.Where(tested => tested.Claims.Count > 0)];
    }
}
