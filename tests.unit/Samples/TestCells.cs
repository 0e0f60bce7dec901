using Lab.Harness.Archive;

namespace Lab.Tests.Samples;

/// <summary>Crafted cells for tests: every figure is chosen by the test.</summary>
public static class TestCells
{
    public static CellResult Cell(
        string operation,
        double throughput,
        double latencyUs,
        double relativeCi = 0.02,
        string group = "clients",
        int iterations = 10,
        params (string Name, object Value)[] factors) => new()
        {
            Experiment = "marketplace",
            Group = group,
            System = "marketplace",
            Info = SampleSystems.Marketplace.Info,
            Operation = operation,
            Factors = factors.ToDictionary(factor => factor.Name, factor => factor.Value is int number ? (long)number : factor.Value),
            Iterations = iterations,
            Operations = 1000,
            Latency = Latency(latencyUs, latencyUs * relativeCi),
            Throughput = new Estimate(throughput, throughput * relativeCi),
            Errors = new ErrorCounts(0, new Dictionary<string, long>()),
            Verdict = Verdict.True,
            VerdictReason = "kept",
            Published = null,
            Processes = [],
        };

    /// <summary>A cell with so many sellers and as many buyers.</summary>
    public static CellResult At(
        int clients, double throughput, double latencyUs, string operation = "search_items", double relativeCi = 0.02,
        int iterations = 10, string group = "clients", params (string Name, object Value)[] factors) =>
        Cell(operation, throughput, latencyUs, relativeCi, group, iterations, [("sellers", clients), ("buyers", clients), .. factors]);

    public static LatencySummary Latency(double meanUs, double ci95Us) => new()
    {
        Mean = meanUs,
        Ci95 = ci95Us,
        P50 = meanUs,
        P90 = meanUs * 1.5,
        P99 = meanUs * 2,
        P999 = meanUs * 3,
        Max = meanUs * 4,
        Distribution = [new LatencyBucket(meanUs, 500), new LatencyBucket(meanUs * 2, 490), new LatencyBucket(meanUs * 4, 10)],
    };

    public static CellResult WithPublished(this CellResult cell, double? throughput, double? latencyUs) =>
        cell with { Published = new PublishedFigure(latencyUs, throughput, "a report") };

    public static CellResult WithErrors(this CellResult cell, params (string Kind, long Count)[] kinds) => cell with
    {
        Errors = new ErrorCounts(kinds.Sum(kind => kind.Count), kinds.ToDictionary(kind => kind.Kind, kind => kind.Count)),
    };

    public static CellResult WithoutFigures(this CellResult cell) => cell with { Latency = null, Throughput = null, Operations = 0 };

    public static RunResults Results(params CellResult[] cells) =>
        SampleResults.Results("test", "quick", cells, TimeSpan.FromSeconds(10));
}
