using Lab.Harness.Archive;
using Lab.Harness.Systems;
using Lab.Harness.Systems.Calibration;

namespace Lab.Harness.Analysis;

/// <summary>What a run found, in a few sentences: the first paragraph of every report.</summary>
public sealed class RunSummary
{
    /// <summary>Printed wherever measured and published figures stand side by side.</summary>
    public const string PublishedNote =
        "The published figures were measured by the report's authors on another machine, in another language, with another load "
        + "generator and other software around it. A ratio therefore compares whole settings, not designs alone; within this run, cells can be "
        + "compared with each other.";

    private static readonly (ClaimOutcome Outcome, string Words)[] Outcomes =
    [
        (ClaimOutcome.Confirmed, "confirmed"),
        (ClaimOutcome.Contradicted, "contradicted"),
        (ClaimOutcome.Mixed, "true in some settings only"),
        (ClaimOutcome.NotShown, "not shown"),
    ];

    private RunSummary(RunResults results, SystemModules systems)
    {
        Cells = results.Cells.Count;
        Broken = [.. results.Cells.Where(cell => cell.Verdict == Verdict.False)];
        Unchecked = [.. results.Cells.Where(cell => cell.Verdict == Verdict.Unknown)];
        Unanswered = [.. results.Cells.Where(cell => cell.Latency is null)];
        Noisy = [.. results.Cells.Where(cell => cell.Noise is not null)];
        WithErrors = [.. results.Cells.Where(cell => cell.Errors.Total > 0)];
        Passed = Cells > 0 && Broken.Count + Unchecked.Count + Unanswered.Count == 0 && results.Run.Aborted is null;
        Highlights = [.. Figures(results)];
        Sentences = [What(results), Verdicts(), .. LeftOut(results), .. Published(results), .. Responses(results), .. Claims(results, systems), .. Care(results)];
    }

    public int Cells { get; }

    /// <summary>Cells whose verdict is false.</summary>
    public IReadOnlyList<CellResult> Broken { get; }

    /// <summary>Cells whose verdict is unknown.</summary>
    public IReadOnlyList<CellResult> Unchecked { get; }

    /// <summary>Cells without figures.</summary>
    public IReadOnlyList<CellResult> Unanswered { get; }

    public IReadOnlyList<CellResult> Noisy { get; }

    public IReadOnlyList<CellResult> WithErrors { get; }

    /// <summary>The run was complete, every cell has figures and every verdict is true.</summary>
    public bool Passed { get; }

    public IReadOnlyList<string> Sentences { get; }

    /// <summary>The few figures to take away, each with what it is.</summary>
    public IReadOnlyList<(string Value, string Label)> Highlights { get; }

    public static RunSummary Of(RunResults results, SystemModules systems) => new(results, systems);

    public static bool IsCalibration(CellResult cell) => cell.System == CalibrationModule.Name;

    /// <summary>Measured ÷ published throughput; null where either is missing or the figures cannot be compared.</summary>
    public static double? ThroughputRatio(CellResult cell) =>
        Comparison.IsComparable(cell) && cell.Published?.ThroughputOps > 0
            ? cell.Throughput!.Mean / cell.Published.ThroughputOps
            : null;

    /// <summary>Measured ÷ published latency; null where either is missing or the figures cannot be compared.</summary>
    public static double? LatencyRatio(CellResult cell) =>
        Comparison.IsComparable(cell) && cell.Published?.LatencyUs > 0 ? cell.Latency!.Mean / cell.Published.LatencyUs : null;

    /// <summary>The verdicts in one sentence.</summary>
    public string Verdicts()
    {
        if (Cells == 0)
        {
            return "No cell was measured.";
        }

        if (Broken.Count + Unchecked.Count == 0)
        {
            return Cells == 1
                ? "The verdict of the only cell is true."
                : $"The verdict of all {Format.Count(Cells)} cells is true.";
        }

        var parts = new List<string> { $"true in {Cells - Broken.Count - Unchecked.Count} of {Format.Count(Cells, "cell")}" };
        if (Broken.Count > 0)
        {
            parts.Add($"false in {Broken.Count} (an invariant was broken)");
        }

        if (Unchecked.Count > 0)
        {
            parts.Add($"unknown in {Unchecked.Count} (something failed, or the check could not be made)");
        }

        return $"The verdict is {string.Join(", ", parts)}.";
    }

    private IEnumerable<(string Value, string Label)> Figures(RunResults results)
    {
        if (Cells == 0)
        {
            yield break;
        }

        yield return ($"{Cells - Broken.Count - Unchecked.Count} of {Format.Count(Cells)}", "verdicts true");
        var throughput = results.Cells.Select(ThroughputRatio).OfType<double>().ToList();
        if (throughput.Count > 0)
        {
            yield return (Format.Ratio(Comparison.Median(throughput)), "published throughput (median)");
        }

        var latency = results.Cells.Select(LatencyRatio).OfType<double>().ToList();
        if (latency.Count > 0)
        {
            yield return (Format.Ratio(Comparison.Median(latency)), "published latency (median)");
        }

        var measured = results.Cells
            .Where(cell => !IsCalibration(cell) && cell.Does.Figures.HasFlag(CommonFigures.Throughput) && Comparison.IsComparable(cell));
        if (measured.MaxBy(cell => cell.Throughput!.Mean) is { } fastest)
        {
            yield return (Format.Rate(fastest.Throughput!.Mean), $"highest throughput: {fastest.Operation}");
        }
    }

