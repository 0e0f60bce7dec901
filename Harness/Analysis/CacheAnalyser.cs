using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Harness.Analysis;

/// <summary>What the cache gives to each operation, at the highest load where both settings were measured.</summary>
public sealed class CacheAnalyser : IAnalyser
{
    private const string Topic = "Cache";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            if (layout.Series.FirstOrDefault(column => column.Names[0] == CommonFactors.Cache) is not { } cache)
            {
                continue;
            }

            foreach (var level in cache.Levels.Where(level => level != CommonFactors.Off))
            {
                var pairs = HighestLoad(CellPair.Of([.. group], cache, CommonFactors.Off, level), layout);
                if (pairs.Count > 0)
                {
                    yield return Describe(level, pairs, layout);
                }
            }
        }
    }

    private static List<CellPair> HighestLoad(IReadOnlyList<CellPair> pairs, FactorLayout layout) =>
        pairs.GroupBy(pair => layout.X?.Number(pair.Other) ?? 0).MaxBy(load => load.Key)?.ToList() ?? [];

    private static Conclusion Describe(string level, List<CellPair> pairs, FactorLayout layout)
    {
        var load = layout.XPhrase(pairs[0].Other);
        var operations = pairs.GroupBy(pair => pair.Other.Operation, StringComparer.Ordinal)
            .OrderByDescending(operation => Comparison.Median(operation.Select(pair => pair.ThroughputRatio)))
            .Select(operation => Effect(operation.Key, [.. operation]));
        return new Conclusion(
            Severity.Hint, Topic,
            $"Throughput with the {level} cache against none{(load.Length > 0 ? $" at {load}" : "")}: "
            + $"{string.Join("; ", operations)}.",
            [.. pairs.SelectMany(pair => pair.Cells)]);
    }

    private static string Effect(string operation, List<CellPair> pairs)
    {
        var ratios = pairs.Select(pair => pair.ThroughputRatio).Order().Select(Format.Ratio).Distinct().ToList();
        var range = ratios.Count > 1 ? $"{ratios[0]} to {ratios[^1]}" : ratios[0];
        var doubt = pairs.Count(pair => pair.Throughput is Difference.NotShown);
        var undecided = pairs.Count(pair => pair.Throughput is Difference.Undecided);
        return $"{operation} {range}"
            + (doubt == pairs.Count ? " (no difference shown)"
                : doubt > 0 ? $" (no difference shown in {doubt} of {pairs.Count})"
                : undecided > 0 ? " (single iteration: may be chance)"
                : "");
    }
}
