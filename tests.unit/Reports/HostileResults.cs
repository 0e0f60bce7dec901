using Lab.Harness.Archive;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

/// <summary>Results in which every text tries to break out of its place.</summary>
public static class HostileResults
{
    public const string Script = "<script>alert('x')</script>";

    /// <summary>Markup, Markdown, a lone surrogate, a control character and a line break.</summary>
    public const string Text = Script + "\" onload=\"x | **b** `c` [l](http://e) </svg>\ud800\u0001\n# h";

    public static RunResults Of()
    {
        CellResult Cell(int clients, double throughput) => TestCells.At(clients, throughput, 1000, Text, group: Text, factors: [(Text, Text)]) with
        {
            Experiment = Text,
            Verdict = Verdict.False,
            VerdictReason = Text,
            Noise = Text,
            Errors = new ErrorCounts(1, new Dictionary<string, long> { [Text] = 1 }),
            Published = new PublishedFigure(1, 1, Text),
            Limit = new MachineLimit(Text, 1, 1, 1, 1),
            Processes = [new ProcessUsage(Text, 1, 1)],
        };

        // Cells with a true verdict are drawn, so the same texts reach the plots too.
        var results = TestCells.Results(
            Cell(1, 10),
            Cell(1, 10) with { Verdict = Verdict.True },
            Cell(10, 20) with { Verdict = Verdict.True },
            Cell(1, 5) with { System = "calibration" });
        return results with
        {
            Run = results.Run with
            {
                Id = Text,
                Preset = Text,
                Aborted = Text,
                Environment = new Dictionary<string, string> { [Text] = Text, ["cpu"] = Text },
                Packages = new Dictionary<string, string> { [Text] = Text },
                Experiments = [new ExperimentInfo(Text, Text, Text, [new GroupInfo(Text, Text, Text)])],
            },
        };
    }
}
