using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>Names cells as their groups do.</summary>
public static class CellNames
{
    public static IEnumerable<(CellResult Cell, string Name)> Of(IReadOnlyList<CellResult> cells) => cells
        .GroupBy(cell => cell.Group, StringComparer.Ordinal)
        .SelectMany(group =>
        {
            var layout = FactorLayout.Of([.. group]);
            return group.Select(cell => (cell, layout.CellName(cell)));
        });
}

/// <summary>Cells in which the system broke an invariant, or in which that could not be checked.</summary>
public sealed class VerdictAnalyser : IAnalyser
{
    private const string Topic = "Verdict";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var (cell, name) in CellNames.Of(cells).Where(named => named.Cell.Verdict != Verdict.True))
        {
            yield return new Conclusion(
                cell.Verdict == Verdict.False ? Severity.Error : Severity.Warning,
                Topic,
                $"{(cell.Verdict == Verdict.False ? "Invariant broken" : "Not shown to be right")}: {name}: {Reason(cell)}. "
                + "Its figures are left out of all comparisons.",
                [cell]);
        }
    }

    private static string Reason(CellResult cell) => cell.VerdictReason.TrimEnd('.', ' ');
}

/// <summary>Cells in which requests failed, or in which none was answered.</summary>
public sealed class ErrorAnalyser : IAnalyser
{
    private const string Topic = "Errors";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var (cell, name) in CellNames.Of(cells))
        {
            if (cell.Latency is null)
            {
                yield return new Conclusion(
                    Severity.Error, Topic, $"No figures: {name} failed before an operation was answered{Errors(cell)}.", [cell]);
            }
            else if (cell.Errors.Total > 0)
            {
                yield return new Conclusion(
                    Severity.Warning, Topic,
                    $"{name}: {Format.Count(cell.Errors.Total, "request")} failed beside "
                    + $"{Format.Count(cell.Operations)} measured operations{Errors(cell)}{Waited(cell)}; "
                    + "latencies and percentiles are those of the answered ones.",
                    [cell]);
            }
        }
    }

    /// <summary>Where failed operations were waited for: how long.</summary>
    private static string Waited(CellResult cell) => cell.Errors.Latency is { } waited
        ? $", after a wait of {Format.Latency(waited.P50)} in the median and {Format.Latency(waited.Max)} at most"
        : "";

    private static string Errors(CellResult cell)
    {
        var kinds = cell.Errors.ByKind
            .OrderByDescending(kind => kind.Value)
            .Select(kind => $"{kind.Key}: {Format.Count(kind.Value)}")
            .ToList();
        return kinds.Count == 0 ? "" : $" ({string.Join(", ", kinds)})";
    }
}

/// <summary>Cells that were measured while the machine was busy with something else.</summary>
public sealed class NoiseAnalyser : IAnalyser
{
    private const string Topic = "Noise";

    private const int MaxNamed = 3;

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var noisy = CellNames.Of([.. group]).Where(named => named.Cell.Noise is not null).ToList();
            if (noisy.Count > 0)
            {
                var named = noisy.Take(MaxNamed).Select(cell => $"{cell.Name} ({cell.Cell.Noise})");
                var rest = noisy.Count - MaxNamed;
                yield return new Conclusion(
                    Severity.Warning, Topic,
                    $"{noisy.Count} of {Format.Count(group.Count(), "cell")} deserve distrust: {string.Join("; ", named)}"
                    + $"{(rest > 0 ? $"; and {rest} more" : "")}.",
                    [.. noisy.Select(cell => cell.Cell)]);
            }
        }
    }
}

/// <summary>Cells with a single iteration: they have no confidence interval.</summary>
public sealed class IterationsAnalyser : IAnalyser
{
    private const string Topic = "Iterations";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var single = group.Where(cell => cell is { Iterations: 1, Latency: not null }).ToList();
            if (single.Count > 0)
            {
                yield return new Conclusion(
                    Severity.Warning, Topic,
                    $"{single.Count} of {Format.Count(group.Count(), "cell")} ran a single iteration: without a confidence "
                    + "interval no difference can be shown.",
                    single);
            }
        }
    }
}
