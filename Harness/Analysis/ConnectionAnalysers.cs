using System.Globalization;
using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>The engines from the highest throughput down, with what a round trip costs the server, at each number of connections.</summary>
public sealed class EngineRankingAnalyser : IAnalyser
{
    private const string Topic = "Engines";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        var ranked = cells.Where(cell => cell.Connections is not null && Comparison.IsComparable(cell) && !ConnectionCells.HoldsIdle(cell));
        foreach (var load in ranked.GroupBy(cell => (cell.Group, cell.Operation, Connections: ConnectionCells.Connections(cell) ?? 0))
            .OrderBy(load => load.Key.Connections))
        {
            var rivals = load.OrderByDescending(cell => Comparison.Throughput(cell).Mean).ToList();
            if (rivals.Select(ConnectionCells.Engine).Distinct(StringComparer.Ordinal).Count() == rivals.Count && rivals.Count > 1)
            {
                yield return new Conclusion(
                    Severity.Hint, Topic,
                    $"At {Format.Count(load.Key.Connections, "connection")}: {string.Join(", ", rivals.Select(Place))}.{Lead(rivals[0], rivals[1])}",
                    rivals);
            }
        }
    }

    private static string Place(CellResult cell)
    {
        var cost = ConnectionCells.ServerUs(cell) is { } us ? $" (server {Format.Latency(us)})" : "";
        return $"{ConnectionCells.Engine(cell)} {Format.Rate(Comparison.Throughput(cell).Mean)}{cost}";
    }

    private static string Lead(CellResult first, CellResult second) => Comparison.OfThroughput(first, second) switch
    {
        Difference.NotShown => $" No difference shown between {ConnectionCells.Engine(first)} and {ConnectionCells.Engine(second)}.",
        Difference.Undecided => " A single iteration: the order may be chance.",
        _ => "",
    };
}

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
        var known = cells.Where(cell => Comparison.IsComparable(cell) && !ConnectionCells.HoldsIdle(cell) && ConnectionCells.LoadUs(cell) > 0);
        foreach (var group in known.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            var layout = FactorLayout.Of([.. group]);
            var busiest = group.MaxBy(cell => Share(ConnectionCells.LoadUs(cell)!.Value, cell))!;
            yield return new Conclusion(Severity.Hint, Topic, Describe(busiest, layout), [busiest]);
        }
    }

    private string Describe(CellResult cell, FactorLayout layout)
    {
        var loadUs = ConnectionCells.LoadUs(cell)!.Value;
        var (loadShare, share) = (Share(loadUs, cell), Share(CpuAnalyser.TotalUs(cell), cell));
        var busy = string.Create(CultureInfo.InvariantCulture, $"{Format.Significant(share * cores, 2)} of {cores} cores");
        return $"The load was busiest in {layout.CellName(cell)}: {Format.Latency(loadUs)} of processor time per round trip. With the "
            + $"whole machine ({Format.Count(cores, "core")}) to itself it could do about {Format.Rate(cores * 1e6 / loadUs)}; measured were "
            + $"{Format.Rate(Comparison.Throughput(cell).Mean)}. "
            + (loadShare >= Near ? "It was the limit: faster servers would not show."
                : share >= Near ? $"It was not the limit alone: load and servers share the machine and kept {busy} busy."
                : $"It was not the limit; load and servers together kept {busy} busy.");
    }

    private double Share(double perOperationUs, CellResult cell) => perOperationUs * Comparison.Throughput(cell).Mean / 1e6 / cores;
}

/// <summary>What an idle connection costs the server, engine by engine.</summary>
public sealed class IdleConnectionAnalyser : IAnalyser
{
    private const string Topic = "Idle connections";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var held in cells.Where(cell => ConnectionCells.HoldsIdle(cell) && cell.Verdict != Verdict.False)
            .GroupBy(cell => (cell.Group, ConnectionCells.Connections(cell))))
        {
            var rising = held.OrderBy(cell => cell.Connections!.Memory!.PerConnectionBytes).ToList();
            yield return new Conclusion(
                Severity.Hint, Topic,
                $"With {Format.Count(rising[0].Connections!.Memory!.Connections, "idle connection")} open, each of them costs the server: "
                + $"{string.Join("; ", rising.Select(Cost))}. Buffers in the kernel are not counted.",
                rising);
        }
    }

    private static string Cost(CellResult cell)
    {
        var memory = cell.Connections!.Memory!;
        var threads = memory.ThreadsIdle - memory.ThreadsBefore;
        return $"{ConnectionCells.Engine(cell)} {Format.Bytes(memory.PerConnectionBytes)}"
            + (threads > 0 ? $" ({Format.Count(threads, "thread")} more)" : " (no more threads)");
    }
}
