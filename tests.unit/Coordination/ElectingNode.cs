using System.Runtime.InteropServices;
using Lab.Coordination;
using Lab.Coordination.Elections;
using Lab.Coordination.Failures;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>A heartbeat, when there is no election message.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ElectionTraffic(ElectionMessage? Election);

/// <summary>A node that does nothing but elect: heartbeats, failure detector, election, and writes under its term when it leads.</summary>
internal sealed class ElectingNode : INode<ElectionTraffic>, IElectionHost
{
    private readonly SimulatedHost<ElectionTraffic> _host;
    private readonly ElectionCluster _cluster;
    private readonly FailureDetector _detector;

    public ElectingNode(SimulatedHost<ElectionTraffic> host, ElectionCluster cluster)
    {
        (_host, _cluster) = (host, cluster);
        _detector = new FailureDetector(cluster.Detection);
        Election = new BullyElection(this, cluster.Ids, cluster.Options);
    }

    public BullyElection Election { get; }

    public int Id => _host.Id;

    public Random Random => _host.Random;

    public void Start()
    {
        foreach (var node in _cluster.Ids.Where(node => node != Id))
        {
            _detector.Watch(node, _host.NowUs);
        }

        _host.SetTimer("heartbeat", 0);
        _host.SetTimer("write", 100_000);
        Election.Start();
    }

    public void Receive(int from, ElectionTraffic message)
    {
        if (_detector.Heard(from, _host.NowUs))
        {
            Election.Trust(from);
        }

        if (message.Election is { } election)
        {
            Election.Receive(from, election);
        }
    }

    public void Fire(string timer)
    {
        if (Election.Fire(timer))
        {
            return;
        }

        if (timer == "write")
        {
            _host.SetTimer("write", 100_000);
            if (Election.IsLeader)
            {
                _cluster.Store.Write(_host, Election.Term, Written, Fenced);
            }

            return;
        }

        _host.SetTimer("heartbeat", _cluster.Detection.HeartbeatUs);
        foreach (var node in _cluster.Ids)
        {
            if (node != Id)
            {
                _host.Send(node, default);
            }
        }

        foreach (var silent in _detector.Check(_host.NowUs))
        {
            _cluster.Suspected(_host, silent);
            Election.Suspect(silent);
        }
    }

    public void Disconnected(int node)
    {
        _detector.Suspect(node);
        Election.Suspect(node);
    }

    public void Send(int to, ElectionMessage message) => _host.Send(to, new ElectionTraffic(message));

    public void SetTimer(string timer, long delayUs) => _host.SetTimer(timer, delayUs);

    public void CancelTimer(string timer) => _host.CancelTimer(timer);

    public void ClaimTerm()
    {
        if (_cluster.MakesUpTerms)
        {
            Election.TermGranted(Election.Term + 1);
            return;
        }

        _cluster.Store.Claim(_host, Election.TermGranted, Election.TermRefused);
    }

    public void ConfirmTerm(long term, int? leader)
    {
        if (_cluster.MakesUpTerms)
        {
            Election.TermConfirmed(true);
            return;
        }

        _cluster.Store.Confirm(_host, term, leader, Election.TermConfirmed);
    }

    public void LeaderChanged(int? leader, long term) => _cluster.Observe(_host, leader, term);

    public void StateChanged(ElectionState from, ElectionState to) =>
        Seeds.Tell(_host.Simulator.NowUs, $"node {Id}: {from} -> {to}, leader {Election.Leader}, term {Election.Term}");

    private void Written(long term)
    {
        _cluster.Written(_host, term);
        if (_host.Alive)
        {
            Election.StoreWorked();
        }
    }

    /// <summary>The answer may come when this node leads again, in a later term.</summary>
    private void Fenced(long term)
    {
        if (Election.Term == term)
        {
            Election.Fenced();
        }
    }
}
