using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Systems.Echo;

/// <summary>The engines from the highest throughput down, with what a round trip costs the server, at each number of connections.</summary>
public sealed class EngineRankingAnalyser : IAnalyser
{
    private const string Topic = "Engines";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        var ranked = cells.Where(cell => Comparison.IsComparable(cell) && !ConnectionCells.HoldsIdle(cell));
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

/// <summary>What an idle connection costs the server, engine by engine.</summary>
public sealed class IdleConnectionAnalyser : IAnalyser
{
    private const string Topic = "Idle connections";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        foreach (var held in cells.Where(cell => ConnectionCells.HoldsIdle(cell) && cell.Verdict == Verdict.True)
            .GroupBy(cell => (cell.Group, ConnectionCells.Connections(cell))))
        {
            var rising = held.OrderBy(PerConnection).ToList();
            yield return new Conclusion(
                Severity.Hint, Topic,
                $"With {Format.Count((long)(ConnectionCells.Value(rising[0], EchoMetrics.Open) ?? 0), "idle connection")} open, each of them costs the server: "
                + $"{string.Join("; ", rising.Select(Cost))}. Buffers in the kernel are not counted.",
                rising);
        }
    }

    private static string Cost(CellResult cell)
    {
        var threads = (long)((ConnectionCells.Value(cell, EchoMetrics.ThreadsIdle) ?? 0) - (ConnectionCells.Value(cell, EchoMetrics.ThreadsBefore) ?? 0));
        return $"{ConnectionCells.Engine(cell)} {Format.Bytes(PerConnection(cell))}"
            + (threads > 0 ? $" ({Format.Count(threads, "thread")} more)" : " (no more threads)");
    }

    private static double PerConnection(CellResult cell) => ConnectionCells.Value(cell, EchoMetrics.MemoryPerConnection) ?? 0;
}
