using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Running;
using Lab.MedalTally.Group;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>Clients of the medal tally: each tier has, with each store, a board of its own.</summary>
/// <param name="lab">What is loaded.</param>
/// <param name="seed">The run's.</param>
public sealed class MedalTallyScenario(LabControl lab, long seed) : IScenario
{
    public string System => MedalTallyTopology.Name;

    public int Concurrency(Cell cell) => cell.Number(MedalTallyModule.Clients);

    public string PopulationKey(Cell cell) => MedalTallyModule.IsAmongMembers(cell)
        ? string.Join(' ', cell.Factors.Where(factor => factor.Key != MedalTallyModule.Clients).Select(factor => factor.Value).Prepend(cell.Operation))
        : $"{cell.Word(MedalTallyModule.Tier, MedalTallyModule.SingleTier)} on {StoreOf(cell)} ordered {OrderOf(cell)}";

    /// <summary>A dispatcher has one group at a time.</summary>
    public string Block(Cell cell) => MedalTallyModule.IsAmongMembers(cell) || OrderOf(cell) != RequestOrder.None
        ? $"{System}: {PopulationKey(cell)}"
        : FormattableString.Invariant($"{Concurrency(cell)} clients");

    public async Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken)
    {
        if (MedalTallyModule.IsAmongMembers(cell))
        {
            return new GroupPopulation(lab, new GroupControl(lab), cell, WorkloadSeed.For(seed, PopulationKey(cell), 0));
        }

        var population = new TallyPopulation(lab, MedalTallyModule.IsTwoTier(cell), StoreOf(cell), OrderOf(cell), seed);
        try
        {
            await population.PrepareAsync(cancellationToken);
            return population;
        }
        catch
        {
            await population.DisposeAsync();
            throw;
        }
    }

    internal static RequestOrder OrderOf(Cell cell) => cell.Word(MedalTallyModule.Order, "") switch
    {
        MedalTallyModule.Symmetric => RequestOrder.Symmetric,
        MedalTallyModule.Sequencer => RequestOrder.Sequencer,
        _ => RequestOrder.None,
    };

    internal static string StoreOf(Cell cell) => cell.Word(MedalTallyModule.Store, "journal");
}
