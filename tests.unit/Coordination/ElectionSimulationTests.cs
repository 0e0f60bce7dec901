using System.Collections.Concurrent;
using Lab.Coordination.Elections;
using Lab.Coordination.Failures;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Election and failure detector together, in simulated worlds.</summary>
[Collection(nameof(AllProcessors))]
public class ElectionSimulationTests
{
    private const long Millisecond = 1_000;
    private const long Second = 1_000_000;

    /// <summary>Slow messages, suspicions of nodes that are back and claims that crossed each other are through by then.</summary>
    private const long Aftermath = 1 * Second;

    private static readonly SimulationOptions BadWorld = new()
    {
        DropChance = 0.05,
        DuplicateChance = 0.05,
        SlowChance = 0.02,
        ReplayChance = 0.01,
        ForgeChance = 0.01,
        CalmAfterUs = 5 * Second,
        MaxClockDriftPpm = 10_000,
    };

    /// <summary>Safety through all of it; and when the faults are over, all follow the highest id, and stay with it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whatever_fails_no_term_has_two_leaders_and_in_the_end_all_follow_the_highest(bool parallel)
    {
        var total = new Totals();
        Seeds.Run(2000, seed =>
        {
            var cluster = Faulty(seed, new ElectionOptions { Parallel = parallel });
            cluster.Simulator.Run(BadWorld.CalmAfterUs + Aftermath);
            cluster.MustAgreeBy(BadWorld.CalmAfterUs + (3 * Second));
            var settled = (cluster.Simulator.NowUs, cluster.Terms);
            cluster.Simulator.Run(cluster.Simulator.NowUs + (2 * Second));
            cluster.MustAgreeBy(cluster.Simulator.NowUs);
            if (cluster.Terms != settled.Terms)
            {
                throw cluster.Simulator.Violation($"all agreed at {settled.NowUs} us, and then {cluster.Terms - settled.Terms} more were elected");
            }

            total.Add(cluster, settled.NowUs - BadWorld.CalmAfterUs);
        }, typeof(ElectionSimulationTests));
        Report(total.ToString());
    }

    /// <summary>Some never come back: those who are left agree about the highest of them.</summary>
    [Fact]
    public void The_highest_of_those_who_are_left_leads()
    {
        Seeds.Run(1000, seed =>
        {
            var cluster = Faulty(seed, new ElectionOptions());
            var gone = new Random(seed).GetItems([.. cluster.Ids], cluster.Ids.Count - 1).Distinct().ToList();
            var how = gone.Select((node, index) => new Fault(index % 2 == 0 ? FaultKind.Crash : FaultKind.Pause, BadWorld.CalmAfterUs, Fault.Forever, [node]));
            cluster.Apply(how);
            cluster.Simulator.Run(BadWorld.CalmAfterUs + (500 * Millisecond));
            cluster.MustAgreeBy(BadWorld.CalmAfterUs + (3 * Second));
            if (cluster.Live.Any(node => gone.Contains(node.Id)))
            {
                throw cluster.Simulator.Violation($"{string.Join(' ', gone)} should be gone");
            }
        }, typeof(ElectionSimulationTests));
    }

    /// <summary>Six nodes for an hour, each of which stands still about 2 times a second, for up to 50 ms.</summary>
    [Fact]
    public void Pauses_of_up_to_50_ms_elect_nobody_in_an_hour()
    {
        const long hour = 3600 * Second;
        Seeds.Run(2, seed =>
        {
            var cluster = new ElectionCluster(seed, 6, new SimulationOptions { SlowChance = 0.001, SlowUs = 30 * Millisecond });
            cluster.MustAgreeBy(2 * Second);
            var (terms, term) = (cluster.Terms, cluster.Store.HighestTerm);
            foreach (var id in cluster.Ids)
            {
                PauseNowAndThen(cluster.Simulator, id, 50 * Millisecond);
            }

            cluster.Simulator.Run(hour);
            Assert.Empty(cluster.Suspicions);
            Assert.Equal((terms, term), (cluster.Terms, cluster.Store.HighestTerm));
            Assert.True(cluster.Simulator.Counts.Pauses > 30_000, $"only {cluster.Simulator.Counts.Pauses} pauses");
            Report($"seed {seed}: {cluster.Simulator.Counts}");
        }, typeof(ElectionSimulationTests));
    }

