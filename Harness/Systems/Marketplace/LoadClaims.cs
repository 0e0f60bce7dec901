using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>Observations 1 to 3 of the marketplace report: what 1, 10 and 100 clients of each role do to throughput.</summary>
public static class LoadClaims
{
    private const string ThreadsEngine = "threads";

    public static Claim? OneClientIsSlower(IReadOnlyList<LoadSeries> series)
    {
        var pairs = Pairs(series, line => line.One, line => line.Ten);
        if (pairs.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        foreach (var pair in pairs)
        {
            tally.Add(
                pair is { Throughput: Difference.Higher, Latency: Difference.Higher },
                pair.Throughput == Difference.Lower || pair.Latency == Difference.Lower);
        }

        var bound = pairs.MaxBy(pair => Comparison.Throughput(pair.Base).Mean)!.Base;
        var text = $"Throughput and latency at 1+1 clients are both lower than at 10+10 {tally.Words("setting")}. "
            + "A client that waits for each reply before it sends the next request cannot do more than 1 ÷ latency, however "
            + $"the server is built: for {bound.Operation} that is 1 ÷ {Format.Latency(bound.Latency!.Mean)} = "
            + $"{Format.Rate(1e6 / bound.Latency.Mean)} for each client.{ThreadsExplanation(pairs)}";
        return new Claim(
            1,
            "A single client reaches less throughput than ten clients although its latency is the lowest, because one thread per "
            + "connection is overhead that only concurrency repays.",
            tally.Outcome,
            text,
            Cells(pairs));
    }

    public static Claim? TenClientsAreBest(IReadOnlyList<LoadSeries> series)
    {
        var complete = series.Where(line => line is { One: not null, Ten: not null, Hundred: not null }).ToList();
        if (complete.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        foreach (var line in complete)
        {
            var (below, above) = (Comparison.OfThroughput(line.Ten!, line.One!), Comparison.OfThroughput(line.Ten!, line.Hundred!));
            tally.Add(
                below == Difference.Higher && above == Difference.Higher,
                below == Difference.Lower || above == Difference.Lower);
        }

        var highest = complete.ConvertAll(line => new CellPair(line.Ten!, line.Hundred!).ThroughputRatio);
        return new Claim(
            2,
            "Ten clients give the best throughput of all: more than one client, and more than a hundred.",
            tally.Outcome,
            $"10+10 clients have the highest throughput of the three loads {tally.Words("setting")}. Throughput at 100+100 is "
            + $"{Range(highest)} that at 10+10.{PublishedRange(complete)}",
            [.. complete.SelectMany(line => new[] { line.One!, line.Ten!, line.Hundred! })]);
    }

    public static Claim? HundredClientsDegrade(IReadOnlyList<LoadSeries> series)
    {
        var pairs = Pairs(series, line => line.Ten, line => line.Hundred);
        if (pairs.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        foreach (var pair in pairs)
        {
            tally.Add(pair.Throughput, Difference.Lower);
        }

        return new Claim(
            3,
            "A hundred clients degrade performance against ten: waiting, contention and a saturated connection pool.",
            tally.Outcome,
            $"Throughput at 100+100 clients is lower than at 10+10 {tally.Words("setting")}; mean latency is "
            + $"{Range([.. pairs.Select(pair => pair.LatencyRatio)])} that at 10+10 for ten times the clients.",
            Cells(pairs));
    }

    // The report blames one thread per connection; an engine without those threads puts that to the test.
    private static string ThreadsExplanation(List<CellPair> pairs)
    {
        var single = pairs.Select(pair => pair.Base).ToList();
        var engine = FactorColumn.Of(single).FirstOrDefault(column => column.Names[0] == CommonFactors.Engine);
        if (engine?.Levels.Contains(ThreadsEngine, StringComparer.Ordinal) != true)
        {
            return "";
        }

        var words = engine.Levels.Where(level => level != ThreadsEngine)
            .Select(level => (level, engines: CellPair.Of(single, engine, ThreadsEngine, level)))
            .Where(other => other.engines.Count > 0)
            .Select(other =>
            {
                var tally = new Tally();
                foreach (var pair in other.engines)
                {
                    tally.Add(pair.Throughput, Difference.Higher);
                }

                return $" At 1+1 the {other.level} engine, which has no thread per connection, has more throughput than threads "
                    + $"{tally.Words("pair")}: {Range([.. other.engines.Select(pair => pair.ThroughputRatio)])}."
                    + (tally.Holds == 0 ? " That a thread per connection holds a single client back is not shown." : "");
            });
        return string.Concat(words);
    }

    private static string PublishedRange(List<LoadSeries> complete)
    {
        var published = complete
            .Where(line => line is { Ten.Published.ThroughputOps: > 0, Hundred.Published.ThroughputOps: > 0 })
            .Select(line => line.Hundred!.Published!.ThroughputOps!.Value / line.Ten!.Published!.ThroughputOps!.Value)
            .ToList();
        return published.Count > 0 ? $" Published: {Range(published)}." : "";
    }

    private static List<CellPair> Pairs(
        IReadOnlyList<LoadSeries> series, Func<LoadSeries, CellResult?> low, Func<LoadSeries, CellResult?> high) =>
        [.. series
            .Where(line => low(line) is not null && high(line) is not null)
            .Select(line => new CellPair(low(line)!, high(line)!))];

    private static CellResult[] Cells(List<CellPair> pairs) => [.. pairs.SelectMany(pair => pair.Cells)];

    private static string Range(List<double> ratios)
    {
        var (low, high) = (Format.Ratio(ratios.Min()), Format.Ratio(ratios.Max()));
        return low == high ? low : $"{low} to {high}";
    }
}
