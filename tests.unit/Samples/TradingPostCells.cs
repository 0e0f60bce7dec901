using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.TradingPost;

namespace Lab.Tests.Samples;

/// <summary>Synthetic cells of the experiment <c>trading-post</c>: figures from a formula, or chosen by a test. Nothing was measured.</summary>
public static class TradingPostCells
{
    public const string AsPublished = TradingPostModule.AsPublished;
    public const string Improved = TradingPostModule.Improved;

    private static readonly PublishedFigures Published =
        SampleSystems.Published(SampleSystems.TradingPost);

    /// <summary>The whole experiment.</summary>
    public static RunResults Full()
    {
        var cells = new List<CellResult>();
        foreach (var buyers in new[] { 1, 2, 3, 4, 32 })
        {
            // As published each purchase is a write of its own; improved, those that wait share one.
            cells.Add(Buy("published-table", buyers, AsPublished, 150 + (260 * buyers)));
            cells.Add(Buy("published-table", buyers, Improved, 300 + (95 * buyers)));
        }

        cells.Add(Buy("histogram", 1, AsPublished, 410, peers: 2, operations: 450));
        cells.Add(Buy("histogram", 1, Improved, 395, peers: 2, operations: 450));
        foreach (var peers in new[] { 3, 6, 12 })
        {
            cells.Add(Election(TradingPostModule.ElectAfterKill, peers, AsPublished, 92_000, 3_000 + (peers * 900), 4_000));
            cells.Add(Election(TradingPostModule.ElectAfterKill, peers, Improved, 1_900, 14_000 + (peers * 300), 3_400));
            cells.Add(Election(TradingPostModule.ElectAfterStop, peers, AsPublished, 1_050_000, 480_000 * (peers / 3), 4_100));
            cells.Add(Election(TradingPostModule.ElectAfterStop, peers, Improved, 138_000, 15_000 + (peers * 300), 3_500));
        }

        cells.Add(Change(AsPublished, 95_000, 104_000, 108_500));
        cells.Add(Change(Improved, 1_900, 17_500, 21_300));
        foreach (var buyers in new[] { 1, 32 })
        {
            cells.Add(Buy("accounts", buyers, Improved, 290 + (92 * buyers), peers: 3));
            cells.Add(Buy("accounts", buyers, Improved, 810 + (130 * buyers), peers: 3, accounts: "mysql"));
        }

        cells.Add(Buy("cloud", 1, Improved, 85_100, deployment: "gcp"));
        cells.Add(Buy("cloud", 3, Improved, 85_900, deployment: "gcp"));
        var results = SampleResults.Results("20260131-154500-trading-post", "full", cells, TimeSpan.FromMinutes(26));
        return results with { Run = results.Run with { Experiments = [Info()] } };
    }

    /// <summary>A cell of purchases with a mean response in microseconds.</summary>
    public static CellResult Buy(
        string group, int buyers, string writes, double latencyUs, int peers = 6, string accounts = "file", string deployment = "local", long operations = 30_000)
    {
        var factors = Factors(buyers, peers, accounts, Improved, writes, deployment);
        return TestCells.Cell(TradingPostModule.Buy, buyers / latencyUs * 1e6, latencyUs, group: group) with
        {
            Experiment = "trading-post",
            System = "trading-post",
            Info = SampleSystems.TradingPost.Info,
            Factors = factors,
            Operations = operations,
            VerdictReason = "one trader in each term, money and goods conserved, every acknowledged purchase in the accounts once",
            Latency = SampleLatency.Of([latencyUs * 0.98, latencyUs, latencyUs * 1.02], operations, 0.25),
            Published = Published.Find(TradingPostModule.Buy, factors),
            Processes =
            [
                .. Enumerable.Range(0, peers).Select(peer => new ProcessUsage($"peer-{peer}", operations * (peer == peers - 1 ? 120e-6 : 9e-6), 48L << 20)
                    {
                        Role = peer == peers - 1 ? "trader" : "other peers",
                    }).Reverse(),
                new ProcessUsage("trading-post", operations * 2e-6, 71L << 20) { Role = ProcessRoles.Rest },
                new ProcessUsage("harness", operations * 60e-6, 160L << 20) { Role = ProcessRoles.Load },
            ],
        };
    }

