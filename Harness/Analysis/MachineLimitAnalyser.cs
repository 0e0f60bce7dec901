using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Harness.Analysis;

/// <summary>
/// Each operation's share of what the machine gives without the system, at the highest load of a group. Cells with another
/// deployment than local are left out: what distance takes away is not the system's doing.
/// </summary>
public sealed class MachineLimitAnalyser : IAnalyser
{
    private const string Topic = "Machine limit";

    /// <summary>A cell below this share of the limit is called far from it.</summary>
    public const double FarBelow = 0.25;

    /// <summary>The share as it is printed.</summary>
    public const string FarBelowText = "25 %";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.Where(IsBounded).GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            var loads = group.GroupBy(cell => layout.X?.Number(cell) ?? 0).OrderBy(load => load.Key).ToList();
            yield return Shares([.. loads[^1]], layout);
            if (loads.Count > 1)
            {
                yield return Added([.. loads[0]], layout);
            }

            if (Far([.. loads[^1]], layout) is { } far)
            {
                yield return far;
            }
        }
    }

    private static bool IsBounded(CellResult cell) =>
        cell.Limit is not null
        && Comparison.IsComparable(cell)
        && cell.Factors.GetValueOrDefault(CommonFactors.Deployment) is null or CommonFactors.Local;

    private static Conclusion Shares(List<CellResult> cells, FactorLayout layout)
    {
        var best = cells.GroupBy(cell => cell.Operation, StringComparer.Ordinal)
            .Select(operation => operation.MaxBy(cell => cell.Limit!.ThroughputShare)!)
            .Select(cell => $"{cell.Operation} reaches {Format.Percent(cell.Limit!.ThroughputShare)} of {cell.Limit.Calibration} "
                + $"({Setting(layout, cell)}{Format.Rate(Comparison.Throughput(cell).Mean)} of "
                + $"{Format.Rate(cell.Limit.ThroughputOps)})");
        return new Conclusion(
            Severity.Hint, Topic, $"In the best setting{At(layout, cells[0])}, {string.Join("; ", best)}.", cells);
    }

    private static Conclusion Added(List<CellResult> cells, FactorLayout layout)
    {
        var least = cells.MinBy(cell => cell.Limit!.AddedLatencyUs)!;
        var most = cells.MaxBy(cell => cell.Limit!.AddedLatencyUs)!;
        return new Conclusion(
            Severity.Hint, Topic,
            cells.Count == 1
                ? $"Latency that the system adds{At(layout, least)}: {Extreme(least)}."
                : $"Latency that the system adds{At(layout, least)}: between {Extreme(least)} and {Extreme(most)}.",
            cells);

        string Extreme(CellResult cell) =>
            $"{Format.Latency(cell.Limit!.AddedLatencyUs)} to {cell.Limit.Calibration} ({layout.CellName(cell, layout.X)})";
    }

    private static Conclusion? Far(List<CellResult> cells, FactorLayout layout)
    {
        var far = cells.Where(cell => cell.Limit!.ThroughputShare < FarBelow).ToList();
        if (far.Count == 0)
        {
            return null;
        }

        var furthest = far.MinBy(cell => cell.Limit!.ThroughputShare)!;
        return new Conclusion(
            Severity.Hint, Topic,
            $"{far.Count} of {Format.Count(cells.Count, "cell")}{At(layout, cells[0])} stay far below the limit, under "
            + $"{FarBelowText} of it; the furthest is {layout.CellName(furthest, layout.X)} with "
            + $"{Format.Percent(furthest.Limit!.ThroughputShare)} of {furthest.Limit.Calibration}.",
            far);
    }

    private static string At(FactorLayout layout, CellResult cell) =>
        layout.XPhrase(cell) is { Length: > 0 } load ? $" at {load}" : "";

    private static string Setting(FactorLayout layout, CellResult cell) =>
        layout.SeriesName(cell) is { Length: > 0 } setting ? $"{setting}: " : "";
}
