using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>Observations 4 to 6 of the marketplace report: kinds of operation, amount of data, deployment.</summary>
public static class OperationClaims
{
    public static Claim? ReadsBeatWrites(IReadOnlyList<CellResult> cells)
    {
        var pairs = cells.GroupBy(Setting, StringComparer.Ordinal).SelectMany(ReadWritePairs).ToList();
        if (pairs.Count == 0)
        {
            return null;
        }

        var (throughput, latency) = (new Tally(), new Tally());
        foreach (var (read, write) in pairs)
        {
            throughput.Add(Comparison.OfThroughput(read, write), Difference.Higher);
            latency.Add(Comparison.OfLatency(read, write), Difference.Lower);
        }

        return new Claim(
            4,
            "Reads consistently show better throughput than writes, whose latency is higher because of commits and locks.",
            Both(throughput.Outcome, latency.Outcome),
            $"At equal load and settings a read has more throughput than a write {throughput.Words("pair")}, and less latency "
            + $"{latency.Words("pair")}.{PublishedReads(pairs)}",
            [.. pairs.SelectMany(pair => new[] { pair.Read, pair.Write }).Distinct()]);
    }

    public static Claim? LatencyIsProportionalToData(IReadOnlyList<CellResult> cells)
    {
        var counted = cells.Where(cell => cell.Factors.GetValueOrDefault(MarketplaceModule.ItemsPerSeller) is long).ToList();
        var items = FactorColumn.Of(counted).FirstOrDefault(column => column.Varies && column.Names[0] == MarketplaceModule.ItemsPerSeller);
        if (items is null)
        {
            return null;
        }

        var (few, many) = (items.Levels[0], items.Levels[^1]);
        var pairs = CellPair.Of(counted, items, few, many);
        var growth = pairs.Count == 0 ? 0 : items.Number(pairs[0].Other)!.Value / items.Number(pairs[0].Base)!.Value;
        if (growth <= 1 || !double.IsFinite(growth))
        {
            return null;
        }

        var tally = new Tally();
        foreach (var pair in pairs)
        {
            var relative = pair.LatencyRatio / growth;
            tally.Add(ClaimTolerance.Covers(relative), true);
        }

        var layout = FactorLayout.Of([.. pairs.Select(pair => pair.Other)]);
        var lines = pairs.Select(pair => Growth(pair, items, layout.CellName(pair.Other)));
        return new Claim(
            5,
            "Latency is directly proportional to the data sent over the network (7000 items against few).",
            tally.Outcome,
            $"{few} to {many} items per seller are {Format.Ratio(growth)} the items. Latency grew in proportion to them, within "
            + $"{ClaimTolerance.Text}, in {(tally.Holds == 0 ? "none" : tally.Holds)} of "
            + $"{Format.Count(tally.Total, "setting")}: {string.Join("; ", lines)}.{PublishedGrowth(pairs)}",
            [.. pairs.SelectMany(pair => pair.Cells)]);
    }

    public static Claim? CloudIsSlower(IReadOnlyList<CellResult> cells)
    {
        var deployment = FactorColumn.Of(cells).FirstOrDefault(column => column.Names[0] == CommonFactors.Deployment);
        var pairs = (deployment?.Levels.Where(level => level != CommonFactors.Local) ?? [])
            .SelectMany(level => CellPair.Of(cells, deployment!, CommonFactors.Local, level))
            .ToList();
        if (pairs.Count == 0)
        {
            return null;
        }

        var (latency, throughput) = (new Tally(), new Tally());
        foreach (var pair in pairs)
        {
            latency.Add(pair.Latency, Difference.Higher);
            throughput.Add(pair.Throughput, Difference.Lower);
        }

        var (low, high) = (pairs.Min(Added), pairs.Max(Added));
        return new Claim(
            6,
            "A cloud deployment has significantly higher latency and lower throughput than a local one.",
            Both(latency.Outcome, throughput.Outcome),
            $"Latency away from this machine is higher {latency.Words("pair")} (mean latency changes by {Format.Latency(low)} to "
            + $"{Format.Latency(high)}), and throughput lower {throughput.Words("pair")} "
            + $"({Format.Ratio(pairs.Min(pair => pair.ThroughputRatio))} to "
            + $"{Format.Ratio(pairs.Max(pair => pair.ThroughputRatio))} the local one).",
            [.. pairs.SelectMany(pair => pair.Cells)]);
    }

    private static double Added(CellPair pair) => Comparison.Latency(pair.Other).Mean - Comparison.Latency(pair.Base).Mean;

    private static ClaimOutcome Both(ClaimOutcome one, ClaimOutcome other) => one == other ? one : ClaimOutcome.Mixed;

    private static string Setting(CellResult cell) => string.Join('\n', cell.Factors
        .Where(factor => factor.Key != MarketplaceModule.ItemsPerSeller)
        .OrderBy(factor => factor.Key, StringComparer.Ordinal)
        .Select(factor => $"{factor.Key}={factor.Value}")
        .Prepend(cell.Group));

    private static IEnumerable<(CellResult Read, CellResult Write)> ReadWritePairs(IEnumerable<CellResult> setting)
    {
        var byKind = setting.ToLookup(cell => cell.Does.Access);
        return byKind[OperationAccess.Reads].SelectMany(read => byKind[OperationAccess.Writes].Select(write => (read, write)));
    }

    private static string PublishedReads(List<(CellResult Read, CellResult Write)> pairs)
    {
        var published = pairs
            .Select(pair => (Read: pair.Read.Published?.ThroughputOps, Write: pair.Write.Published?.ThroughputOps))
            .Where(pair => pair is { Read: not null, Write: not null })
            .Distinct()
            .ToList();
        var holds = published.Count(pair => pair.Read > pair.Write);
        return published.Count == 0
            ? ""
            : $" In the report's own figures a read has more throughput than a write in {holds} of "
                + $"{Format.Count(published.Count, "pair")}.";
    }

    private static string Growth(CellPair pair, FactorColumn items, string setting)
    {
        var (few, many) = (Comparison.Latency(pair.Base).Mean, Comparison.Latency(pair.Other).Mean);
        var perItem = (many - few) / (items.Number(pair.Other)!.Value - items.Number(pair.Base)!.Value);
        return $"{Format.Ratio(pair.LatencyRatio)} ({setting}: {Format.Latency(few)} to {Format.Latency(many)}, "
            + $"{Format.Latency(perItem)} for each further item)";
    }

    private static string PublishedGrowth(IReadOnlyList<CellPair> pairs)
    {
        var published = pairs.FirstOrDefault(pair =>
            pair is { Base.Published.LatencyUs: > 0, Other.Published.LatencyUs: not null });
        return published is { Base.Published.LatencyUs: { } few, Other.Published.LatencyUs: { } many }
            ? $" Published: {Format.Ratio(many / few)} ({Format.Latency(few)} to {Format.Latency(many)})."
            : "";
    }
}
