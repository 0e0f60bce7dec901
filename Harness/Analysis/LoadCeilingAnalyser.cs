using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Measurement;

namespace Lab.Harness.Analysis;

/// <summary>
/// Was it the load that could not do more? Its processor time per round trip bounds what it can do with all cores to itself.
/// </summary>
/// <param name="cores">Processor cores of the machine, which load and servers share.</param>
public sealed class LoadCeilingAnalyser(int cores) : IAnalyser
{
    private const string Topic = "The load itself";

    /// <summary>A load above this share of its ceiling is called the limit; a machine above this share of its cores is.</summary>
    public const double Near = 0.9;

    /// <summary>The share as it is printed.</summary>
    public const string NearText = "90 %";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        var known = cells.Where(cell => Comparison.IsComparable(cell) && LoadUs(cell) > 0 && ProcessRoles.PerOperationUs(cell, ProcessRoles.Server) is not null);
        foreach (var group in known.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            var busiest = group.MaxBy(cell => Share(LoadUs(cell), cell))!;
            yield return new Conclusion(Severity.Hint, Topic, Describe(busiest, layout), [busiest]);
        }
    }

    private string Describe(CellResult cell, FactorLayout layout)
    {
        var loadUs = LoadUs(cell);
        var (loadShare, share) = (Share(loadUs, cell), Share(CpuAnalyser.TotalUs(cell), cell));
        var busy = string.Create(CultureInfo.InvariantCulture, $"{Format.Significant(share * cores, 2)} of {cores} cores");
        return $"The load was busiest in {layout.CellName(cell)}: {Format.Latency(loadUs)} of processor time per {cell.Does.Unit}. With the "
            + $"whole machine ({Format.Count(cores, "core")}) to itself it could do about {Format.Rate(cores * 1e6 / loadUs)}; measured were "
            + $"{Format.Rate(Comparison.Throughput(cell).Mean)}. "
            + (loadShare >= Near ? "It was the limit: faster servers would not show."
                : share >= Near ? $"It was not the limit alone: load and servers share the machine and kept {busy} busy."
                : $"It was not the limit; load and servers together kept {busy} busy.");
    }

    private double Share(double perOperationUs, CellResult cell) => perOperationUs * Comparison.Throughput(cell).Mean / 1e6 / cores;

    private static double LoadUs(CellResult cell) => ProcessRoles.PerOperationUs(cell, ProcessRoles.Load) ?? 0;
}
