using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Echo;

/// <summary>
/// What the epoll report concludes, each tested on the cells of a run, and the premise that it does not measure. A claim that
/// the run's cells do not touch is left out.
/// </summary>
public static class EchoClaims
{
    /// <summary>How many claims the report makes.</summary>
    public const int Count = 5;

    private const long LostFrom = 4000;
    private const string Threads = "threads";

    /// <param name="cells">The cells of one experiment, without calibration cells.</param>
    public static IReadOnlyList<Claim> Check(IReadOnlyList<CellResult> cells)
    {
        var echo = cells.Where(cell => cell.System == EchoTopology.Name).ToList();
        var series = ConnectionSeries.Of(echo);
        return [.. new[]
        {
            ResponseGrows(series),
            DurationGrows(series),
            GrowthIsLinear(series),
            ConnectionsAreLost(echo),
            EpollBeatsThreads(echo),
        }.OfType<Claim>()];
    }

    private static Claim? ResponseGrows(IReadOnlyList<ConnectionSeries> series) => Grows(
        1,
        "The more connections, the longer a response takes: from 1.74× at 200 connections to 25.03× at 3000, against 100.",
        "A response takes longer than at 100 connections",
        series,
        Comparison.OfLatency,
        (line, connections) => line.LatencyGrowth(connections),
        cell => cell.Published?.Metric(EchoModule.LatencyGrowth),
        " Every client waits for its reply, so a response takes connections ÷ throughput: once the throughput no longer rises, "
        + "it has to grow with the connections, whatever the server.");

    private static Claim? DurationGrows(IReadOnlyList<ConnectionSeries> series) => Grows(
        2,
        "The more connections, the longer each of them lasts until it has its 100 answers: from 1.34× at 200 connections to "
        + "11.99× at 3000, against 100.",
        "A connection lasts longer than at 100 connections",
        [.. series.Select(line => line with { Cells = [.. line.Cells.Where(cell => ConnectionCells.DurationS(cell) is not null)] })],
        ByDuration,
        (line, connections) => line.DurationGrowth(connections),
        cell => cell.Published?.Metric(EchoModule.DurationGrowth),
        "");

