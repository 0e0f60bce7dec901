using Lab.Coordination.Clocks;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>
/// Nodes 0 to n-1 that synchronise their clocks in a simulator, whose time is the true one; somebody tells them who leads. Checks
/// what every round says against the clocks as they are.
/// </summary>
internal sealed class ClockCluster
{
    public const int MaxDriftPpm = 200;

    private const long Millisecond = 1_000;
    private const long TellUs = 100 * Millisecond;

    private readonly Dictionary<int, SynchronizedNode> _nodes = [];
    private readonly long[,] _waysUs;
    private readonly List<Covered> _covered = [];
    private ClockRound? _latest;
    private (long Term, int Leader, int Process) _led;

    public ClockCluster(int seed, int nodes, SimulationOptions world)
    {
        Simulator = new Simulator<ClockMessage>(seed, world with { MaxClockOffsetUs = 0, MaxClockDriftPpm = 0 });
        Ids = [.. Enumerable.Range(0, nodes)];
        _waysUs = new long[nodes, nodes];
        foreach (var id in Ids)
        {
            Simulator.Add(id, host => _nodes[id] = new SynchronizedNode(host, this));
            foreach (var other in Ids)
            {
                _waysUs[id, other] = Simulator.Random.Next(3) == 0 ? Simulator.Random.NextInt64(20 * Millisecond) : 0;
            }
        }

        Simulator.At(TellUs, TellWhoLeads);
        Simulator.At(TellUs, Watch);
    }

    public Simulator<ClockMessage> Simulator { get; }

    public IReadOnlyList<int> Ids { get; }

    public ClockSynchronizationOptions Options { get; init; } = new() { PeriodUs = 500 * Millisecond, MaxDriftPpm = MaxDriftPpm, MinOneWayDelayUs = 50 };

    /// <summary>Clocks are wrong by up to so much at first.</summary>
    public long MaxOffsetUs { get; init; } = 10_000_000;

    /// <summary>This node's clock jumps by seconds now and then.</summary>
    public int? Broken { get; init; }

    public int Rounds { get; private set; }

    /// <summary>Pairs of clocks that were compared with a bound.</summary>
    public long Compared { get; private set; }

    public long LargestBoundUs { get; private set; }

    /// <summary>The latest round that ended.</summary>
    public ClockRound? Latest => _latest;

    public IEnumerable<int> Live => Ids.Where(id => Simulator.Host(id) is { Paused: false });

    public SynchronizedNode Node(int id) => _nodes[id];

    public long WayUs(int from, int to) => _waysUs[from, to];

    public void RoundEnded(SynchronizedNode leader, ClockRound round)
    {
        Rounds++;
        _latest = round;
        LargestBoundUs = Math.Max(LargestBoundUs, round.BoundUs);
        Seeds.Tell(Simulator.NowUs, $"round {round.Number} of {leader.Id} in term {round.Term}: bound {round.BoundUs} us; {string.Join("; ", round.Members)}");
        if (!round.Members.Select(member => member.Id).Order().SequenceEqual(Ids))
        {
            throw Simulator.Violation("the result does not name every member");
        }

        MustNotBeDragged(round);
        var corrected = round.Members
            .Where(member => member.State == ClockMemberState.Corrected && member.Id != Broken && Simulator.Host(member.Id) is not null)
            .Select(member => _nodes[member.Id]).Where(node => node.Adjusted == (round.Term, round.Number)).ToList();
        _covered.Add(new Covered(round, Simulator.NowUs, [.. corrected.Select(node => (node, node.Clock.CorrectionUs))]));
        Compare(_covered[^1]);
    }

    /// <summary>When all that are not broken agree, and are more, none of them is moved farther than clocks that agree can differ.</summary>
    private void MustNotBeDragged(ClockRound round)
    {
        var healthy = round.Members.Where(member => member.Id != Broken && member.State != ClockMemberState.Silent).ToList();
        if (Broken is null || healthy.Count < 2 || healthy.Max(member => member.OffsetUs) - healthy.Min(member => member.OffsetUs) > Options.ToleranceUs)
        {
            return;
        }

        if (healthy.Find(member => Math.Abs(member.CorrectionUs) > Options.ToleranceUs + round.BoundUs) is { } dragged)
        {
            throw Simulator.Violation($"the clock of {Broken} is broken, and it dragged {dragged}");
        }
    }

    private void Watch()
    {
        _covered.ForEach(Compare);
        _covered.RemoveAll(covered => covered.Clocks.Count(IsCovered) < 2);
        if (Broken is { } broken && Simulator.Random.Next(5) == 0 && !_nodes[broken].Synchronization.IsLeading)
        {
            // A leader whose clock jumps while it measures measures nothing; nobody could tell it.
            _nodes[broken].JumpedUs += Simulator.Random.NextInt64(-10_000_000, 10_000_001);
        }

        Simulator.At(Simulator.NowUs + Simulator.Random.NextInt64(TellUs), Watch);
    }

    private bool IsCovered((SynchronizedNode Node, long CorrectionUs) known) =>
        Simulator.Host(known.Node.Id)?.Process == known.Node.Process && known.Node.Clock.CorrectionUs == known.CorrectionUs;

    private void Compare(Covered covered)
    {
        var clocks = covered.Clocks.Where(IsCovered).Select(known => (known.Node.Id, known.Node.Clock.NowUs)).ToList();
        if (clocks.Count < 2)
        {
            return;
        }

        var (slowest, fastest) = (clocks.MinBy(clock => clock.NowUs), clocks.MaxBy(clock => clock.NowUs));
        Compared += clocks.Count * (clocks.Count - 1) / 2;
        var boundUs = covered.Round.BoundAfterUs(Simulator.NowUs - covered.AtUs);
        if (fastest.NowUs - slowest.NowUs > boundUs)
        {
            throw Simulator.Violation(
                $"round {covered.Round.Number} of term {covered.Round.Term} said {boundUs} us by now, but {fastest.Id} is ahead of {slowest.Id} by {fastest.NowUs - slowest.NowUs} us");
        }
    }

    /// <summary>As an election would; each node hears of it at another time. Now and then somebody else leads for no reason.</summary>
    private void TellWhoLeads()
    {
        var live = Live.ToList();
        var calm = Simulator.NowUs >= Simulator.Options.CalmAfterUs;
        var isGone = !live.Contains(_led.Leader) || Simulator.Host(_led.Leader)!.Process != _led.Process;
        if (live.Count > 0 && (_led.Term == 0 || isGone || (!calm && Simulator.Random.Next(20) == 0)))
        {
            var leader = live[Simulator.Random.Next(live.Count)];
            _led = (_led.Term + 1, leader, Simulator.Host(leader)!.Process);
        }

        var (term, leads, process) = _led;
        foreach (var host in live.Select(id => Simulator.Host(id)!))
        {
            var node = _nodes[host.Id];
            host.Complete(Simulator.Random.NextInt64(30 * Millisecond), () =>
            {
                if (node.Id != leads)
                {
                    node.Synchronization.Follow(term, leads);
                }
                else if (node.Process == process)
                {
                    node.Synchronization.Lead(term, Ids);
                }
            });
        }

        Simulator.At(Simulator.NowUs + TellUs, TellWhoLeads);
    }

    /// <summary>Clocks of which a round has said something, as it left them.</summary>
    private sealed record Covered(ClockRound Round, long AtUs, IReadOnlyList<(SynchronizedNode Node, long CorrectionUs)> Clocks);
}
