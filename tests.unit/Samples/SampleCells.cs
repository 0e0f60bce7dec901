using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Tests.Samples;

/// <summary>Synthetic cells: a closed queueing network with one bottleneck, log-normal latencies, seeded noise.</summary>
public sealed class SampleCells(PublishedFigures published, int seed)
{
    private const int OperationsPerClient = 1000;

    private readonly Random _random = new(seed);

    public IReadOnlyList<CellResult> All(int iterations, string[] engines, string[] caches)
    {
        var calibration = new List<CellResult>();
        foreach (var operation in new[] { "tcp_round_trip", "select_by_key", "insert_row" })
        {
            foreach (var clients in new[] { 1L, 10, 100 })
            {
                var factors = new Dictionary<string, object> { ["clients"] = clients };
                calibration.Add(Cell("calibration", "calibration", operation, factors, clients, iterations, Calibrated(operation), null));
            }
        }

        var cells = new List<CellResult>();
        foreach (var operation in SampleResults.Operations)
        {
            foreach (var clients in new[] { 1L, 10, 100 })
            {
                cells.AddRange(Settings("clients", operation, clients, 10, "local"));
            }
        }

        cells.AddRange(Settings("items", "display_items_for_sale", 10, 7000, "local"));
        foreach (var operation in SampleResults.Operations.TakeLast(2))
        {
            cells.Add(Marketplace("deployment", operation, 1, 10, "gcp", engines[^1], caches[0]));
            cells.Add(Marketplace("deployment", operation, 10, 10, "gcp", engines[^1], caches[0]));
        }

        return [.. cells, .. calibration];

        IEnumerable<CellResult> Settings(string group, string operation, long clients, long items, string deployment) =>
            engines.SelectMany(engine => caches.Select(cache => Marketplace(group, operation, clients, items, deployment, engine, cache)));

        CellResult Marketplace(
            string group, string operation, long clients, long items, string deployment, string engine, string cache)
        {
            var factors = new Dictionary<string, object>
            {
                ["sellers"] = clients,
                ["buyers"] = clients,
                ["items_per_seller"] = items,
                ["deployment"] = deployment,
                ["engine"] = engine,
                ["cache"] = cache,
            };
            var limit = calibration.Find(cell =>
                cell.Operation == (operation.StartsWith("register", StringComparison.Ordinal) ? "insert_row" : "select_by_key")
                && (long)cell.Factors["clients"] == clients);
            return Cell("marketplace", group, operation, factors, clients, iterations, Demand(operation, factors), limit);
        }
    }

    // Base latency in microseconds and the highest rate per second.
    private static (double BaseUs, double PeakOps) Calibrated(string operation) => operation switch
    {
        "tcp_round_trip" => (31, 96_000),
        "select_by_key" => (92, 11_800),
        _ => (185, 14_900),
    };

    private static (double BaseUs, double PeakOps) Demand(string operation, Dictionary<string, object> factors)
    {
        var (baseUs, peak) = operation switch
        {
            "get_seller_rating" => (171.0, 21_500.0),
            "search_items" => (188.0, 18_900.0),
            "display_items_for_sale" => (214.0, 14_200.0),
            _ => (279.0, 14_700.0),
        };
        if ((string)factors["engine"] == "threads")
        {
            peak *= 0.76;
            baseUs *= 1.01;
        }

        if ((string)factors["cache"] == "redis" && !operation.StartsWith("register", StringComparison.Ordinal))
        {
            peak *= 1.9;
            baseUs *= 0.86;
        }

        var items = (long)factors["items_per_seller"];
        baseUs += (items - 10) * 1.6;
        peak /= 1 + ((items - 10) * 0.012);
        return (baseUs + ((string)factors["deployment"] == "gcp" ? 87_500 : 0), peak);
    }

