using Lab.Harness.Archive;
using Lab.Harness.Experiments;

namespace Lab.Tests.Samples;

/// <summary>
/// Synthetic results for tests and for looking at a report: figures from a formula and a seeded generator. Nothing here was
/// measured, and the environment of every sample says so. The published figures are the real ones.
/// </summary>
public static class SampleResults
{
    public const string Label = "SYNTHETIC SAMPLE: nothing was measured";

    public static readonly string[] Operations =
        ["get_seller_rating", "search_items", "display_items_for_sale", "register_item_for_sale"];

    private static readonly PublishedFigures Published = SampleSystems.Published(SampleSystems.Marketplace);

    /// <summary>The whole matrix with everything that can go wrong in it: broken and unknown verdicts, no answers, noise, errors.</summary>
    public static RunResults Full()
    {
        var cells = new List<CellResult>(new SampleCells(Published, seed: 42).All(iterations: 10, ["threads", "async"], ["off", "redis"]));
        Change(cells, 13, cell => cell with
        {
            Verdict = Verdict.False,
            VerdictReason = "registrations: 20,000 acknowledged, 19,998 in the database",
        });
        Change(cells, 29, cell => cell with
        {
            Verdict = Verdict.Unknown,
            VerdictReason = "the database did not answer the check within 30 s",
        });
        Change(cells, 47, cell => cell with
        {
            Latency = null,
            Throughput = null,
            Operations = 0,
            PerIteration = [],
            Errors = new ErrorCounts(100, new Dictionary<string, long> { ["unavailable"] = 96, ["timeout"] = 4 }),
            Verdict = Verdict.Unknown,
            VerdictReason = "no operation was answered",
            Limit = null,
        });
        Change(cells, 5, cell => cell with { Noise = "steal time 6.1 % during iterations 3 to 5" });
        Change(cells, 22, cell => cell with { Noise = "the calibration loop ran 14 % slower than at the start" });
        Change(cells, 34, cell => cell with
        {
            Errors = new ErrorCounts(37, new Dictionary<string, long> { ["timeout"] = 30, ["unavailable"] = 7 }),
        });
        return Results("20260131-154500-full", "full", cells, TimeSpan.FromMinutes(47));
    }

    /// <summary>What a quick run gives: one engine, no cache, three iterations, nothing wrong.</summary>
    public static RunResults Quick() => Results(
        "20260131-154500-quick",
        "quick",
        new SampleCells(Published, seed: 7).All(iterations: 3, ["async"], ["off"]),
        TimeSpan.FromSeconds(161));

    public static RunResults Empty() => Results("20260131-154500-empty", "quick", [], TimeSpan.FromSeconds(2)) with
    {
        Run = Run("20260131-154500-empty", "quick", TimeSpan.FromSeconds(2)) with { Aborted = "the database did not start" },
    };

    public static RunResults OneCell() => Results(
        "20260131-154500-one", "quick", [new SampleCells(Published, seed: 3).All(3, ["async"], ["off"])[0]], TimeSpan.FromSeconds(9));

    public static RunResults Results(string id, string preset, IReadOnlyList<CellResult> cells, TimeSpan duration) =>
        new() { Run = Run(id, preset, duration), Cells = cells };

    private static RunInfo Run(string id, string preset, TimeSpan duration)
    {
        var started = new DateTimeOffset(2026, 1, 31, 15, 45, 0, TimeSpan.Zero);
        return new RunInfo
        {
            Id = id,
            StartedAt = started,
            FinishedAt = started + duration,
            Seed = 42,
            Preset = preset,
            Environment = new Dictionary<string, string>
            {
                ["note"] = Label,
                ["cpu"] = "Example CPU 2.60 GHz",
                ["cores"] = "2",
                ["memory"] = "15.6 GiB",
                ["kernel"] = "Linux 6.1.0",
                ["governor"] = "performance",
                ["steal"] = "0.2 %",
                ["load before"] = "0.11",
                ["commit"] = "0123abc",
            },
            Packages = new Dictionary<string, string>
            {
                [".NET"] = "10.0.0",
                ["MariaDB"] = "10.11.6",
                ["Redis"] = "7.0.15",
                ["MySqlConnector"] = "2.4.0",
            },
            Systems = [SampleSystems.Marketplace.Info, SampleSystems.Echo.Info, SampleSystems.TradingPost.Info, SampleSystems.Calibration.Info],
            Experiments =
            [
                new ExperimentInfo(
                    "marketplace",
                    "Marketplace: the published experiments",
                    "Buyers and sellers use two stateless servers over TCP; MySQL keeps the data.",
                    [
                        new GroupInfo("clients", "Clients", "How do latency and throughput change from 1+1 to 100+100 clients?"),
                        new GroupInfo("items", "Many items", "What does a seller with 7000 items pay for displaying them?"),
                        new GroupInfo("deployment", "Deployment", "What does the distance to a cloud add to a request?"),
                        new GroupInfo("calibration", "Calibration", "What does this machine give without the marketplace?"),
                    ]),
            ],
        };
    }

    private static void Change(List<CellResult> cells, int index, Func<CellResult, CellResult> change) =>
        cells[index] = change(cells[index]);

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lab.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("no folder above the tests has Lab.sln");
    }
}