    /// <summary>After half a minute of the same load, which the detectors have learnt from.</summary>
    [Fact]
    public void A_node_that_stops_is_suspected_by_all_within_250_ms()
    {
        var slowest = new ConcurrentBag<long>();
        Seeds.Run(100, seed =>
        {
            var cluster = new ElectionCluster(seed, 6);
            foreach (var id in cluster.Ids)
            {
                PauseNowAndThen(cluster.Simulator, id, id == 6 ? 50 * Millisecond : 10 * Millisecond);
            }

            var stopped = (30 * Second) + Seeds.Spread(seed, 100);
            cluster.Simulator.Run(stopped);
            cluster.Simulator.Pause(6);
            cluster.Simulator.Run(stopped + (250 * Millisecond));
            var suspicions = cluster.Suspicions.Where(suspicion => suspicion.AtUs >= stopped).ToList();
            Assert.Equal(Enumerable.Range(1, 5), suspicions.Where(suspicion => suspicion.Node == 6).Select(suspicion => suspicion.By).Order());
            Assert.All(suspicions, suspicion => Assert.Equal(6, suspicion.Node));
            slowest.Add(suspicions.Max(suspicion => suspicion.AtUs) - stopped);
        }, typeof(ElectionSimulationTests));
        Report($"slowest: {slowest.Max()} us");
    }

    /// <summary>The connections of a dead process end: nobody waits for a timeout.</summary>
    [Theory]
    [InlineData(true, 25)]
    [InlineData(false, 25)]
    public void A_killed_leader_is_replaced_at_once_by_the_next(bool parallel, long withinMs)
    {
        Seeds.Run(200, seed =>
        {
            var cluster = new ElectionCluster(seed, 6) { Options = new ElectionOptions { Parallel = parallel } };
            cluster.MustAgreeBy(2 * Second);
            cluster.Simulator.Run((2 * Second) + Seeds.Spread(seed, Millisecond));
            cluster.Simulator.Crash(6);
            cluster.Simulator.Run(cluster.Simulator.NowUs + (withinMs * Millisecond));
            cluster.MustAgreeBy(cluster.Simulator.NowUs);
            Assert.Equal(5, cluster.Node(1).Election.Leader);
        }, typeof(ElectionSimulationTests));
    }

    [Fact]
    public void A_leader_that_resigns_follows_its_successor_until_that_one_is_lost()
    {
        Seeds.Run(200, seed =>
        {
            var cluster = new ElectionCluster(seed, 5);
            cluster.MustAgreeBy(2 * Second);
            cluster.Node(5).Election.Resign();
            cluster.Simulator.Run(cluster.Simulator.NowUs + (5 * Second));
            Assert.All(cluster.Live, node => Assert.Equal(4, node.Election.Leader));
            cluster.Simulator.Crash(4);
            cluster.Simulator.Run(cluster.Simulator.NowUs + (500 * Millisecond));
            cluster.MustAgreeBy(cluster.Simulator.NowUs);
            Assert.Equal(5, cluster.Node(1).Election.Leader);
        }, typeof(ElectionSimulationTests));
    }

    /// <summary>Two that cannot hear each other take the term from each other, but not more often than they rest.</summary>
    [Fact]
    public void Two_that_are_cut_off_from_each_other_alternate_slowly()
    {
        Seeds.Run(100, seed =>
        {
            var cluster = new ElectionCluster(seed, 4);
            cluster.MustAgreeBy(2 * Second);
            var before = cluster.Store.HighestTerm;
            cluster.Apply([new Fault(FaultKind.Partition, cluster.Simulator.NowUs, 10 * Second, [4], [3])]);
            cluster.Simulator.Run(cluster.Simulator.NowUs + (10 * Second));
            Assert.InRange(cluster.Store.HighestTerm - before, 1, 10 * Second / new ElectionOptions().FencedPatienceUs);
            cluster.MustAgreeBy(cluster.Simulator.NowUs + (2 * Second));
            Assert.Equal(4, cluster.Node(1).Election.Leader);
        }, typeof(ElectionSimulationTests));
    }

