using Lab.Coordination.Multicast;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>What grants views, simulated: a register that takes a view if it holds the one before.</summary>
internal sealed class ViewRegister(Random random)
{
    public GroupView Current { get; private set; } = GroupView.None;

    /// <summary>Of all questions, these (0 to 1) get no answer, and of those that claim half are granted all the same.</summary>
    public double FailChance { get; set; }

    public long MaxDelayUs { get; init; } = 5_000;

    /// <summary>A mutant: whoever claims what was granted to another one just now is told that it has it.</summary>
    public bool GrantsTwice { get; init; }

    /// <summary>The view is taken somewhere between question and answer, whether the node lives to hear of it or not.</summary>
    public void Ask<TMessage>(SimulatedHost<TMessage> host, GroupView? claim, Action<GroupView?> answer)
    {
        var simulator = host.Simulator;
        simulator.At(simulator.NowUs + random.NextInt64(MaxDelayUs), () =>
        {
            var fails = random.NextDouble() < FailChance;
            if (claim?.Number == Current.Number + 1 && (!fails || random.Next(2) == 0))
            {
                Current = claim;
                Seeds.Tell(simulator.NowUs, $"register: {claim}, by {host.Id}");
            }

            var current = GrantsTwice && claim?.Number == Current.Number ? claim : Current;
            host.Complete(random.NextInt64(MaxDelayUs), () => answer(fails ? null : current));
        });
    }
}
