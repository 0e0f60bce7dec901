using Lab.Harness.Archive;
using Lab.Harness.Measurement;

namespace Lab.Harness.Analysis;

/// <summary>Processor time per operation, over all processes: what a request costs whoever does the work.</summary>
public sealed class CpuAnalyser : IAnalyser
{
    private const string Topic = "Processor time";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var group in cells.Where(cell => TotalUs(cell) > 0).GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            var loaded = group.GroupBy(cell => layout.X?.Number(cell) ?? 0).MaxBy(load => load.Key)!.ToList();
            var load = layout.XPhrase(loaded[0]) is { Length: > 0 } phrase ? $" at {phrase}" : "";
            var cheapest = loaded.MinBy(TotalUs)!;
            var dearest = loaded.MaxBy(TotalUs)!;
            yield return new Conclusion(
                Severity.Hint, Topic,
                Format.Latency(TotalUs(cheapest)) == Format.Latency(TotalUs(dearest))
                    ? $"One operation{load} costs {Cost(cheapest, layout)}."
                    : $"One operation{load} costs between {Cost(cheapest, layout)} and {Cost(dearest, layout)}.",
                cheapest == dearest ? [cheapest] : [cheapest, dearest]);
        }
    }

    /// <summary>Processor microseconds of one process per measured operation.</summary>
    public static double PerOperationUs(CellResult cell, ProcessUsage process) =>
        cell.Operations > 0 ? process.CpuS * 1e6 / cell.Operations : 0;

    /// <summary>Processor microseconds of all processes per measured operation; 0 when nothing was recorded.</summary>
    public static double TotalUs(CellResult cell) => cell.Processes.Sum(process => PerOperationUs(cell, process));

    private static string Cost(CellResult cell, FactorLayout layout)
    {
        var largest = ProcessRoles.Added(cell).MaxBy(process => process.CpuS)!;
        return $"{Format.Latency(TotalUs(cell))} of processor time ({layout.CellName(cell, layout.X)}; {Name(largest)} takes "
            + $"{Format.Percent(PerOperationUs(cell, largest) / TotalUs(cell))} of it)";
    }

    private static string Name(ProcessUsage process) => process.Role is null ? process.Name : $"the {process.Name}";
}
