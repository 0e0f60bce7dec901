using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>The response per purchase beside the report's, and how both grow with the buyers.</summary>
public sealed class PurchaseAnalyser : IAnalyser
{
    private const string Topic = "Response";

    public IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells)
    {
        var buys = cells.Where(cell => cell.Operation == TradingPostModule.Buy && Comparison.IsComparable(cell)).ToList();
        foreach (var group in buys.GroupBy(cell => cell.Group, StringComparer.Ordinal))
        {
            foreach (var series in group.Where(cell => cell.Published?.LatencyUs is not null)
                .GroupBy(FactorLayout.Of([.. group]).SeriesName, StringComparer.Ordinal))
            {
                yield return Against([.. series.OrderBy(Buyers)], series.Key);
            }

            foreach (var cell in group.Where(cell => cell.Published is { LatencyLowUs: not null, LatencyHighUs: not null }))
            {
                yield return new Conclusion(Severity.Hint, Topic, Range(cell, FactorLayout.Of([.. group]).SeriesName(cell)), [cell]);
            }
        }
    }

    private static Conclusion Against(List<CellResult> series, string setting)
    {
        var steps = series.Select(cell => $"{Format.Latency(cell.Latency!.Mean)} with {Format.Count(Buyers(cell), "buyer")} "
            + $"({PublishedRatio.Words(cell.Latency.Mean, cell.Published!.LatencyUs!.Value)})");
        var (first, last) = (series[0], series[^1]);
        var growth = series.Count > 1
            ? $" From {Buyers(first)} to {Format.Count(Buyers(last), "buyer")} the response grows {Format.Ratio(last.Latency!.Mean / first.Latency!.Mean)}, "
                + $"in the report {Format.Ratio(last.Published!.LatencyUs!.Value / first.Published!.LatencyUs!.Value)}."
            : "";
        return new Conclusion(
            Severity.Hint, Topic,
            $"A purchase{(setting.Length > 0 ? $" ({setting})" : "")} takes {string.Join(", ", steps)}.{growth}", series);
    }

    private static string Range(CellResult cell, string setting)
    {
        var (latency, published) = (cell.Latency!, cell.Published!);
        var within = latency.Distribution.Where(bucket => bucket.UpToUs >= published.LatencyLowUs && bucket.UpToUs <= published.LatencyHighUs)
            .Sum(bucket => bucket.Count);
        var place = latency.Max < published.LatencyLowUs ? "every purchase here was faster"
            : $"{Format.Count(within)} of {Format.Count(cell.Operations)} purchases here lie in it";
        return $"{(setting.Length > 0 ? $"{setting}: h" : "H")}alf of {Format.Count(cell.Operations, "purchase")} took at most {Format.Latency(latency.P50)}, 99 of 100 at most "
            + $"{Format.Latency(latency.P99)}, the longest {Format.Latency(latency.Max)}. The report's histogram lies between {Format.Latency(published.LatencyLowUs!.Value)} and "
            + $"{Format.Latency(published.LatencyHighUs!.Value)}: {place}.";
    }

    private static long Buyers(CellResult cell) => cell.Factors.GetValueOrDefault(TradingPostModule.Buyers) as long? ?? 0;
}