    private static string What(RunResults results)
    {
        var (run, measured) = (results.Run, results.Cells.Count(cell => !IsCalibration(cell)));
        var calibration = results.Cells.Count - measured;
        var duration = run.FinishedAt is { } finished ? $" in {Format.Duration(finished - run.StartedAt)}" : "";
        return $"This run of preset {run.Preset} (seed {run.Seed}) measured {Format.Count(measured, "cell")}"
            + (calibration > 0 ? $" and {Format.Count(calibration, "calibration cell")}" : "")
            + $"{duration}{(run.Aborted is { } reason ? $"; it ended early: {reason.TrimEnd('.', ' ')}" : "")}.";
    }

    private static IEnumerable<string> Published(RunResults results)
    {
        var compared = results.Cells.Where(cell => ThroughputRatio(cell) is not null).ToList();
        if (compared.Count == 0)
        {
            yield break;
        }

        var ratios = compared.ConvertAll(cell => ThroughputRatio(cell)!.Value);
        if (ratios.Count == 1)
        {
            yield return $"Throughput is {Format.Ratio(ratios[0])} the published figure: "
                + $"{Against(compared[0], FactorLayout.Of(compared))}.";
            yield break;
        }

        yield return $"Throughput is above the published figure in {ratios.Count(ratio => ratio > 1)} of "
            + $"{Format.Count(ratios.Count, "cell")} for which the report has one: median "
            + $"{Format.Ratio(Comparison.Median(ratios))}, from {Format.Ratio(ratios.Min())} to {Format.Ratio(ratios.Max())}.";
        foreach (var experiment in compared.GroupBy(cell => cell.Experiment, StringComparer.Ordinal))
        {
            yield return HighestLoad([.. experiment]);
        }
    }

    // Some reports state no throughput: their latency is what there is to compare.
    private static IEnumerable<string> Responses(RunResults results)
    {
        foreach (var experiment in results.Cells
            .Where(cell => cell.Published is { ThroughputOps: null } && LatencyRatio(cell) is not null)
            .GroupBy(cell => cell.Experiment, StringComparer.Ordinal)
            .Where(experiment => results.Cells.All(cell => cell.Experiment != experiment.Key || ThroughputRatio(cell) is null)))
        {
            var ratios = experiment.Select(cell => LatencyRatio(cell)!.Value).ToList();
            yield return $"Mean latency of {experiment.Key} is below the published figure in {ratios.Count(ratio => ratio < 1)} of "
                + $"{Format.Count(ratios.Count, "cell")} for which the report has one: median "
                + $"{Format.Ratio(Comparison.Median(ratios))}, from {Format.Ratio(ratios.Min())} to {Format.Ratio(ratios.Max())}.";
        }
    }

    private static string HighestLoad(List<CellResult> compared)
    {
        var layout = FactorLayout.Of(compared);
        var loaded = compared.GroupBy(cell => layout.X?.Number(cell) ?? 0).MaxBy(load => load.Key)!.ToList();
        var best = loaded.MaxBy(cell => cell.Throughput!.Mean)!;
        var least = loaded.MinBy(cell => cell.Throughput!.Mean)!;
        var load = layout.XPhrase(best) is { Length: > 0 } phrase ? $"At {phrase} the" : "The";
        var settings = FactorLayout.Of(loaded);
        return best == least
            ? $"{load} throughput is {Against(best, settings)}."
            : $"{load} throughput is between {Against(least, settings)} and {Against(best, settings)}.";
    }

    private static string Against(CellResult cell, FactorLayout layout)
    {
        return $"{Format.Rate(cell.Throughput!.Mean)} ({layout.CellName(cell)}; published: "
            + $"{Format.Rate(cell.Published!.ThroughputOps!.Value)})";
    }

    private static IEnumerable<string> Claims(RunResults results, SystemModules systems)
    {
        var reports = results.Cells.GroupBy(cell => cell.Experiment, StringComparer.Ordinal)
            .SelectMany(experiment => TestedClaims.Of([.. experiment.Where(cell => !IsCalibration(cell))], systems))
            .GroupBy(tested => tested.Report, StringComparer.Ordinal);
        foreach (var report in reports)
        {
            var claims = report.SelectMany(tested => tested.Claims).ToList();
            var counts = Outcomes
                .Select(outcome => (Count: claims.Count(claim => claim.Outcome == outcome.Outcome), outcome.Words))
                .Where(outcome => outcome.Count > 0)
                .Select(outcome => $"{outcome.Count} {outcome.Words}");
            yield return $"Of the {Format.Count(claims.Count, "observation")} of the {report.Key} that this run tests: "
                + $"{string.Join(", ", counts)}.";
        }
    }

    private static IEnumerable<string> LeftOut(RunResults results)
    {
        var cells = results.Run.LeftOut.Sum(left => left.Cells);
        if (cells > 0)
        {
            yield return $"{Format.Count(cells, "cell")} {(cells == 1 ? "was" : "were")} left out: this machine cannot run "
                + $"{(cells == 1 ? "it" : "them")}.";
        }
    }

    private IEnumerable<string> Care(RunResults results)
    {
        var parts = new List<string>();
        Add(Unanswered, "has no figures", "have no figures");
        Add(WithErrors, "had failed requests", "had failed requests");
        Add(Noisy, "was measured on a noisy machine", "were measured on a noisy machine");
        var single = results.Cells.Where(cell => cell is { Iterations: 1, Latency: not null });
        Add([.. single], "ran one iteration only", "ran one iteration only");
        if (parts.Count > 0)
        {
            yield return $"Read with care: {string.Join("; ", parts)}.";
        }

        void Add(IReadOnlyList<CellResult> cells, string one, string many)
        {
            if (cells.Count > 0)
            {
                parts.Add($"{Format.Count(cells.Count, "cell")} {(cells.Count == 1 ? one : many)}");
            }
        }
    }
}
