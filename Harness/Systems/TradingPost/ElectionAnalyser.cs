using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>
/// How long it takes until another trader sells: the design of the report against its improvement, the report's own figure, and
/// where the time goes.
/// </summary>
public sealed class ElectionAnalyser : IAnalyser
{
    private const string Topic = "Election";

    /// <summary>Printed with every election, so that its figures have something of their kind beside them.</summary>
    public const string ForScale =
        "For scale, measured elsewhere on a comparable machine: a cluster of three etcd members needs 1.39 s to a new leader by default, "
        + "and 0.13 s when tuned (heartbeat 10 ms, election timeout 100 ms).";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        var elections = cells.Where(cell => Phases(cell).Count > 0 && Comparison.IsComparable(cell)).ToList();
        foreach (var group in elections.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            foreach (var operation in group.GroupBy(cell => cell.Operation, StringComparer.Ordinal))
            {
                foreach (var conclusion in Designs([.. operation]).Concat(Published([.. operation])).Append(Parts([.. operation])))
                {
                    yield return conclusion;
                }
            }

            yield return new Conclusion(Severity.Hint, Topic, ForScale, [.. group]);
        }
    }

    /// <summary>The parts of the cell's changes of traders; empty when it made none.</summary>
    public static IReadOnlyList<PhaseFigures> Phases(CellResult cell) => cell.Metric<PhasesFigure>(TradingPostModule.ChangePhases.Name)?.Phases ?? [];

    private static IEnumerable<Conclusion> Designs(List<CellResult> cells)
    {
        if (FactorColumn.Of(cells).FirstOrDefault(column => column.Names[0] == TradingPostModule.Election) is not { } design)
        {
            yield break;
        }

        var pairs = CellPair.Of(cells, design, TradingPostModule.AsPublished, TradingPostModule.Improved)
            .OrderBy(pair => Peers(pair.Other)).ToList();
        if (pairs.Count > 0)
        {
            yield return new Conclusion(
                Severity.Hint, Topic,
                $"{cells[0].Does.Title}, the improved election against the one as published, until the first sale (p50): "
                + $"{string.Join("; ", pairs.Select(Against))}.",
                [.. pairs.SelectMany(pair => pair.Cells)]);
        }
    }

    private static string Against(CellPair pair)
    {
        var (before, now) = (pair.Base.Latency!.P50, pair.Other.Latency!.P50);
        var doubt = pair.Latency switch
        {
            Difference.NotShown => ", no difference of the means shown",
            Difference.Undecided => ", a single iteration",
            _ => "",
        };
        return $"{Format.Count(Peers(pair.Other), "peer")} {Format.Latency(now)} against {Format.Latency(before)} "
            + $"({(now <= before ? $"{Format.Ratio(before / now)} as fast" : $"{Format.Ratio(now / before)} as long")}{doubt})";
    }

    private static IEnumerable<Conclusion> Published(List<CellResult> cells)
    {
        foreach (var same in cells.Where(cell => cell.Published?.LatencyUs is not null).GroupBy(cell => (cell.Published!.LatencyUs!.Value, Peers: Peers(cell))))
        {
            var rivals = same.OrderBy(cell => cell.Latency!.Mean).ToList();
            yield return new Conclusion(
                Severity.Hint, Topic,
                $"The report's election among {Format.Count(same.Key.Peers, "peer")} took {Format.Latency(same.Key.Value)}, without the time until "
                + "somebody noticed and without the first sale. Here all of it together takes "
                + $"{string.Join(", ", rivals.Select(cell => $"{Format.Latency(cell.Latency!.Mean)} ({Design(cell)}; {PublishedRatio.Words(cell.Latency.Mean, same.Key.Value)})"))}.",
                rivals);
        }
    }

    private static Conclusion Parts(List<CellResult> cells)
    {
        var most = cells.GroupBy(Peers).OrderByDescending(peers => peers.Count()).ThenByDescending(peers => peers.Key == UsualPeers).First().ToList();
        return new Conclusion(
            Severity.Hint, Topic,
            $"{cells[0].Does.Title}, the time with {Format.Count(Peers(most[0]), "peer")} goes to: "
            + $"{string.Join("; ", most.Select(Shares))}.",
            most);
    }

    private static string Shares(CellResult cell)
    {
        var total = Phases(cell).Sum(phase => phase.MeanUs);
        return $"{string.Join(", ", Phases(cell).Select(phase => $"{phase.Name} {Format.Percent(total > 0 ? phase.MeanUs / total : 0)}"))} "
            + $"({Design(cell)}; mean {Format.Latency(cell.Latency!.Mean)}, p99 {Format.Latency(cell.Latency.P99)})";
    }

    // The report's number of peers, where several were measured equally often.
    private const long UsualPeers = 6;

    private static long Peers(CellResult cell) => cell.Factors.GetValueOrDefault(TradingPostModule.Peers) as long? ?? 0;

    private static string Design(CellResult cell) => cell.Factors.GetValueOrDefault(TradingPostModule.Election) switch
    {
        TradingPostModule.AsPublished => "as published",
        string word => word,
        _ => cell.Operation,
    };
}

/// <summary>Measured against published durations, in words.</summary>
public static class PublishedRatio
{
    /// <summary><c>59.0× as fast as published</c>, or <c>1.20× as long</c>.</summary>
    public static string Words(double measuredUs, double publishedUs) => measuredUs <= publishedUs
        ? $"{Format.Ratio(publishedUs / measuredUs)} as fast as published"
        : $"{Format.Ratio(measuredUs / publishedUs)} as long as published";
}
