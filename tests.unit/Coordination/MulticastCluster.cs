using Lab.Coordination.Failures;
using Lab.Coordination.Histories;
using Lab.Coordination.Multicast;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Nodes 0 to n-1 that are a group, or want to be, in a simulator, with a checker that hears all they do.</summary>
internal sealed class MulticastCluster
{
    private readonly Dictionary<int, MulticastNode> _nodes = [];

    /// <summary>Of each era, the state after each place.</summary>
    private readonly Dictionary<long, List<ulong>> _states = [];

    private readonly Dictionary<(long Era, long Place), long?> _winners = [];
    private long _lastId;

    public MulticastCluster(int seed, int nodes, SimulationOptions? world = null)
    {
        Simulator = new Simulator<MulticastTraffic>(seed, world);
        Ids = [.. Enumerable.Range(0, nodes)];
        foreach (var id in Ids)
        {
            Simulator.Add(id, host => _nodes[id] = new MulticastNode(host, this));
        }
    }

    public Simulator<MulticastTraffic> Simulator { get; }

    public IReadOnlyList<int> Ids { get; }

    public ViewRegister Register => field ??= new ViewRegister(Simulator.Random) { GrantsTwice = GrantsTwice };

    /// <summary>A mutant, see there.</summary>
    public bool GrantsTwice { get; init; }

    /// <summary>A mutant: who wins is drawn by a seed of each node's own.</summary>
    public bool DrawsLocally { get; init; }

    public MulticastHistory History { get; } = new();

    public MulticastOptions Options { get; init; } = new();

    public FailureDetectorOptions Detection { get; init; } = new() { HeartbeatUs = 40_000 };

    /// <summary>Messages go through <see cref="MulticastFormat"/>.</summary>
    public bool UsesBytes { get; init; }

    /// <summary>Up to where each node's own state goes when its process begins.</summary>
    public IReadOnlyList<long>? Places { get; set; }

    public long SubmitEveryUs { get; init; } = 20_000;

    public long SubmitUntilUs { get; init; } = long.MaxValue;

    public IEnumerable<MulticastNode> Live => Ids.Where(id => Simulator.Host(id) is { Paused: false }).Select(id => _nodes[id]);

    public MulticastNode Node(int id) => _nodes[id];

    public long NextId() => ++_lastId;

    public void Submitted(MulticastNode node, long id, long number) => History.Submit(id, node.Id, node.Process, number);

    public void Delivered(MulticastNode node, long place, int sender, long number, long id)
    {
        Check(History.Deliver(node.Id, node.Process, place, sender, number, id));
        if (!_states.TryGetValue(node.Multicast.View.Era, out var states))
        {
            _states[node.Multicast.View.Era] = states = [];
        }

        if (place == states.Count + 1)
        {
            states.Add(node.State);
        }
    }

    /// <summary>At this place there was a draw.</summary>
    public void Drawn(MulticastNode node, long place, long? winner)
    {
        if (!_winners.TryAdd((node.Multicast.View.Era, place), winner) && _winners[(node.Multicast.View.Era, place)] != winner)
        {
            throw Simulator.Violation($"node {node.Id} has drawn {winner} at place {place}, where another one has drawn {_winners[(node.Multicast.View.Era, place)]}");
        }
    }

    public int Draws => _winners.Count(draw => draw.Value is not null);

    public void Restored(MulticastNode node, long place)
    {
        var expected = place > 0 && _states.TryGetValue(node.Multicast.View.Era, out var states) ? states[(int)place - 1] : 0;
        if (node.State != expected)
        {
            throw Simulator.Violation($"node {node.Id} was given a state that is not the one after place {place}");
        }
    }

    public void Installed(MulticastNode node, GroupView view, long place)
    {
        Seeds.Tell(Simulator.NowUs, $"node {node.Id} installs {view}, place {place}");
        Check(History.Install(node.Id, node.Process, view, place));
        if (view.Number != view.Era)
        {
            return;
        }

        if (_nodes.Values.FirstOrDefault(other => Knows(other, view.Number - 1)) is { } survivor)
        {
            throw Simulator.Violation($"node {node.Id} founds the group again in {view}, though node {survivor.Id} lives and is in the view before");
        }
    }

    public void Excluded(MulticastNode node, long first, int count)
    {
        Seeds.Tell(Simulator.NowUs, $"node {node.Id} is excluded, {count} of its messages from {first} on are lost");
        History.Exclude(node.Id, node.Process, first, count);
    }

    /// <summary>All that run are members of one view, and all has been delivered.</summary>
    public string? Unfinished()
    {
        var live = Live.ToList();
        if (live.Find(node => node.Multicast.State != MulticastState.Active || node.Multicast.View.Number != Register.Current.Number || node.Multicast.Undelivered > 0) is { } other)
        {
            return $"node {other.Id} is {other.Multicast.State} in {other.Multicast.View} with {other.Multicast.Undelivered} messages to go, and the register holds {Register.Current}";
        }

        return Register.Current.Members.Select(member => member.Id).SequenceEqual(live.Select(node => node.Id))
            ? History.Missing([.. live.Select(node => (node.Id, node.Process))])
            : $"the register holds {Register.Current}, and {string.Join(' ', live.Select(node => node.Id))} live";
    }

    /// <summary>Runs until all is done; fails when it is not by then.</summary>
    public void MustFinishBy(long untilUs)
    {
        while (Unfinished() is { } wrong)
        {
            if (Simulator.NowUs >= untilUs)
            {
                throw Simulator.Violation(wrong);
            }

            Simulator.Run(Math.Min(untilUs, Simulator.NowUs + 50_000));
        }
    }

    /// <summary>Lets these faults happen.</summary>
    public void Apply(IEnumerable<Fault> plan)
    {
        foreach (var fault in plan)
        {
            Seeds.Tell(fault.AtUs, $"planned: {fault}");
            Simulator.Apply([fault]);
        }
    }

    private bool Knows(MulticastNode node, long view) =>
        Simulator.Host(node.Id)?.Process == node.Process && node.Multicast.State is MulticastState.Active or MulticastState.Flushing && node.Multicast.View.Number == view;

    private void Check(string? wrong)
    {
        if (wrong is not null)
        {
            throw Simulator.Violation(wrong);
        }
    }
}
