using Lab.Coordination.Elections;
using Lab.Coordination.Failures;
using Lab.Coordination.Histories;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Nodes 1 to n that elect, in a simulator, with a checker that hears whom they follow.</summary>
internal sealed class ElectionCluster
{
    private readonly LeaderHistory _history = new();
    private readonly Dictionary<int, ElectingNode> _nodes = [];
    private readonly Dictionary<int, int> _processes = [];

    public ElectionCluster(int seed, int nodes, SimulationOptions? world = null, Func<Random, TermStore>? store = null)
    {
        Simulator = new Simulator<ElectionTraffic>(seed, world) { Forge = (_, random) => new ElectionTraffic(Lie(random)) };
        Ids = [.. Enumerable.Range(1, nodes)];
        Store = store?.Invoke(Simulator.Random) ?? new TermStore(Simulator.Random);
        foreach (var id in Ids)
        {
            Simulator.Add(id, host => _nodes[id] = new ElectingNode(host, this));
        }
    }

    public Simulator<ElectionTraffic> Simulator { get; }

    public IReadOnlyList<int> Ids { get; }

    public TermStore Store { get; }

    public ElectionOptions Options { get; init; } = new();

    public FailureDetectorOptions Detection { get; init; } = new();

    /// <summary>A mutant: winners count terms themselves instead of claiming them.</summary>
    public bool MakesUpTerms { get; init; }

    /// <summary>Who was suspected by whom, by the failure detector, and when.</summary>
    public List<(int By, int Node, long AtUs)> Suspicions { get; } = [];

    public int Terms => _history.Terms;

    public IEnumerable<ElectingNode> Live => Ids.Where(id => Simulator.Host(id) is { Paused: false }).Select(id => _nodes[id]);

    public ElectingNode Node(int id) => _nodes[id];

    /// <summary>All that run follow the highest of them, and it leads.</summary>
    public string? Disagreement()
    {
        var highest = Live.Select(node => node.Id).DefaultIfEmpty().Max();
        return highest > 0 && Live.All(node => node.Election.Leader == highest && node.Election.Term == Store.HighestTerm)
            ? null
            : $"the highest that lives is {highest}, the highest term {Store.HighestTerm}, but: " + string.Join(
                "; ", Live.Select(node => $"{node.Id} is {node.Election.State} and follows {node.Election.Leader} in term {node.Election.Term}"));
    }

    /// <summary>Runs until all agree; fails when they have not by then.</summary>
    public void MustAgreeBy(long untilUs)
    {
        while (Disagreement() is { } wrong)
        {
            if (Simulator.NowUs >= untilUs)
            {
                throw Simulator.Violation(wrong);
            }

            Simulator.Run(Math.Min(untilUs, Simulator.NowUs + 50_000));
        }
    }

    public void Suspected(SimulatedHost<ElectionTraffic> host, int node)
    {
        Seeds.Tell(Simulator.NowUs, $"node {host.Id} suspects {node}");
        Suspicions.Add((host.Id, node, Simulator.NowUs));
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

    public void Written(SimulatedHost<ElectionTraffic> host, long term) => Check(_history.Act(term, host.Id));

    public void Observe(SimulatedHost<ElectionTraffic> host, int? leader, long term)
    {
        if (_processes.GetValueOrDefault(host.Id) != host.Process)
        {
            _processes[host.Id] = host.Process;
            _history.Forget(host.Id);
        }

        Seeds.Tell(Simulator.NowUs, $"node {host.Id}: leader {leader}, term {term}");
        Check(_history.Observe(host.Id, term, leader));
    }

    /// <summary>Anything that a mad node may say: absurd terms, and such as have been or will be.</summary>
    public static ElectionMessage Lie(Random random) => new(
        (ElectionMessageKind)random.Next(4),
        random.Next(4) switch
        {
            0 => long.MaxValue - random.Next(2),
            1 => 1_000_000,
            2 => -random.Next(3),
            _ => random.Next(100),
        });

    private void Check(string? wrong)
    {
        if (wrong is not null)
        {
            throw Simulator.Violation(wrong);
        }
    }
}
