using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>
/// The six key observations of the marketplace report, each tested on the cells of a run. A claim that the run's cells do
/// not touch is left out.
/// </summary>
public static class MarketplaceClaims
{
    /// <summary>How many claims the report makes.</summary>
    public const int Count = 6;

    /// <param name="cells">The cells of one experiment, without calibration cells.</param>
    public static IReadOnlyList<Claim> Check(IReadOnlyList<CellResult> cells)
    {
        var comparable = cells.Where(cell => cell.System == MarketplaceTopology.Name && Comparison.IsComparable(cell)).ToList();
        if (comparable.Count == 0)
        {
            return [];
        }

        var series = LoadSeries.Of(comparable);
        return [.. new[]
        {
            LoadClaims.OneClientIsSlower(series),
            LoadClaims.TenClientsAreBest(series),
            LoadClaims.HundredClientsDegrade(series),
            OperationClaims.ReadsBeatWrites(comparable),
            OperationClaims.LatencyIsProportionalToData(comparable),
            OperationClaims.CloudIsSlower(comparable),
        }.OfType<Claim>()];
    }
}

/// <summary>One operation in one setting at the report's three loads, each of which may be missing.</summary>
public sealed record LoadSeries(CellResult? One, CellResult? Ten, CellResult? Hundred)
{
    public static IReadOnlyList<LoadSeries> Of(IReadOnlyList<CellResult> cells) => [.. cells
        .Where(cell => cell.Factors.GetValueOrDefault(CommonFactors.Deployment) is null or CommonFactors.Local)
        .Where(cell => cell.Factors.GetValueOrDefault(MarketplaceModule.Sellers) is long sellers
            && cell.Factors.GetValueOrDefault(MarketplaceModule.Buyers) is long buyers && sellers == buyers)
        .GroupBy(Setting, StringComparer.Ordinal)
        .Select(setting => new LoadSeries(At(setting, 1), At(setting, 10), At(setting, 100)))];

    private static CellResult? At(IEnumerable<CellResult> setting, long sellers) =>
        setting.FirstOrDefault(cell => cell.Factors[MarketplaceModule.Sellers] is long number && number == sellers);

    private static string Setting(CellResult cell) => string.Join('\n', cell.Factors
        .Where(factor => factor.Key is not (MarketplaceModule.Sellers or MarketplaceModule.Buyers))
        .OrderBy(factor => factor.Key, StringComparer.Ordinal)
        .Select(factor => $"{factor.Key}={factor.Value}")
        .Prepend(cell.Operation)
        .Prepend(cell.Group));
}
