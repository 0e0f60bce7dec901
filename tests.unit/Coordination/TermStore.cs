using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>What all leaders write to, simulated: gives terms out and knows the highest one.</summary>
internal class TermStore(Random random)
{
    public long HighestTerm { get; private set; }

    /// <summary>Of all questions, these (0 to 1) fail.</summary>
    public double FailChance { get; init; }

    /// <summary>A question takes up to this long.</summary>
    public long MaxDelayUs { get; init; } = 5_000;

    /// <summary>The term is taken somewhere between question and answer, whether the node lives to hear of it or not.</summary>
    public void Claim<TMessage>(SimulatedHost<TMessage> host, Action<long> granted, Action refused)
    {
        var simulator = host.Simulator;
        var taken = random.NextInt64(MaxDelayUs);
        simulator.At(simulator.NowUs + taken, () =>
        {
            if (random.NextDouble() < FailChance)
            {
                host.Complete(random.NextInt64(MaxDelayUs), refused);
                return;
            }

            var term = Give();
            host.Complete(random.NextInt64(MaxDelayUs), () => granted(term));
        });
    }

    /// <summary>A leader's write: it happens, or the leader is told that it is fenced.</summary>
    public void Write<TMessage>(SimulatedHost<TMessage> host, long term, Action<long> written, Action<long> fenced)
    {
        var simulator = host.Simulator;
        var taken = random.NextInt64(MaxDelayUs);
        simulator.At(simulator.NowUs + taken, () =>
        {
            var accepted = Accepts(term);
            if (accepted)
            {
                written(term);
            }
            else
            {
                host.Complete(random.NextInt64(MaxDelayUs), () => fenced(term));
            }
        });
    }

    protected virtual long Give() => ++HighestTerm;

    protected virtual bool Accepts(long term) => term == HighestTerm;
}

/// <summary>A faulty one: now and then it gives the highest term once more.</summary>
internal sealed class ForgetfulTermStore(Random random) : TermStore(random)
{
    private readonly Random _random = random;

    protected override long Give() => HighestTerm > 0 && _random.Next(4) == 0 ? HighestTerm : base.Give();
}

/// <summary>A faulty one: it takes writes of those who were fenced.</summary>
internal sealed class UnfencedTermStore(Random random) : TermStore(random)
{
    protected override bool Accepts(long term) => true;
}
