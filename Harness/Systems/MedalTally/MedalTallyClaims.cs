using System.Globalization;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Measurement;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>
/// What the medal tally report says about its two tiers, each sentence tested on the cells of a run: what the second tier costs,
/// what more front-ends bring, and why.
/// </summary>
public static class MedalTallyClaims
{
    /// <summary>How many claims the report makes.</summary>
    public const int Count = 3;

    public const string DatabaseRole = "database server";
    public const string FrontEndRole = "front-ends";

    /// <summary>"About 30 %".</summary>
    private const double ClaimedRatio = 1.3;

    /// <summary>A process that is busy for so much of one processor leaves little to wait for elsewhere.</summary>
    private const double Saturated = 0.8;

    /// <param name="cells">The cells of one experiment, without calibration cells.</param>
    public static IReadOnlyList<Claim> Check(IReadOnlyList<CellResult> cells)
    {
        // As published: the published mixture, on one machine, in no common order.
        var comparable = cells
            .Where(cell => cell.System == MedalTallyTopology.Name && Comparison.IsComparable(cell))
            .Where(cell => cell.Factors.GetValueOrDefault(CommonFactors.Deployment) is null or CommonFactors.Local)
            .Where(cell => cell.Operation == MedalTallyModule.Mixed && !cell.Factors.ContainsKey(MedalTallyModule.Order))
            .ToList();
        return [.. new[] { SecondTierCosts(comparable), FrontEndsBringLittle(comparable), DatabaseIsTheBottleneck(comparable) }.OfType<Claim>()];
    }

    private static Claim? SecondTierCosts(IReadOnlyList<CellResult> cells)
    {
        if (Column(cells, MedalTallyModule.Tier) is not { } column
            || CellPair.Of(cells, column, MedalTallyModule.SingleTier, MedalTallyModule.TwoTier) is not { Count: > 0 } pairs)
        {
            return null;
        }

        var tally = new Tally();
        foreach (var pair in pairs)
        {
            tally.Add(
                pair.Latency == Difference.Higher && ClaimTolerance.Covers(pair.LatencyRatio / ClaimedRatio),
                pair.Latency == Difference.Lower || (pair.Latency == Difference.Higher && !ClaimTolerance.Covers(pair.LatencyRatio / ClaimedRatio)));
        }

        return new Claim(
            1,
            "A second tier makes a request take about 30 % longer.",
            tally.Outcome,
            $"It does, within {ClaimTolerance.Text} of that, {tally.Words("setting")}. Two tiers against one: {Ratios(pairs)}.",
            [.. pairs.SelectMany(pair => pair.Cells).Distinct()]);
    }

    private static Claim? FrontEndsBringLittle(IReadOnlyList<CellResult> cells)
    {
        var counted = cells.Where(cell => cell.Factors.ContainsKey(MedalTallyModule.FrontEnds)).ToList();
        if (Column(counted, MedalTallyModule.FrontEnds) is not { } column
            || column.Levels.Where(level => level != "1").SelectMany(level => CellPair.Of(counted, column, "1", level)).ToList() is not { Count: > 0 } pairs)
        {
            return null;
        }

        var tally = new Tally();
        foreach (var pair in pairs)
        {
            var isSimilar = ClaimTolerance.Covers(pair.LatencyRatio);
            tally.Add(isSimilar, !isSimilar && pair.Latency is Difference.Lower or Difference.Higher);
        }

        return new Claim(
            2,
            "More front-ends shorten the response only slightly.",
            tally.Outcome,
            $"The response stays within {ClaimTolerance.Text} of that with one front-end {tally.Words("setting")}. Against one front-end: {Ratios(pairs)}.",
            [.. pairs.SelectMany(pair => pair.Cells).Distinct()]);
    }

    private static Claim? DatabaseIsTheBottleneck(IReadOnlyList<CellResult> cells)
    {
        var several = cells
            .Where(cell => cell.Factors.GetValueOrDefault(MedalTallyModule.FrontEnds) is long count && count > 1)
            .Where(cell => BusyShare(cell, DatabaseRole) is not null && BusyShare(cell, FrontEndRole) is not null)
            .ToList();
        if (several.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        foreach (var cell in several)
        {
            var isBusy = BusyShare(cell, DatabaseRole) >= Saturated;
            tally.Add(isBusy, !isBusy);
        }

        return new Claim(
            3,
            "They do not, because the database server becomes the bottleneck.",
            tally.Outcome,
            $"Its process is busy for {Saturated:0 %} of one processor or more {tally.Words("setting")}. Processors kept busy: "
            + $"{string.Join("; ", several.Select(Busy))}. A process that is not busy is waited for by nobody: then the time goes elsewhere.",
            several);
    }

    /// <summary>Processors that a role keeps busy: processor time over time.</summary>
    private static double? BusyShare(CellResult cell, string role) =>
        ProcessRoles.PerOperationUs(cell, role) is { } us && cell.Throughput is { } throughput ? us * throughput.Mean / 1e6 : null;

    private static string Busy(CellResult cell) => string.Create(
        CultureInfo.InvariantCulture,
        $"{cell.Factors[MedalTallyModule.FrontEnds]} front-ends, {cell.Factors[MedalTallyModule.Clients]} clients: database server {BusyShare(cell, DatabaseRole):0.00}, front-ends {BusyShare(cell, FrontEndRole):0.00}, load {BusyShare(cell, ProcessRoles.Load) ?? 0:0.00}");

    private static string Ratios(IReadOnlyList<CellPair> pairs) => string.Join("; ", pairs.Select(pair => string.Create(
        CultureInfo.InvariantCulture,
        $"{pair.Other.Factors[MedalTallyModule.Clients]} clients{FrontEnds(pair.Other)}{(pair.Other.Factors.GetValueOrDefault(MedalTallyModule.Connections) is string connections ? $", connections {connections}" : "")} {pair.LatencyRatio:0.00}")));

    private static string FrontEnds(CellResult cell) =>
        cell.Factors.GetValueOrDefault(MedalTallyModule.FrontEnds) is long count ? string.Create(CultureInfo.InvariantCulture, $", {count} front-ends") : "";

    private static FactorColumn? Column(IReadOnlyList<CellResult> cells, string factor) =>
        cells.Count == 0 ? null : FactorColumn.Of(cells).FirstOrDefault(column => column.Names.Contains(factor));
}
