using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Harness.Analysis;

/// <summary>
/// What a deployment away from this machine adds to every request, beside what the report's own deployment added.
/// </summary>
public sealed class DeploymentAnalyser : IAnalyser
{
    private const string Topic = "Deployment";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        var layout = FactorLayout.Of(cells);
        if (layout.Series.FirstOrDefault(column => column.Names[0] == CommonFactors.Deployment) is not { } deployment)
        {
            yield break;
        }

        foreach (var level in deployment.Levels.Where(level => level != CommonFactors.Local))
        {
            var settings = CellPair.Of(cells, deployment, CommonFactors.Local, level)
                .GroupBy(pair => (Setting: SettingName(layout, pair.Other), pair.Other.Group));
            foreach (var pairs in settings)
            {
                yield return Describe(level, pairs.Key.Setting, [.. pairs]);
            }
        }
    }

    // The operation and the load: other settings (engine, cache) hardly change what the distance adds.
    private static string SettingName(FactorLayout layout, CellResult cell)
    {
        var load = layout.XPhrase(cell);
        return load.Length > 0 ? $"{cell.Operation} at {load}" : cell.Operation;
    }

    private static Conclusion Describe(string level, string setting, IReadOnlyList<CellPair> pairs)
    {
        var added = pairs.Select(pair => Comparison.Latency(pair.Other).Mean - Comparison.Latency(pair.Base).Mean).Order().ToList();
        var (low, high) = (Format.Latency(added[0]), Format.Latency(added[^1]));
        var range = low == high ? low : $"{low} to {high}";
        var first = pairs[0];
        var from = pairs.Count == 1
            ? $" ({Format.Latency(Comparison.Latency(first.Base).Mean)} local, "
                + $"{Format.Latency(Comparison.Latency(first.Other).Mean)} {level})"
            : $" (over {pairs.Count} pairs)";
        var hidden = pairs.Count(pair => pair.Latency is Difference.NotShown);
        return new Conclusion(
            Severity.Hint, Topic,
            $"Deployment {level} adds {range} to the mean round trip of {setting}{from}"
            + (hidden > 0 ? $"; no difference shown in {hidden} of {Format.Count(pairs.Count, "pair")}" : "")
            + $".{PublishedWords(pairs)}",
            [.. pairs.SelectMany(pair => pair.Cells)]);
    }

    private static string PublishedWords(IReadOnlyList<CellPair> pairs)
    {
        var published = pairs.FirstOrDefault(pair => pair is
        {
            Base.Published.LatencyUs: not null,
            Other.Published.LatencyUs: not null,
        });
        return published is { Base.Published.LatencyUs: { } near, Other.Published.LatencyUs: { } far }
            ? $" Published: {Format.Latency(far - near)} added ({Format.Latency(near)} to {Format.Latency(far)})."
            : "";
    }
}