    private CellResult Cell(
        string system, string group, string operation, Dictionary<string, object> factors, long clients, int iterations,
        (double BaseUs, double PeakOps) demand, CellResult? limit)
    {
        // Asymptotes of a closed system joined smoothly: clients / base latency below, the bottleneck's rate above.
        var unbounded = clients / demand.BaseUs * 1e6;
        var throughput = 1 / Math.Pow(Math.Pow(1 / unbounded, 4) + Math.Pow(1 / demand.PeakOps, 4), 0.25);
        var perIteration = Enumerable.Range(0, iterations)
            .Select(_ => throughput * (1 + (0.03 * Normal())))
            .Select(ops => new IterationResult(clients / ops * 1e6, ops, clients * OperationsPerClient, clients * OperationsPerClient / ops))
            .ToList();
        var operations = iterations * clients * OperationsPerClient;
        var spread = 0.28 + (0.04 * Math.Log10(clients));
        var latency = SampleLatency.Of([.. perIteration.Select(iteration => iteration.LatencyUs)], operations, spread);
        var rate = SampleLatency.Mean([.. perIteration.Select(iteration => iteration.ThroughputOps)]);
        return new CellResult
        {
            Experiment = "marketplace",
            Group = group,
            System = system,
            Info = system == "calibration" ? SampleSystems.Calibration.Info : SampleSystems.Marketplace.Info,
            Operation = operation,
            Factors = factors,
            Iterations = iterations,
            Operations = operations,
            Latency = latency,
            Throughput = rate,
            PerIteration = perIteration,
            Errors = new ErrorCounts(0, new Dictionary<string, long>()),
            Verdict = Verdict.True,
            VerdictReason = system == "calibration" ? "nothing to keep" : "stock, money and registrations add up",
            Published = published.Find(operation, factors),
            Limit = limit is { Latency: not null, Throughput: not null }
                ? new MachineLimit(
                    limit.Operation, limit.Latency.Mean, limit.Throughput.Mean, latency.Mean - limit.Latency.Mean, rate.Mean / limit.Throughput.Mean)
                : null,
            Processes = system == "calibration" ? [] : Usage(operation, operations, rate.Mean),
        };
    }

    private static ProcessUsage[] Usage(string operation, long operations, double rate)
    {
        var totalUs = 1.9e6 / Math.Max(rate, 6000) * (1 + (2000 / Math.Max(rate, 2000)));
        var server = operation.StartsWith("get", StringComparison.Ordinal) || operation.StartsWith("search", StringComparison.Ordinal)
            ? "buyer-server" : "seller-server";
        return
        [
            Process(server, 0.36, 141),
            Process("mariadb", 0.34, 288),
            Process("redis", 0.05, 11),
            Process("load", 0.25, 163),
        ];

        ProcessUsage Process(string name, double share, long mib) => new(name, totalUs * share * operations / 1e6, mib << 20);
    }

    private double Normal() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}

/// <summary>A latency summary whose percentiles belong to its distribution.</summary>
public static class SampleLatency
{
    private const int BucketsPerDecade = 24;

    public static LatencySummary Of(IReadOnlyList<double> meansUs, long operations, double spread)
    {
        var mean = Mean(meansUs);
        var median = mean.Mean / Math.Exp(spread * spread / 2);
        var buckets = Buckets(median, spread, operations);
        return new LatencySummary
        {
            Mean = mean.Mean,
            Ci95 = mean.Ci95,
            P50 = At(0.5),
            P90 = At(0.9),
            P99 = At(0.99),
            P999 = At(0.999),
            Max = buckets[^1].UpToUs,
            Distribution = buckets,
        };

        double At(double share)
        {
            long seen = 0;
            return buckets.First(bucket => (seen += bucket.Count) >= share * operations).UpToUs;
        }
    }

    /// <summary>Mean and a 95 % interval; Student's t for 3 and 10 values, near enough for a sample otherwise.</summary>
    public static Estimate Mean(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        if (values.Count < 2)
        {
            return new Estimate(mean, 0);
        }

        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        var t = values.Count switch { 2 => 12.71, 3 => 4.303, _ => 2.262 };
        return new Estimate(mean, t * deviation / Math.Sqrt(values.Count));
    }

    // A log-normal body with a thin far tail, cut into buckets of equal ratio.
    private static List<LatencyBucket> Buckets(double median, double spread, long operations)
    {
        var buckets = new List<LatencyBucket>();
        long before = 0;
        for (var step = -BucketsPerDecade; before < operations && step < 4 * BucketsPerDecade; step++)
        {
            var upper = median * Math.Pow(10, (double)step / BucketsPerDecade);
            var body = Cumulative(Math.Log(upper / median) / spread);
            var tail = Cumulative(Math.Log(upper / (median * 4)) / 0.7);
            var upTo = (long)Math.Round(operations * ((0.995 * body) + (0.005 * tail)));
            if (upTo > before)
            {
                buckets.Add(new LatencyBucket(upper, upTo - before));
                before = upTo;
            }
        }

        return buckets;
    }

    // Logistic approximation of the normal distribution: close enough for a sample.
    private static double Cumulative(double z) => 1 / (1 + Math.Exp(-((0.07056 * z * z * z) + (1.5976 * z))));
}
