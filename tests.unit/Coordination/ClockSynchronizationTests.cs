using Lab.Coordination.Clocks;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

[Collection(nameof(AllProcessors))]
public class ClockSynchronizationTests
{
    private const long Second = 1_000_000;
    private const int MostSeeds = 100;

    private static readonly SimulationOptions BadWorld = new()
    {
        DropChance = 0.05,
        DuplicateChance = 0.05,
        SlowChance = 0.2,
        ReplayChance = 0.02,
        CalmAfterUs = 3 * Second,
    };

    /// <summary>Wrong by up to 10 s and 200 ppm, ways of 50 us to 70 ms, leaders that crash or change for no reason.</summary>
    [Fact]
    public void Corrected_clocks_are_never_farther_apart_than_the_round_says()
    {
        var lockOfTotals = new Lock();
        var (rounds, compared, largestUs) = (0L, 0L, 0L);
        Seeds.Run(3000, seed =>
        {
            var cluster = Faulty(seed, new ClockCluster(seed, 2 + (int)((uint)seed % 6), BadWorld));
            cluster.Simulator.Run(BadWorld.CalmAfterUs + (2 * Second));
            MustBeSynchronized(cluster);
            lock (lockOfTotals)
            {
                (rounds, compared, largestUs) = (rounds + cluster.Rounds, compared + cluster.Compared, Math.Max(largestUs, cluster.LargestBoundUs));
            }
        }, typeof(ClockSynchronizationTests));
        Assert.True(rounds > 3000, $"only {rounds} rounds");
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} rounds, {compared} pairs compared, largest bound {largestUs} us");
    }

    [Fact]
    public void A_broken_clock_drags_no_other()
    {
        Seeds.Run(1000, seed =>
        {
            var cluster = Faulty(seed, Broken(seed, new ClockSynchronizationOptions()));
            cluster.Simulator.Run(BadWorld.CalmAfterUs + (2 * Second));
            MustBeSynchronized(cluster);
        }, typeof(ClockSynchronizationTests));
    }

    [Fact]
    public void Readings_taken_as_they_arrive_are_found_out() => MustBeFound("is ahead of", seed => new ClockCluster(seed, 3, BadWorld)
    {
        Options = new ClockSynchronizationOptions { PeriodUs = Second / 2, MaxDriftPpm = ClockCluster.MaxDriftPpm, MinOneWayDelayUs = 50, CompensatesRoundTrip = false },
    });

    [Fact]
    public void An_average_of_all_clocks_is_found_out() =>
        MustBeFound("dragged", seed => Broken(seed, new ClockSynchronizationOptions { RejectsOutliers = false }));

    /// <summary>A bound that takes better clocks for granted than there are is none.</summary>
    [Fact]
    public void Clocks_that_drift_more_than_was_said_are_found_out() => MustBeFound("is ahead of", seed => new ClockCluster(seed, 3, new SimulationOptions())
    {
        Options = new ClockSynchronizationOptions { PeriodUs = 10 * Second, MaxDriftPpm = 0, MinOneWayDelayUs = 50 },
    });

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Hash(1), Hash(1));
        Assert.NotEqual(Hash(1), Hash(2));

        static ulong Hash(int seed)
        {
            var cluster = Faulty(seed, new ClockCluster(seed, 4, BadWorld));
            cluster.Simulator.Run(BadWorld.CalmAfterUs);
            return cluster.Simulator.TraceHash;
        }
    }

    [Fact]
    public void A_silent_member_is_left_out_and_the_result_says_so()
    {
        var cluster = new ClockCluster(1, 3, new SimulationOptions());
        cluster.Simulator.Run(50_000);
        cluster.Simulator.Block(0, 1);
        cluster.Simulator.Block(2, 1);
        cluster.Simulator.Block(1, 0);
        cluster.Simulator.Block(1, 2);
        cluster.Simulator.Run(2 * Second);
        var leader = cluster.Latest!.Members[0].Id;
        Assert.All(cluster.Latest.Members, member =>
            Assert.Equal(member.Id != leader && (leader == 1 || member.Id == 1) ? ClockMemberState.Silent : ClockMemberState.Corrected, member.State));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(500_000, -100)]
    [InlineData(-7, 200)]
    public void A_clock_is_what_it_is_made_of(long offsetUs, int driftPpm)
    {
        var nowUs = 5_000_000L;
        var clock = new AdjustableClock(() => nowUs, offsetUs, driftPpm);
        clock.Step(1_000);
        nowUs += 3 * Second;
        Assert.Equal(8_000_000 + offsetUs + (3 * driftPpm), clock.UncorrectedUs);
        Assert.Equal(clock.UncorrectedUs + 1_000, clock.NowUs);
    }

    [Fact]
    public void A_bound_grows_with_twice_the_drift()
    {
        var round = new ClockRound(1, 1, 0, [], BoundUs: 1_000, MaxDriftPpm: 200);
        Assert.Equal(1_000, round.BoundAfterUs(0));
        Assert.InRange(round.BoundAfterUs(10 * Second), 5_000, 5_003);
    }

    /// <summary>Members in hand, so that messages can be repeated and mixed up.</summary>
    [Fact]
    public void An_adjustment_counts_once_and_only_for_whom_and_when_it_was_made()
    {
        var sent = new List<ClockMessage>();
        var clock = new AdjustableClock(() => 0);
        var member = new ClockSynchronization(new RecordedClockHost(sent), clock, new ClockSynchronizationOptions());
        member.Follow(5, leader: 1);
        member.Receive(1, new ClockMessage(ClockMessageKind.Poll, 5, 1));
        var session = sent[^1].Session;
        var adjust = new ClockMessage(ClockMessageKind.Adjust, 5, 1, 0, session, 100);

        foreach (var wrong in new[] { adjust with { Term = 4 }, adjust with { Term = 6 }, adjust with { Round = 2 }, adjust with { Session = session + 1 } })
        {
            member.Receive(1, wrong);
            Assert.Equal(0, clock.CorrectionUs);
        }

        member.Receive(2, adjust);
        Assert.Equal(0, clock.CorrectionUs);
        member.Receive(1, adjust);
        member.Receive(1, adjust);
        Assert.Equal(100, clock.CorrectionUs);
        Assert.Equal(2, sent.Count(message => message.Kind == ClockMessageKind.Adjusted));

        // A round has been measured since: what is late would spoil it.
        member.Receive(1, new ClockMessage(ClockMessageKind.Poll, 5, 2));
        member.Receive(1, new ClockMessage(ClockMessageKind.Poll, 5, 3));
        member.Receive(1, adjust with { Round = 2 });
        Assert.Equal(100, clock.CorrectionUs);
        member.Receive(1, adjust with { Round = 3 });
        Assert.Equal(200, clock.CorrectionUs);

        // Its leader's term is over.
        member.Receive(1, new ClockMessage(ClockMessageKind.Poll, 5, 4));
        member.Follow(6, leader: 2);
        member.Receive(1, adjust with { Round = 4 });
        Assert.Equal(200, clock.CorrectionUs);
    }

    private static ClockCluster Broken(int seed, ClockSynchronizationOptions options) => new(seed, 4 + (int)((uint)seed % 3), BadWorld)
    {
        MaxOffsetUs = 2_000,
        Broken = (int)((uint)seed % 4),
        Options = options with { PeriodUs = Second / 2, MaxDriftPpm = ClockCluster.MaxDriftPpm, MinOneWayDelayUs = 50, ToleranceUs = 200_000 },
    };

    private static ClockCluster Faulty(int seed, ClockCluster cluster)
    {
        var rates = new FaultRates { UntilUs = BadWorld.CalmAfterUs, CrashesPerSecond = 0.7, PausesPerSecond = 0.5, MaxPauseUs = 200_000, PartitionsPerSecond = 0.5 };
        cluster.Simulator.Apply(FaultPlan.Random(seed, cluster.Ids, rates));
        return cluster;
    }

    private static void MustBeSynchronized(ClockCluster cluster)
    {
        if (cluster.Latest?.Members.Any(member => member.State != ClockMemberState.Corrected) ?? true)
        {
            throw cluster.Simulator.Violation($"all has been well for long, but the latest round is {string.Join("; ", cluster.Latest?.Members ?? [])}");
        }
    }

    private static void MustBeFound(string finding, Func<int, ClockCluster> create)
    {
        for (var seed = 1; seed <= MostSeeds; seed++)
        {
            try
            {
                create(seed).Simulator.Run(BadWorld.CalmAfterUs + (2 * Second));
            }
            catch (SimulationException found) when (found.Message.Contains(finding, StringComparison.Ordinal))
            {
                TestContext.Current.TestOutputHelper?.WriteLine(found.Message);
                return;
            }
        }

        Assert.Fail($"{MostSeeds} runs, and nothing was found");
    }

    private sealed class RecordedClockHost(List<ClockMessage> sent) : IClockHost
    {
        public int Id => 0;

        public Random Random { get; } = new(1);

        public void Send(int to, ClockMessage message) => sent.Add(message);

        public void SetTimer(string timer, long delayUs)
        {
        }

        public void CancelTimer(string timer)
        {
        }

        public void RoundEnded(ClockRound round)
        {
        }
    }
}