    /// <summary>A cell of 20 changes whose parts have these means in microseconds.</summary>
    public static CellResult Election(
        string operation, int peers, string election, double detectionUs, double agreementUs, double firstSaleUs, int iterations = 5)
    {
        var factors = Factors(1, peers, "file", election, Improved, "local");
        var meanUs = detectionUs + agreementUs + firstSaleUs;
        return TestCells.Cell(operation, 1e6 / meanUs, meanUs, group: "election", iterations: iterations) with
        {
            Experiment = "trading-post",
            System = "trading-post",
            Info = SampleSystems.TradingPost.Info,
            Factors = factors,
            Operations = 4L * iterations,
            VerdictReason = "one trader in each term, money and goods conserved, every acknowledged purchase in the accounts once",
            Published = Published.Find(operation, factors),
            Metrics =
            [
                new PhasesFigure(TradingPostModule.ChangePhases.Name, [
                Phase(TradingPostModule.Detection, detectionUs),
                Phase(TradingPostModule.Agreement, agreementUs),
                Phase(TradingPostModule.FirstSale, firstSaleUs)]),
            ],
        };
    }

    /// <summary>A cell of purchases with a change of traders at these times in microseconds after the kill.</summary>
    public static CellResult Change(string election, double noticedUs, double tradesUs, double firstSaleUs)
    {
        var totals = new MetricTotals();
        var random = new Random(11);
        foreach (var late in new[] { 0.9, 1, 1.15 })
        {
            totals.Add([new SeriesSample(TradingPostModule.ChangeCourse, Disturbance(random, noticedUs * late, tradesUs * late, firstSaleUs * late))]);
        }

        return TestCells.Cell(TradingPostModule.BuyThroughChange, 5_800, 690, group: "through-a-change", iterations: 3) with
        {
            Experiment = "trading-post",
            System = "trading-post",
            Info = SampleSystems.TradingPost.Info,
            Factors = Factors(4, 6, "file", election, Improved, "local"),
            Operations = 24_000,
            VerdictReason = "one trader in each term, money and goods conserved, every acknowledged purchase in the accounts once",
            Latency = SampleLatency.Of([670, 690, 710], 24_000, 0.3) with { Max = firstSaleUs * 1.15 },
            Metrics = totals.ToFigures(),
        };
    }

    private static Disturbance Disturbance(Random random, double noticedUs, double tradesUs, double firstSaleUs)
    {
        var operations = new List<TimedOperation>();
        for (var buyer = 0; buyer < 4; buyer++)
        {
            for (var nowUs = -700_000.0; nowUs < 800_000;)
            {
                var latencyUs = 450 + (-240 * Math.Log(1 - random.NextDouble()));
                var end = nowUs + latencyUs;
                end = end > 0 && nowUs < firstSaleUs ? firstSaleUs + latencyUs : end;
                operations.Add(new TimedOperation(end, end - nowUs));
                nowUs = end;
            }
        }

        return new Disturbance(
            operations,
            [
                new TimedEvent(TradingPostModule.Killed, 0),
                new TimedEvent(TradingPostModule.Noticed, noticedUs),
                new TimedEvent(TradingPostModule.Trades, tradesUs),
                new TimedEvent(TradingPostModule.FirstSale, firstSaleUs),
            ]);
    }

    private static PhaseFigures Phase(string name, double meanUs) => new(name, meanUs, meanUs * 0.95, meanUs * 1.4);

    private static Dictionary<string, object> Factors(int buyers, int peers, string accounts, string election, string writes, string deployment) => new()
    {
        ["buyers"] = (long)buyers,
        ["peers"] = (long)peers,
        ["accounts"] = accounts,
        ["election"] = election,
        ["writes"] = writes,
        ["deployment"] = deployment,
    };

    private static ExperimentInfo Info() => new(
        "trading-post",
        "A trading post that elects its trader",
        "Peers trade through one of them; when it is gone they elect another one.",
        [
            new GroupInfo("published-table", "More buyers at once", "How does the response per purchase grow?"),
            new GroupInfo("histogram", "450 purchases of one buyer", "How even is the response?"),
            new GroupInfo("election", "Until another one trades", "How long until another one sells, and where does the time go?"),
            new GroupInfo("through-a-change", "Buying through a change of traders", "What do buyers see when the trader is killed?"),
            new GroupInfo("accounts", "Accounts in a file or in a database", "What does it cost to keep the accounts in MySQL?"),
            new GroupInfo("cloud", "Far away", "What is added when every peer is far away?"),
        ]);
}
