using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>What all leaders write to, simulated: gives terms out and knows the highest one.</summary>
internal class TermStore(Random random)
{
    private readonly Dictionary<long, int> _leaders = [];

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
            _leaders[term] = host.Id;
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

    /// <summary>Was the term given, to that leader? No, too, when it cannot be asked.</summary>
    public void Confirm<TMessage>(SimulatedHost<TMessage> host, long term, int? leader, Action<bool> answer)
    {
        var simulator = host.Simulator;
        simulator.At(simulator.NowUs + random.NextInt64(MaxDelayUs), () =>
        {
            var isSo = random.NextDouble() >= FailChance && Knows(term, leader);
            host.Complete(random.NextInt64(MaxDelayUs), () => answer(isSo));
        });
    }

    protected virtual bool Knows(long term, int? leader) => _leaders.TryGetValue(term, out var given) && given == (leader ?? given);

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

/// <summary>A faulty one: it knows every term that anybody speaks of, as if nobody asked it.</summary>
internal sealed class CredulousTermStore(Random random) : TermStore(random)
{
    protected override bool Knows(long term, int? leader) => true;
}
