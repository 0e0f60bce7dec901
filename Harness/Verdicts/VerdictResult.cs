using Lab.Harness.Archive;

namespace Lab.Harness.Verdicts;

/// <summary>A verdict with the reason a reader wants.</summary>
public sealed record VerdictResult(Verdict Verdict, string Reason)
{
    public static VerdictResult Kept(string reason) => new(Verdict.True, reason);

    public static VerdictResult Broken(string reason) => new(Verdict.False, reason);

    public static VerdictResult Unchecked(string reason) => new(Verdict.Unknown, reason);

    /// <summary>The worst of several, with the reasons for it.</summary>
    public static VerdictResult All(IReadOnlyList<VerdictResult> results)
    {
        var worst = results.Max(result => result.Verdict);
        return new VerdictResult(worst, string.Join("; ", results.Where(result => result.Verdict == worst).Select(result => result.Reason)));
    }
}