    [Theory]
    [InlineData("terms are given twice", "has two leaders")]
    [InlineData("terms are made up", "has two leaders")]
    [InlineData("writes are not fenced", "acted in term")]
    [InlineData("terms are believed unconfirmed", "has two leaders")]
    public void What_is_wrong_on_purpose_is_found_within_100_seeds(string mutant, string expected)
    {
        var found = Enumerable.Range(1, 100).Select(seed => Violation(seed)).FirstOrDefault(message => message is not null);
        Assert.Contains(expected, found);
        Report(found!);

        string? Violation(int seed)
        {
            var cluster = new ElectionCluster(seed, 5, BadWorld, random => mutant switch
            {
                "terms are given twice" => new ForgetfulTermStore(random),
                "writes are not fenced" => new UnfencedTermStore(random),
                "terms are believed unconfirmed" => new CredulousTermStore(random),
                _ => new TermStore(random),
            })
            { MakesUpTerms = mutant == "terms are made up" };
            cluster.Apply(Plan(seed, cluster));
            return Record.Exception(() => cluster.Simulator.Run(BadWorld.CalmAfterUs))?.Message;
        }
    }

    [Fact]
    public void Nodes_that_never_suspect_are_found_to_disagree()
    {
        var cluster = new ElectionCluster(1, 4) { Detection = new FailureDetectorOptions { MinTimeoutUs = 3600 * Second, MaxTimeoutUs = 3600 * Second } };
        cluster.MustAgreeBy(2 * Second);
        cluster.Simulator.Pause(4);
        var thrown = Assert.Throws<SimulationException>(() => cluster.MustAgreeBy(20 * Second));
        Assert.Contains("the highest that lives is 3", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var hashes = Enumerable.Range(1, 20).Select(seed => (First: Hash(seed), Second: Hash(seed))).ToList();
        Assert.All(hashes, hash => Assert.Equal(hash.First, hash.Second));
        Assert.Equal(hashes.Count, hashes.Select(hash => hash.First).Distinct().Count());

        static (ulong, SimulationCounts) Hash(int seed)
        {
            var cluster = Faulty(seed, new ElectionOptions());
            cluster.Simulator.Run(BadWorld.CalmAfterUs);
            return (cluster.Simulator.TraceHash, cluster.Simulator.Counts);
        }
    }

    private static ElectionCluster Faulty(int seed, ElectionOptions options)
    {
        var cluster = new ElectionCluster(seed, 3 + (int)((uint)seed % 4), BadWorld, random => new TermStore(random) { FailChance = 0.05, MaxDelayUs = 20_000 })
        {
            Options = options,
        };
        cluster.Apply(Plan(seed, cluster));
        return cluster;
    }

    private static IReadOnlyList<Fault> Plan(int seed, ElectionCluster cluster) =>
        FaultPlan.Random(seed, cluster.Ids, new FaultRates { UntilUs = BadWorld.CalmAfterUs, DiskLossChance = 0.3 });

    /// <summary>Pauses of a node do not overlap, so none is longer.</summary>
    private static void PauseNowAndThen<TMessage>(Simulator<TMessage> simulator, int id, long maxUs)
    {
        var random = new Random(unchecked((simulator.Seed * 100) + id));
        Next();

        void Next() => simulator.At(simulator.NowUs + random.NextInt64(1 * Second), () =>
        {
            var lasting = random.NextInt64(maxUs + 1);
            var until = simulator.NowUs + lasting;
            simulator.Apply([new Fault(FaultKind.Pause, simulator.NowUs, lasting, [id])]);
            simulator.At(until + 1, Next);
        });
    }

    private static void Report(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    /// <summary>Of many runs.</summary>
    private sealed class Totals
    {
        private readonly Lock _lock = new();
        private SimulationCounts _counts;
        private long _slowestUs;
        private long _terms;

        public void Add(ElectionCluster cluster, long agreedAfterUs)
        {
            lock (_lock)
            {
                _counts = _counts.Plus(cluster.Simulator.Counts);
                _slowestUs = Math.Max(_slowestUs, agreedAfterUs);
                _terms += cluster.Terms;
            }
        }

        public override string ToString() => $"{_counts}; {_terms} terms; slowest agreement {_slowestUs} us after the last fault";
    }
}