    private static Claim? Grows(
        int number,
        string statement,
        string subject,
        IReadOnlyList<ConnectionSeries> series,
        Func<CellResult, CellResult, Difference> compare,
        Func<ConnectionSeries, long, double?> growth,
        Func<CellResult, double?> published,
        string explanation)
    {
        var pairs = series
            .Where(line => line.Base is not null)
            .SelectMany(line => line.Cells.Where(cell => Connections(cell) > ConnectionCells.GrowthBase).Select(cell => (line, cell)))
            .ToList();
        if (pairs.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        Decidable(pairs, pair => [pair.cell, pair.line.Base!]).ForEach(pair => tally.Add(compare(pair.cell, pair.line.Base!), Difference.Higher));

        // Told where the report has a figure to stand beside, at the most connections.
        var told = pairs.Where(pair => published(pair.cell) is not null).Select(pair => Connections(pair.cell)).DefaultIfEmpty(0).Max();
        var at = told > 0 ? told : pairs.Max(pair => Connections(pair.cell));
        var figures = pairs.Where(pair => Connections(pair.cell) == at).ToList();
        var here = string.Join(", ", figures.Select(pair => $"{pair.line.Setting} {Growth(growth(pair.line, at))}"));
        var there = figures.Select(pair => published(pair.cell)).FirstOrDefault(figure => figure is not null);
        return new Claim(
            number,
            statement,
            tally.Outcome,
            $"{subject} {tally.Words("comparison")}. At {Format.Count(at)} connections: {here}"
            + $"{(there is { } figure ? $"; published {Format.Ratio(figure)}" : "")}.{explanation}",
            [.. pairs.SelectMany(pair => new[] { pair.line.Base!, pair.cell }).Distinct()]);
    }

    private static Claim? GrowthIsLinear(IReadOnlyList<ConnectionSeries> series)
    {
        // Only as far as the report went: it does not claim more.
        var lines = series
            .Select(line => line with { Cells = [.. line.Cells.Where(cell => Connections(cell) <= LostFrom)] })
            .Where(line => line.Cells.Count > 2)
            .ToList();
        if (lines.Count == 0)
        {
            return null;
        }

        var (tally, furthest) = (new Tally(), (Quotient: 1.0, Words: ""));
        foreach (var line in lines)
        {
            var (first, last) = (line.Cells[0], line.Cells[^1]);
            foreach (var cell in line.Cells.Skip(1).SkipLast(1))
            {
                var along = (double)(Connections(cell) - Connections(first)) / (Connections(last) - Connections(first));
                var expected = first.Latency!.Mean + (along * (last.Latency!.Mean - first.Latency.Mean));
                var quotient = cell.Latency!.Mean / expected;
                tally.Add(ClaimTolerance.Covers(quotient), opposite: !ClaimTolerance.Covers(quotient));
                if (Math.Abs(Math.Log(quotient)) > Math.Abs(Math.Log(furthest.Quotient)))
                {
                    furthest = (quotient, $"{line.Setting} at {Format.Count(Connections(cell))} connections");
                }
            }
        }

        return new Claim(
            3,
            "The growth is linear: a straight line through the figures matches them.",
            tally.Outcome,
            $"Between an engine's fewest and most connections, up to {Format.Count(LostFrom)}, the response lies within {ClaimTolerance.Text} of the straight "
            + $"line through these two {tally.Words("cell")}"
            + $"{(furthest.Words.Length > 0 ? $"; the furthest is {furthest.Words}, {Format.Ratio(furthest.Quotient)} the line" : "")}.",
            [.. lines.SelectMany(line => line.Cells)]);
    }

    // Lost connections break the verdict, so this looks at cells with any verdict.
    private static Claim? ConnectionsAreLost(IReadOnlyList<CellResult> echo)
    {
        var cells = echo.Where(cell => Connections(cell) >= LostFrom && !ConnectionCells.HoldsIdle(cell)).OrderBy(Connections).ToList();
        if (cells.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        cells.ForEach(cell => tally.Add(Lost(cell) > 0, opposite: Lost(cell) == 0));
        var losers = cells.Where(cell => Lost(cell) > 0)
            .Select(cell => $"{Name(cell)}: {Format.Count(ConnectionCells.LogLines(cell))} of {Format.Count(ConnectionCells.Opened(cell))}");
        var words = string.Join("; ", losers);
        return new Claim(
            4,
            "4000 connections cannot be served without losing some: 3996 of 4000 were closed properly.",
            tally.Outcome,
            $"Connections were lost {tally.Words("cell")} with {Format.Count(LostFrom)} connections and more. "
            + (words.Length > 0
                ? $"Closed properly, over all iterations: {words}."
                : $"All {Format.Count(cells.Sum(ConnectionCells.Opened))} connections of these cells, over all iterations, "
                    + $"were closed properly, up to {Format.Count(Connections(cells[^1]))} at once."),
            cells);
    }

    private static Claim? EpollBeatsThreads(IReadOnlyList<CellResult> echo)
    {
        var busy = echo.Where(cell => !ConnectionCells.HoldsIdle(cell)).ToList();
        var engines = FactorColumn.Of(busy).FirstOrDefault(column => column.Names[0] == CommonFactors.Engine);
        var pairs = engines is null ? [] : CellPair.Of(busy, engines, Threads, EchoTopology.Epoll).OrderBy(pair => Connections(pair.Other)).ToList();
        if (pairs.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        Decidable(pairs, pair => pair.Cells).ForEach(pair => tally.Add(pair.Throughput, Difference.Higher));
        var ratios = string.Join(", ", pairs.Select(pair => $"{Format.Ratio(pair.ThroughputRatio)} at {Format.Count(Connections(pair.Other))}"));
        return new Claim(
            5,
            "An epoll server performs better than one with a thread per connection (a premise: the report measured epoll only).",
            tally.Outcome,
            $"Throughput of epoll is higher {tally.Words("comparison")} at equally many connections: {ratios}.{Cost(pairs[^1])}{Memory(echo)}",
            [.. pairs.SelectMany(pair => pair.Cells)]);
    }

    private static string Cost(CellPair pair) =>
        ConnectionCells.ServerUs(pair.Base) is { } threads && ConnectionCells.ServerUs(pair.Other) is { } epoll
            ? $" At {Format.Count(Connections(pair.Other))} connections a round trip costs the server {Format.Latency(epoll)} of "
                + $"processor time with epoll, {Format.Latency(threads)} with threads."
            : "";

    private static string Memory(IReadOnlyList<CellResult> echo)
    {
        return PerConnection(EchoTopology.Epoll) is { } epoll && PerConnection(Threads) is { } threads
            ? $" An idle connection costs {Format.Bytes(epoll)} with epoll, {Format.Bytes(threads)} with threads."
            : "";

        double? PerConnection(string engine) => echo.Where(ConnectionCells.HoldsIdle).FirstOrDefault(cell => ConnectionCells.Engine(cell) == engine) is { } held
            ? ConnectionCells.Value(held, EchoMetrics.MemoryPerConnection)
            : null;
    }

    private static Difference ByDuration(CellResult cell, CellResult other) =>
        Comparison.Of(cell, other, ConnectionCells.DurationS(cell)!, ConnectionCells.DurationS(other)!);

    // A single iteration has no interval: it decides nothing, and must not blur what others decide.
    private static List<T> Decidable<T>(List<T> pairs, Func<T, IEnumerable<CellResult>> cells)
    {
        var repeated = pairs.FindAll(pair => cells(pair).All(cell => cell.Iterations > 1));
        return repeated.Count > 0 ? repeated : pairs;
    }

    private static long Lost(CellResult cell) => ConnectionCells.Opened(cell) - ConnectionCells.LogLines(cell);

    private static long Connections(CellResult cell) => ConnectionCells.Connections(cell) ?? 0;

    private static string Name(CellResult cell) => $"{ConnectionCells.Engine(cell)} at {Format.Count(Connections(cell))}";

    private static string Growth(double? growth) => growth is { } ratio ? Format.Ratio(ratio) : "unknown";
}
