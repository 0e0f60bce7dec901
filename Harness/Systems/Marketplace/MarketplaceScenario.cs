using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>
/// The marketplace's published experiment: some sellers and buyers log in, and the clients of one role do one operation,
/// all starting together. (The published throughput is clients divided by latency, so one operation ran at a time.)
/// </summary>
/// <param name="lab">What is loaded.</param>
/// <param name="seed">The run's.</param>
/// <param name="tracing">The factor <c>tracing</c> of cells that do not say it.</param>
public sealed class MarketplaceScenario(LabControl lab, long seed, string tracing = "none") : IScenario
{
    private const int DefaultItemsPerSeller = 10;

    public string System => MarketplaceTopology.Name;

    public int Concurrency(Cell cell) => IsForSellers(cell) ? cell.Number(MarketplaceModule.Sellers) : cell.Number(MarketplaceModule.Buyers);

    public string PopulationKey(Cell cell) => $"{cell.Number(MarketplaceModule.Sellers)}+{cell.Number(MarketplaceModule.Buyers)} with {ItemsPerSeller(cell)} items";

    public async Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken)
    {
        var population = new MarketplacePopulation(
            lab, new PopulationSize(cell.Number(MarketplaceModule.Sellers), cell.Number(MarketplaceModule.Buyers), ItemsPerSeller(cell)), seed, tracing);
        try
        {
            await population.FillAsync(cancellationToken);
            return population;
        }
        catch
        {
            await population.DisposeAsync();
            throw;
        }
    }

    internal static bool IsForSellers(Cell cell) => cell.Operation is MarketplaceModule.Display or MarketplaceModule.Register;

    private static int ItemsPerSeller(Cell cell) => cell.Number(MarketplaceModule.ItemsPerSeller, DefaultItemsPerSeller);
}

/// <summary>How many of each.</summary>
internal sealed record PopulationSize(int Sellers, int Buyers, int ItemsPerSeller);
