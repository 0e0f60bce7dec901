using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>The fastest read beside the fastest write, at the highest load of a group.</summary>
public sealed class ReadWriteAnalyser : IAnalyser
{
    private const string Topic = "Reads and writes";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.Where(Comparison.IsComparable).GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            var loaded = group.GroupBy(cell => layout.X?.Number(cell) ?? 0).MaxBy(load => load.Key)!;
            var read = Fastest(loaded, OperationAccess.Reads);
            var write = Fastest(loaded, OperationAccess.Writes);
            if (read is not null && write is not null)
            {
                yield return Describe(layout, read, write);
            }
        }
    }

    private static CellResult? Fastest(IEnumerable<CellResult> cells, OperationAccess kind) => cells
        .Where(cell => cell.Does.Access == kind)
        .MaxBy(cell => Comparison.Throughput(cell).Mean);

    private static Conclusion Describe(FactorLayout layout, CellResult read, CellResult write)
    {
        var load = layout.XPhrase(read);
        var ratio = Comparison.Throughput(read).Mean / Comparison.Throughput(write).Mean;
        var relation = Comparison.OfThroughput(read, write) switch
        {
            Difference.Higher => $"{Format.Ratio(ratio)} the write's throughput",
            Difference.Lower => $"only {Format.Ratio(ratio)} the write's throughput",
            Difference.NotShown => "no difference shown",
            _ => $"{Format.Ratio(ratio)} in a single iteration",
        };
        return new Conclusion(
            Severity.Hint, Topic,
            $"{(load.Length > 0 ? $"At {load} the" : "The")} fastest read is {Named(layout, read)}, the fastest write "
            + $"{Named(layout, write)}: {relation}.",
            [read, write]);
    }

    private static string Named(FactorLayout layout, CellResult cell)
    {
        var setting = layout.SeriesName(cell);
        return $"{cell.Operation} with {Format.Rate(Comparison.Throughput(cell).Mean)}"
            + (setting.Length > 0 ? $" ({setting})" : "");
    }
}
