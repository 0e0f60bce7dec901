using Lab.Harness.Analysis;

namespace Lab.Harness.Reports;

/// <summary>What the calibration measures, in words.</summary>
public static class CalibrationWords
{
    public const string Introduction =
        "Calibration cells measure in the same run, at the same concurrency and with the same database driver, what this machine "
        + "gives without the system under test. “Of limit” in the tables is a cell's throughput divided by that of the "
        + "calibration that bounds it: 100 % means that the system costs no throughput, and more than 100 % that it does "
        + "better than one statement per request, for example by batching or caching.";
}

/// <summary>The outcome of a tested claim in words.</summary>
public static class ClaimWords
{
    public static string Of(ClaimOutcome outcome) => outcome switch
    {
        ClaimOutcome.Confirmed => "✓ confirmed",
        ClaimOutcome.Contradicted => "✗ contradicted",
        ClaimOutcome.Mixed => "± mixed",
        _ => "? not shown",
    };

    /// <summary>Which of the report's observations this run does not touch; empty when it touches all.</summary>
    public static string Untested(TestedClaims tested)
    {
        var missing = tested.Untested.ToList();
        return missing.Count == 0
            ? ""
            : $"This run did not measure what it takes to test observation{(missing.Count == 1 ? "" : "s")} "
                + $"{string.Join(", ", missing)}.";
    }
}

/// <summary>The terms that reports use.</summary>
public static class Glossary
{
    /// <summary>Those that every report uses; systems have more.</summary>
    public static IReadOnlyList<(string Term, string Meaning)> Terms { get; } =
    [
        ("cell", "one combination of factor values (operation, clients or connections, engine, ...), measured over several iterations"),
        ("iteration", "one repetition of a cell; warm-up is not counted"),
        ("latency", "from sending a request to having its whole reply"),
        ("throughput", "operations answered per second by all clients together"),
        ("± and intervals", "half width of the 95 % confidence interval of the mean over iterations (Student's t); where two "
            + "intervals overlap, this report says “no difference shown”"),
        ("p50, p99", "50 and 99 of 100 operations took at most this long"),
        ("ratio", "measured ÷ published: for latency, below 1 is faster than the report; for throughput, above 1 is"),
        ("of limit", "throughput ÷ what the machine gives without the system at the same concurrency"),
        ("verdict", "true: every iteration ran, no more operations failed than the experiment allows, and the system's invariants, checked "
            + "against what it stored or logged, were kept; false: one was broken; unknown: something failed, or the check could not be made. "
            + "A cell whose verdict is not true is left out of plots, ratios and comparisons"),
        ("failed iteration", "one in which nothing was answered, a process of the lab was restarted, or a step could not be done: it is in no mean"),
        ("noisy", "the machine was busy with something else while the cell was measured"),
        ("tail is close", $"p99 is at most {TailAnalyser.CloseTail}× p50"),
        ("far from the limit", $"below {MachineLimitAnalyser.FarBelowText} of the machine limit"),
        ("the limit", $"a load that uses at least {LoadCeilingAnalyser.NearText} of the cores, or of what it could do with all of them"),
        ("in proportion", $"within {ClaimTolerance.Text} of the growth of the data"),
    ];
}
