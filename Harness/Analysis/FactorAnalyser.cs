using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>
/// What a setting does to throughput: every word that varies (such as the engine) against its first value, at each
/// load, or at the lowest and the highest where there are more than three. Factors with an analyser of their own are left out.
/// </summary>
public sealed class FactorAnalyser : IAnalyser
{
    private const int MaxLoads = 3;

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            foreach (var column in layout.Series.Where(column => !column.IsNumeric && !column.Info.HasOwnAnalyser))
            {
                foreach (var level in column.Levels.Skip(1))
                {
                    foreach (var pairs in ByLoad(CellPair.Of([.. group], column, column.Levels[0], level), layout))
                    {
                        yield return Describe(column, layout.XPhrase(pairs[0].Other), pairs, layout);
                    }
                }
            }
        }
    }

    private static List<List<CellPair>> ByLoad(IReadOnlyList<CellPair> pairs, FactorLayout layout)
    {
        var loads = pairs.GroupBy(pair => layout.X?.Number(pair.Other) ?? 0)
            .OrderBy(load => load.Key)
            .Select(load => load.ToList())
            .ToList();
        return loads.Count <= MaxLoads ? loads : [loads[0], loads[^1]];
    }

    private static Conclusion Describe(FactorColumn column, string load, List<CellPair> pairs, FactorLayout layout)
    {
        var first = pairs[0];
        var subject = $"{column.Text(first.Other)} against {column.Text(first.Base)}"
            + (load.Length > 0 ? $" at {load}" : "");
        var words = PairWords.Throughput(pairs, pair => layout.CellName(pair.Other, column, layout.X));
        return new Conclusion(
            Severity.Hint, Format.Capitalised(column.Label), $"{subject}: {words}.", [.. pairs.SelectMany(pair => pair.Cells)]);
    }
}

/// <summary>Puts a set of pairs into words.</summary>
public static class PairWords
{
    /// <summary>How the second cell's throughput stands to the first's, over all pairs: a clause without a full stop.</summary>
    public static string Throughput(IReadOnlyList<CellPair> pairs, Func<CellPair, string> name)
    {
        if (pairs.Count == 1)
        {
            return One(pairs[0]);
        }

        var lowest = pairs.MinBy(pair => pair.ThroughputRatio)!;
        var highest = pairs.MaxBy(pair => pair.ThroughputRatio)!;
        return $"{Counts(pairs)}; median {Format.Ratio(Comparison.Median(pairs.Select(pair => pair.ThroughputRatio)))}, "
            + $"from {Format.Ratio(lowest.ThroughputRatio)} ({name(lowest)}) "
            + $"to {Format.Ratio(highest.ThroughputRatio)} ({name(highest)})";
    }

    /// <summary>One pair's throughputs and what their intervals show.</summary>
    public static string One(CellPair pair)
    {
        var (other, @base) = (Comparison.Throughput(pair.Other), Comparison.Throughput(pair.Base));
        return pair.Throughput switch
        {
            Difference.Undecided => $"{Format.Ratio(pair.ThroughputRatio)} the throughput ({Format.Rate(other.Mean)} against "
                + $"{Format.Rate(@base.Mean)}), which a single iteration cannot show to be more than chance",
            Difference.NotShown => $"no difference shown ({Format.Rate(other.Mean, other.Ci95)} against "
                + $"{Format.Rate(@base.Mean, @base.Ci95)}: the 95 % intervals overlap)",
            _ => $"{Format.Ratio(pair.ThroughputRatio)} the throughput ({Format.Rate(other.Mean, other.Ci95)} against "
                + $"{Format.Rate(@base.Mean, @base.Ci95)})",
        };
    }

    private static string Counts(IReadOnlyList<CellPair> pairs)
    {
        var parts = new List<string>();
        Add(Difference.Higher, "more throughput");
        Add(Difference.Lower, parts.Count == 0 ? "less throughput" : "less");
        Add(Difference.NotShown, "no difference shown");
        Add(Difference.Undecided, "undecided after a single iteration");
        return $"{string.Join(", ", parts)} of {Format.Count(pairs.Count, "pair")}";

        void Add(Difference difference, string words)
        {
            var count = pairs.Count(pair => pair.Throughput == difference);
            if (count > 0)
            {
                parts.Add($"{words} in {count}");
            }
        }
    }
}
