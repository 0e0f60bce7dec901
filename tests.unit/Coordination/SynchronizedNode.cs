using Lab.Coordination;
using Lab.Coordination.Clocks;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>A node that does nothing but keep its clock right. Its way to each other node takes longer in one direction than in the other.</summary>
internal sealed class SynchronizedNode : INode<ClockMessage>, IClockHost
{
    private readonly SimulatedHost<ClockMessage> _host;
    private readonly ClockCluster _cluster;

    public SynchronizedNode(SimulatedHost<ClockMessage> host, ClockCluster cluster)
    {
        (_host, _cluster) = (host, cluster);
        var random = host.Random;
        Clock = new AdjustableClock(
            () => host.NowUs + JumpedUs, random.NextInt64(-cluster.MaxOffsetUs, cluster.MaxOffsetUs + 1), random.Next(-ClockCluster.MaxDriftPpm, ClockCluster.MaxDriftPpm + 1));
        Synchronization = new ClockSynchronization(this, Clock, cluster.Options);
    }

    public AdjustableClock Clock { get; }

    public ClockSynchronization Synchronization { get; }

    public int Id => _host.Id;

    public int Process => _host.Process;

    public Random Random => _host.Random;

    /// <summary>By how much a broken clock has jumped.</summary>
    public long JumpedUs { get; set; }

    /// <summary>The term and round of the latest correction.</summary>
    public (long Term, long Round) Adjusted { get; private set; }

    public void Start()
    {
    }

    public void Receive(int from, ClockMessage message) => Synchronization.Receive(from, message);

    public void Fire(string timer) => Synchronization.Fire(timer);

    public void Disconnected(int node)
    {
    }

    public void Send(int to, ClockMessage message)
    {
        if (message.Kind == ClockMessageKind.Adjusted)
        {
            Adjusted = (message.Term, message.Round);
        }

        _host.Complete(_cluster.WayUs(Id, to), () => _host.Send(to, message));
    }

    public void SetTimer(string timer, long delayUs) => _host.SetTimer(timer, delayUs);

    public void CancelTimer(string timer) => _host.CancelTimer(timer);

    public void RoundEnded(ClockRound round)
    {
        Adjusted = (round.Term, round.Number);
        _cluster.RoundEnded(this, round);
    }
}
