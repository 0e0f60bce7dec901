using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>What two means with their 95 % confidence intervals show about each other.</summary>
public enum Difference
{
    /// <summary>At least one side ran a single iteration, so it has no interval.</summary>
    Undecided,

    /// <summary>The intervals overlap: no difference shown.</summary>
    NotShown,

    Higher,

    Lower,
}

/// <summary>Compares measured cells. Intervals that overlap show no difference: a cautious rule that needs no tables.</summary>
public static class Comparison
{
    /// <summary>
    /// Can the cell's figures be compared with another's? A cell that answered nothing has no figures, a fast wrong answer
    /// is a failed cell, and what only some iterations or operations lived through is no measure of the rest.
    /// </summary>
    public static bool IsComparable(CellResult cell) =>
        cell is { Latency.Mean: > 0, Throughput.Mean: > 0, Verdict: Verdict.True };

    /// <summary>Is the throughput of <paramref name="cell"/> higher or lower than that of <paramref name="other"/>?</summary>
    public static Difference OfThroughput(CellResult cell, CellResult other) =>
        Of(cell, other, Throughput(cell), Throughput(other));

    /// <summary>Is the mean latency of <paramref name="cell"/> higher or lower than that of <paramref name="other"/>?</summary>
    public static Difference OfLatency(CellResult cell, CellResult other) => Of(cell, other, Latency(cell), Latency(other));

    public static Estimate Throughput(CellResult cell) =>
        cell.Throughput ?? throw new ArgumentException("the cell has no throughput", nameof(cell));

    public static Estimate Latency(CellResult cell) => cell.Latency is { } latency
        ? new Estimate(latency.Mean, latency.Ci95)
        : throw new ArgumentException("the cell has no latency", nameof(cell));

    /// <summary>The middle value; the mean of the two middle values of an even number of them.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0
            ? throw new ArgumentException("no values", nameof(values))
            : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>Is a figure of <paramref name="cell"/> higher or lower than that of <paramref name="other"/>?</summary>
    public static Difference Of(CellResult cell, CellResult other, Estimate left, Estimate right)
    {
        if (cell.Iterations < 2 || other.Iterations < 2)
        {
            return Difference.Undecided;
        }

        if (left.Mean - left.Ci95 > right.Mean + right.Ci95)
        {
            return Difference.Higher;
        }

        return left.Mean + left.Ci95 < right.Mean - right.Ci95 ? Difference.Lower : Difference.NotShown;
    }
}

/// <summary>Two comparable cells that differ in one column of factors only.</summary>
public sealed record CellPair(CellResult Base, CellResult Other)
{
    public double ThroughputRatio => Comparison.Throughput(Other).Mean / Comparison.Throughput(Base).Mean;

    public double LatencyRatio => Comparison.Latency(Other).Mean / Comparison.Latency(Base).Mean;

    public Difference Throughput => Comparison.OfThroughput(Other, Base);

    public Difference Latency => Comparison.OfLatency(Other, Base);

    public IEnumerable<CellResult> Cells => [Base, Other];

    /// <summary>
    /// Every comparable cell with value <paramref name="level"/> beside the one with <paramref name="baseLevel"/> that is
    /// otherwise alike, from the same group where that has one.
    /// </summary>
    public static IReadOnlyList<CellPair> Of(
        IReadOnlyList<CellResult> cells, FactorColumn column, string baseLevel, string level)
    {
        var bases = cells.Where(cell => Comparison.IsComparable(cell) && column.Text(cell) == baseLevel)
            .ToLookup(cell => Likeness(cell, column), StringComparer.Ordinal);
        return [.. cells
            .Where(cell => Comparison.IsComparable(cell) && column.Text(cell) == level)
            .Select(cell => (cell, candidates: bases[Likeness(cell, column)]))
            .Select(pair => (pair.cell, partner: pair.candidates.FirstOrDefault(candidate => candidate.Group == pair.cell.Group)
                ?? pair.candidates.FirstOrDefault()))
            .Where(pair => pair.partner is not null)
            .Select(pair => new CellPair(pair.partner!, pair.cell))];
    }

    // Two cells are alike when the operation and every factor outside the column agree.
    private static string Likeness(CellResult cell, FactorColumn column) => string.Join('\n', cell.Factors
        .Where(factor => !column.Names.Contains(factor.Key, StringComparer.Ordinal))
        .OrderBy(factor => factor.Key, StringComparer.Ordinal)
        .Select(factor => $"{factor.Key}={factor.Value}")
        .Prepend(cell.Operation));
}
