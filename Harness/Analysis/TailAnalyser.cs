using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>How far the slowest hundredth of the requests lies from the median: p99 ÷ p50.</summary>
public sealed class TailAnalyser : IAnalyser
{
    private const string Topic = "Tail latency";

    /// <summary>A tail up to this multiple of the median is called close.</summary>
    public const double CloseTail = 5;

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.Where(cell => cell.Latency is { P50: > 0 }).GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            var worst = group.MaxBy(Tail)!;
            var far = group.Where(cell => Tail(cell) > CloseTail).ToList();
            var extreme = $"{Format.Ratio(Tail(worst))} ({layout.CellName(worst)}: p50 {Format.Latency(worst.Latency!.P50)}, "
                + $"p99 {Format.Latency(worst.Latency.P99)})";
            yield return far.Count == 0
                ? new Conclusion(
                    Severity.Hint, Topic,
                    $"Tails are close: p99 is within {CloseTail}× of p50 in every measured cell; the longest is {extreme}.",
                    [.. group])
                : new Conclusion(
                    Severity.Warning, Topic,
                    $"Long tails: p99 is more than {CloseTail}× p50 in {far.Count} of "
                    + $"{Format.Count(group.Count(), "cell")}; the longest is {extreme}.",
                    far);
        }
    }

    private static double Tail(CellResult cell) => cell.Latency!.P99 / cell.Latency.P50;
}
