using Lab.Coordination.Multicast;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Groups with ordered multicast, in simulated worlds.</summary>
[Collection(nameof(AllProcessors))]
public class MulticastSimulationTests
{
    private const long Millisecond = 1_000;
    private const long Second = 1_000_000;
    private const int MostSeeds = 100;

    private static readonly SimulationOptions BadWorld = new()
    {
        DropChance = 0.03,
        DuplicateChance = 0.03,
        SlowChance = 0.02,
        ReplayChance = 0.01,
        ReplayUs = 300 * Millisecond,
        CalmAfterUs = 1200 * Millisecond,
        MaxClockDriftPpm = 10_000,
    };

    private static readonly MulticastOptions Quick = new() { RestoreTimeoutUs = 500 * Millisecond, MaxBatchBytes = 128 };

    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric)]
    [InlineData(MulticastAlgorithm.Sequencer)]
    public void Whatever_fails_all_deliver_the_same_in_the_same_order(MulticastAlgorithm algorithm)
    {
        var total = new Totals();
        Seeds.Run(3000, seed =>
        {
            var cluster = Faulty(seed, algorithm);
            cluster.Simulator.Run(BadWorld.CalmAfterUs);
            cluster.Register.FailChance = 0;
            cluster.Simulator.Run(cluster.SubmitUntilUs);
            cluster.MustFinishBy(BadWorld.CalmAfterUs + (4 * Second));
            total.Add(cluster);
        }, typeof(MulticastSimulationTests));
        total.MustHaveSeenMuch();
        TestContext.Current.TestOutputHelper?.WriteLine($"{algorithm}: {total}");
    }

    /// <summary>Whoever coordinates a change of views dies in the middle of it: between any two of its steps, with some seed.</summary>
    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric)]
    [InlineData(MulticastAlgorithm.Sequencer)]
    public void A_coordinator_that_dies_in_a_change_of_views_does_no_harm(MulticastAlgorithm algorithm)
    {
        Seeds.Run(500, seed =>
        {
            var cluster = new MulticastCluster(seed, 4 + (seed % 2), new SimulationOptions())
            {
                Options = Quick with { Algorithm = algorithm, MaxBatchBytes = 4096 },
                SubmitEveryUs = 3 * Millisecond,
                SubmitUntilUs = 900 * Millisecond,
            };
            cluster.Simulator.Run(500 * Millisecond);
            var members = cluster.Ids.Count;
            Assert.Equal(members, cluster.Register.Current.Members.Count);
            cluster.Simulator.Crash(members - 1);
            cluster.Simulator.Run(cluster.Simulator.NowUs + Seeds.Spread(seed % 120, 100));
            cluster.Simulator.Crash(0);
            cluster.MustFinishBy(3 * Second);
            Assert.Equal(Enumerable.Range(1, members - 2), cluster.Register.Current.Members.Select(member => member.Id));
        }, typeof(MulticastSimulationTests));
    }

    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric)]
    [InlineData(MulticastAlgorithm.Sequencer)]
    public void Two_members_survive_the_end_of_one_and_the_last_one_goes_on_alone(MulticastAlgorithm algorithm)
    {
        Seeds.Run(100, seed =>
        {
            var cluster = new MulticastCluster(seed, 2) { Options = Quick with { Algorithm = algorithm }, SubmitUntilUs = 900 * Millisecond };
            cluster.Simulator.Run(500 * Millisecond);
            var before = cluster.History.Delivered;
            cluster.Simulator.Crash(seed % 2);
            cluster.MustFinishBy(3 * Second);
            Assert.True(cluster.History.Delivered > before);
            Assert.Equal(1, cluster.History.Eras);
            cluster.Simulator.Restart(seed % 2);
            cluster.MustFinishBy(cluster.Simulator.NowUs + Second);
            Assert.Equal(2, cluster.Register.Current.Members.Count);
        }, typeof(MulticastSimulationTests));
    }

    /// <summary>Nobody has a memory of the group then: it begins anew, and says so, from what one of them has on its disk.</summary>
    [Fact]
    public void A_group_whose_members_have_all_died_is_founded_again_when_all_are_back()
    {
        var cluster = new MulticastCluster(1, 3) { Options = Quick, SubmitUntilUs = 400 * Millisecond };
        cluster.Simulator.Run(500 * Millisecond);
        cluster.MustFinishBy(Second);
        foreach (var id in cluster.Ids)
        {
            cluster.Simulator.Crash(id);
        }

        cluster.Places = [5, 9, 7];
        cluster.Simulator.Restart(0);
        cluster.Simulator.Restart(2);
        cluster.Simulator.Run(cluster.Simulator.NowUs + Second);
        Assert.All(cluster.Live, node => Assert.Equal(MulticastState.Joining, node.Multicast.State));
        cluster.Simulator.Restart(1);
        cluster.Simulator.Run(cluster.Simulator.NowUs + Second);
        Assert.All(cluster.Live, node => Assert.Equal((MulticastState.Active, 3), (node.Multicast.State, node.Multicast.View.Members.Count)));
        Assert.All(cluster.Live, node => Assert.Equal(9, node.Multicast.Place));
        Assert.NotEqual(1, cluster.Register.Current.Era);
    }

    /// <summary>One that is cut off does not end the view of the others, even if it reaches the register as well as they do.</summary>
    [Fact]
    public void The_larger_part_goes_on()
    {
        Seeds.Run(100, seed =>
        {
            var cluster = new MulticastCluster(seed, 5) { Options = Quick, SubmitUntilUs = 2 * Second };
            cluster.Simulator.Run(500 * Millisecond);
            var alone = seed % 5;
            cluster.Apply([new Fault(FaultKind.Partition, cluster.Simulator.NowUs, Second, [alone], [.. cluster.Ids.Where(id => id != alone)])]);
            cluster.Simulator.Run(1400 * Millisecond);
            Assert.Equal(cluster.Ids.Where(id => id != alone), cluster.Register.Current.Members.Select(member => member.Id));
            Assert.Equal(MulticastState.Joining, cluster.Node(alone).Multicast.State);
            cluster.MustFinishBy(4 * Second);
        }, typeof(MulticastSimulationTests));
    }

    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric, nameof(MulticastMistake.NoAcknowledgementWait))]
    [InlineData(MulticastAlgorithm.Symmetric, nameof(MulticastMistake.NotUniform))]
    [InlineData(MulticastAlgorithm.Symmetric, nameof(MulticastMistake.NoFlush))]
    [InlineData(MulticastAlgorithm.Sequencer, nameof(MulticastMistake.NoFlush))]
    [InlineData(MulticastAlgorithm.Sequencer, nameof(MulticastMistake.DeliverBeforeStable))]
    public void Every_mistake_is_found_soon(MulticastAlgorithm algorithm, string mistake) =>
        MustBeFound("", seed => Faulty(seed, algorithm, Enum.Parse<MulticastMistake>(mistake)));

    /// <summary>Two successors of one view: both go on.</summary>
    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric)]
    [InlineData(MulticastAlgorithm.Sequencer)]
    public void A_register_that_grants_a_view_twice_is_found_soon(MulticastAlgorithm algorithm) =>
        MustBeFound("but node", seed => Faulty(seed, algorithm, grantsTwice: true));

    [Fact]
    public void A_draw_by_a_seed_of_ones_own_is_found_soon() =>
        MustBeFound("has drawn", seed => Faulty(seed, MulticastAlgorithm.Symmetric, drawsLocally: true));

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Hash(1), Hash(1));
        Assert.NotEqual(Hash(1), Hash(2));

        static ulong Hash(int seed)
        {
            var cluster = Faulty(seed, MulticastAlgorithm.Symmetric);
            cluster.Simulator.Run(BadWorld.CalmAfterUs);
            return cluster.Simulator.TraceHash;
        }
    }

    private static void MustBeFound(string finding, Func<int, MulticastCluster> create)
    {
        for (var seed = 1; seed <= MostSeeds; seed++)
        {
            var cluster = create(seed);
            try
            {
                cluster.Simulator.Run(cluster.SubmitUntilUs);
            }
            catch (SimulationException found) when (found.InnerException is null && found.Message.Contains(finding, StringComparison.Ordinal))
            {
                TestContext.Current.TestOutputHelper?.WriteLine(found.Message);
                return;
            }
            catch (SimulationException)
            {
                // Some node has noticed by itself that something is wrong; the checker has not.
            }
        }

        Assert.Fail($"{MostSeeds} runs, and nothing was found");
    }

    private static MulticastCluster Faulty(
        int seed, MulticastAlgorithm algorithm, MulticastMistake mistake = MulticastMistake.None, bool grantsTwice = false, bool drawsLocally = false)
    {
        var cluster = new MulticastCluster(seed, 2 + (seed % 4), BadWorld)
        {
            Options = Quick with { Algorithm = algorithm, MaxBatchesUnderWay = 1 + (seed % 3), Mistake = mistake },
            UsesBytes = seed % 8 == 0,
            GrantsTwice = grantsTwice,
            DrawsLocally = drawsLocally,
            SubmitUntilUs = BadWorld.CalmAfterUs + (200 * Millisecond),
        };
        cluster.Register.FailChance = 0.1;
        var rates = new FaultRates
        {
            UntilUs = BadWorld.CalmAfterUs,
            CrashesPerSecond = 1.5,
            MaxDownUs = 500 * Millisecond,
            PausesPerSecond = 1.5,
            PartitionsPerSecond = 1,
            MaxPartitionUs = 500 * Millisecond,
        };
        cluster.Apply(FaultPlan.Random(seed, cluster.Ids, rates));
        return cluster;
    }

    /// <summary>Of many runs.</summary>
    private sealed class Totals
    {
        private readonly Lock _lock = new();
        private SimulationCounts _counts;
        private (long Submitted, long Delivered, long Lost, long Views, long Eras, long Draws) _seen;
        private long _slowestUs;

        public void Add(MulticastCluster cluster)
        {
            lock (_lock)
            {
                var history = cluster.History;
                _counts = _counts.Plus(cluster.Simulator.Counts);
                _seen = (_seen.Submitted + history.Submitted, _seen.Delivered + history.Delivered, _seen.Lost + history.Lost, _seen.Views + history.Views, _seen.Eras + history.Eras, _seen.Draws + cluster.Draws);
                _slowestUs = Math.Max(_slowestUs, cluster.Simulator.NowUs - BadWorld.CalmAfterUs);
            }
        }

        /// <summary>A run in which nothing happens finds nothing.</summary>
        public void MustHaveSeenMuch()
        {
            Assert.True(_seen.Delivered > _seen.Submitted / 2, ToString());
            Assert.True(_seen is { Lost: > 0, Views: > 3000, Eras: > 0, Draws: > 3000 }, ToString());
        }

        public override string ToString() => $"{_counts}; {_seen}; slowest end {_slowestUs} us after the last fault";
    }
}
