using Lab.Harness.Archive;
using Lab.Harness.Systems;

namespace Lab.Harness.Analysis;

/// <summary>The claims of one report, as far as a run's cells touch them.</summary>
/// <param name="Report">The report in words, without an article: <c>epoll report</c>.</param>
/// <param name="Count">How many claims it makes.</param>
/// <param name="Claims">Those that were tested, by number; never empty.</param>
public sealed record TestedClaims(string Report, int Count, IReadOnlyList<Claim> Claims)
{
    /// <summary>Numbers of the claims that the cells do not touch.</summary>
    public IEnumerable<int> Untested => Enumerable.Range(1, Count).Except(Claims.Select(claim => claim.Number));

    /// <summary>Tests the claims of the reports of all systems.</summary>
    /// <param name="cells">The cells of one experiment, without calibration cells.</param>
    /// <param name="systems">Whose reports are asked.</param>
    public static IReadOnlyList<TestedClaims> Of(IReadOnlyList<CellResult> cells, SystemModules systems) =>
    [
        .. systems.All.Select(system => system.Claims).OfType<ReportClaims>()
            .Select(report => new TestedClaims(report.Report, report.Count, report.Check(cells)))
            .Where(tested => tested.Claims.Count > 0),
    ];
}

/// <summary>What a report claims.</summary>
/// <param name="Report">The report in words, without an article: <c>epoll report</c>.</param>
/// <param name="Count">How many claims it makes.</param>
/// <param name="Check">Those that an experiment's cells touch, by number; they may be cells of another system.</param>
public sealed record ReportClaims(string Report, int Count, Func<IReadOnlyList<CellResult>, IReadOnlyList<Claim>> Check);
