using Lab.Coordination;
using Lab.Coordination.Simulation;

namespace Lab.Tests.Unit.Coordination;

public class SimulatorTests
{
    private const long Millisecond = 1_000;

    private static readonly SimulationOptions Plain = new() { StartSpreadUs = 0, MaxClockOffsetUs = 0, MaxClockDriftPpm = 0 };

    [Fact]
    public void Messages_arrive_later_and_may_overtake_each_other()
    {
        var world = new World(1, Plain, 2);
        for (var number = 0; number < 100; number++)
        {
            world.Host(1).Send(2, number.ToString());
        }

        world.Simulator.Run(100 * Millisecond);
        var received = world.Log(2).Where(line => line.StartsWith("1 says ", StringComparison.Ordinal)).ToList();
        Assert.Equal(100, received.Count);
        Assert.NotEqual(received.OrderBy(line => int.Parse(line["1 says ".Length..])), received);
        Assert.Equal(100, received.Distinct().Count());
    }

    [Fact]
    public void Messages_are_lost_doubled_and_slow_as_often_as_asked_for_until_it_is_calm()
    {
        var options = Plain with { DropChance = 0.2, DuplicateChance = 0.1, SlowChance = 0.3, SlowUs = 500, CalmAfterUs = 1_000_000 };
        var world = new World(2, options, 2);
        Say(10_000);
        var counts = world.Simulator.Counts;
        Assert.InRange(counts.Lost, 1_800, 2_200);
        Assert.InRange(counts.Duplicated, 700, 900);
        Assert.InRange(counts.Slowed, 2_400, 2_900);
        Assert.Equal(counts.Sent - counts.Lost + counts.Duplicated, counts.Delivered);

        world.Simulator.Run(1_000_000);
        Say(1000);
        Assert.Equal(counts with { Sent = counts.Sent + 1000, Delivered = counts.Delivered + 1000, Events = counts.Events + 1000 }, world.Simulator.Counts);

        void Say(int count)
        {
            for (var number = 0; number < count; number++)
            {
                world.Host(1).Send(2, "x");
            }

            world.Simulator.Run(world.Simulator.NowUs + (50 * Millisecond));
        }
    }

    [Fact]
    public void A_timer_fires_once_and_counts_from_when_it_was_last_set()
    {
        var world = new World(1, Plain, 1);
        world.Host(1).SetTimer("a", 10 * Millisecond);
        world.Host(1).SetTimer("b", 5 * Millisecond);
        world.Host(1).SetTimer("c", 7 * Millisecond);
        world.Host(1).CancelTimer("c");
        world.Host(1).CancelTimer("never set");
        world.Simulator.Run(8 * Millisecond);
        world.Host(1).SetTimer("a", 10 * Millisecond);
        world.Simulator.Run(100 * Millisecond);
        Assert.Equal(["start", "b at 5000", "a at 18000"], world.Log(1));
    }

    [Fact]
    public void Clocks_differ_and_timers_keep_to_their_own_clock()
    {
        var world = new World(5, Plain with { MaxClockOffsetUs = 1_000_000, MaxClockDriftPpm = 100_000 }, 2);
        var begun = (world.Host(1).NowUs, world.Host(2).NowUs);
        Assert.NotEqual(begun.Item1, begun.Item2);
        world.Host(1).SetTimer("second", 1_000_000);
        world.Simulator.Run(10_000_000);
        var (one, two) = (world.Host(1).NowUs - begun.Item1, world.Host(2).NowUs - begun.Item2);
        Assert.NotEqual(one, two);
        Assert.All([one, two], passed => Assert.InRange(passed, 9_000_000, 11_000_000));
        var fired = long.Parse(world.Log(1)[^1]["second at ".Length..]);
        Assert.InRange(fired - begun.Item1, 999_990, 1_000_010);
    }

    [Fact]
    public void After_a_crash_the_others_are_told_and_the_process_hears_no_more()
    {
        var world = new World(1, Plain, 3);
        var process = world.Host(2);
        world.Host(1).Send(2, "too late");
        process.SetTimer("a", 1);
        process.Complete(1, () => world.Log(2).Add("completed"));
        world.Simulator.Crash(2);
        process.Send(1, "from the grave");
        world.Simulator.Run(100 * Millisecond);
        Assert.Null(world.Simulator.Host(2));
        Assert.False(process.Alive);
        Assert.Equal(["start"], world.Log(2));
        Assert.Equal(["start", "2 is gone"], world.Log(1));
        Assert.Equal(["start", "2 is gone"], world.Log(3));

        world.Host(1).Send(2, "nobody there");
        world.Host(1).Send(2, "nobody there");
        world.Simulator.Run(200 * Millisecond);
        Assert.Equal(["start", "2 is gone", "2 is gone"], world.Log(1));
    }

    [Fact]
    public void A_restarted_node_finds_its_disk_unless_that_is_lost()
    {
        var world = new World(1, Plain, 2);
        ((List<string>)world.Host(1).Disk!).Add("kept");
        world.Simulator.Apply([new Fault(FaultKind.Crash, 0, 10 * Millisecond, [1]), new Fault(FaultKind.CrashWithDisk, 20 * Millisecond, 10 * Millisecond, [1])]);
        world.Simulator.Run(15 * Millisecond);
        Assert.Equal(["kept"], (List<string>)world.Host(1).Disk!);
        Assert.Equal(2, world.Host(1).Process);
        world.Simulator.Run(50 * Millisecond);
        Assert.Empty((List<string>)world.Host(1).Disk!);
        Assert.Equal((2, 2, 1), (world.Simulator.Counts.Crashes, world.Simulator.Counts.Restarts, world.Simulator.Counts.DisksLost));
        Assert.Equal(["start", "start", "start"], world.Log(1));
    }

    [Fact]
    public void What_happens_to_a_paused_node_waits_and_nobody_is_told()
    {
        var world = new World(1, Plain, 2);
        world.Simulator.Apply([new Fault(FaultKind.Pause, 0, 50 * Millisecond, [1]), new Fault(FaultKind.Pause, 20 * Millisecond, 10 * Millisecond, [1])]);
        world.Simulator.Run(0);
        world.Host(2).Send(1, "hello");
        world.Host(1).SetTimer("a", 10 * Millisecond);
        world.Host(1).Complete(20 * Millisecond, () => world.Log(1).Add("completed"));
        world.Simulator.Run(49 * Millisecond);
        Assert.Equal(["start"], world.Log(1));
        world.Simulator.Run(51 * Millisecond);
        Assert.Equal(["start", "2 says hello", "a at 50000", "completed"], world.Log(1));
        Assert.Equal(["start"], world.Log(2));
    }

    [Fact]
    public void A_paused_node_that_is_killed_never_sees_what_has_waited()
    {
        var world = new World(1, Plain, 2);
        world.Simulator.Pause(1);
        world.Host(2).Send(1, "hello");
        world.Simulator.Run(10 * Millisecond);
        world.Simulator.Crash(1);
        world.Simulator.Restart(1);
        world.Simulator.Run(20 * Millisecond);
        Assert.Equal(["start", "start"], world.Log(1));
        Assert.Equal(["start", "1 is gone"], world.Log(2));
    }

    [Fact]
    public void What_waits_for_a_paused_node_is_bounded()
    {
        var world = new World(1, Plain with { MaxWaiting = 10 }, 2);
        world.Simulator.Pause(1);
        for (var number = 0; number < 25; number++)
        {
            world.Host(2).Send(1, "x");
        }

        world.Simulator.Run(10 * Millisecond);
        world.Simulator.Resume(1);
        Assert.Equal(1 + 10, world.Log(1).Count);
        Assert.Equal(15, world.Simulator.Counts.Lost);
    }

    [Theory]
    [InlineData(FaultKind.Partition, false)]
    [InlineData(FaultKind.OneWayPartition, true)]
    public void A_partition_lets_nothing_through_until_it_heals(FaultKind kind, bool backwards)
    {
        var world = new World(1, Plain, 3);
        world.Simulator.Apply([new Fault(kind, 0, 20 * Millisecond, [1], [2, 3]), new Fault(kind, 10 * Millisecond, 20 * Millisecond, [1], [2])]);
        Assert.Equal((false, backwards, true), Passes());
        world.Simulator.Run(25 * Millisecond);
        Assert.Equal((false, backwards, true), Passes());
        world.Simulator.Run(35 * Millisecond);
        Assert.Equal((true, true, true), Passes());
        Assert.Equal(2, world.Simulator.Counts.Partitions);

        (bool, bool, bool) Passes()
        {
            world.Simulator.Run(world.Simulator.NowUs);
            world.Host(1).Send(2, "forth");
            world.Host(2).Send(1, "back");
            world.Host(2).Send(3, "aside");
            world.Simulator.Run(world.Simulator.NowUs + (4 * Millisecond));
            var passed = (world.Log(2).Contains("1 says forth"), world.Log(1).Contains("2 says back"), world.Log(3).Contains("2 says aside"));
            world.Clear();
            return passed;
        }
    }

    [Fact]
    public void A_run_ends_after_so_many_events_and_can_go_on()
    {
        var world = new World(1, Plain, 2);
        for (var number = 0; number < 20; number++)
        {
            world.Host(1).Send(2, "x");
        }

        var before = world.Simulator.Counts.Events;
        Assert.False(world.Simulator.Run(100 * Millisecond, maxEvents: 15));
        Assert.Equal(15, world.Simulator.Counts.Events - before);
        Assert.True(world.Simulator.Run(100 * Millisecond, maxEvents: 15));
        Assert.Equal(20, world.Simulator.Counts.Events - before);
        Assert.Equal(100 * Millisecond, world.Simulator.NowUs);
    }

    [Fact]
    public void What_a_node_throws_is_reported_with_the_seed_and_the_time()
    {
        var world = new World(4711, Plain, 1);
        world.Host(1).Complete(1500, () => throw new InvalidOperationException("out of salt"));
        var thrown = Assert.Throws<SimulationException>(() => world.Simulator.Run(10 * Millisecond));
        Assert.Equal("seed 4711, 1.500 ms, event 3: InvalidOperationException: out of salt", thrown.Message);
        Assert.IsType<InvalidOperationException>(thrown.InnerException);
    }

    [Fact]
    public void A_plan_is_the_same_for_the_same_seed_and_over_in_time()
    {
        var rates = new FaultRates { UntilUs = 10_000_000, DiskLossChance = 0.5 };
        var plan = FaultPlan.Random(3, [1, 2, 3, 4], rates);
        Assert.Equal(plan.Select(fault => fault.ToString()), FaultPlan.Random(3, [1, 2, 3, 4], rates).Select(fault => fault.ToString()));
        Assert.NotEqual(plan.Select(fault => fault.ToString()), FaultPlan.Random(4, [1, 2, 3, 4], rates).Select(fault => fault.ToString()));
        Assert.All(plan, fault => Assert.InRange(fault.AtUs + fault.ForUs, 1, rates.UntilUs));
        Assert.Equal(Enum.GetValues<FaultKind>(), plan.Select(fault => fault.Kind).Distinct().Order());
        Assert.Empty(FaultPlan.Random(3, [1, 2], new FaultRates { UntilUs = 10_000_000, CrashesPerSecond = 0, PausesPerSecond = 0, PartitionsPerSecond = 0 }));
        Assert.Equal("1.5 ms: Partition of 1 | 2 3 for 20.0 ms", new Fault(FaultKind.Partition, 1500, 20_000, [1], [2, 3]).ToString());
    }

    /// <summary>Nodes that write down what happens to them.</summary>
    private sealed class World
    {
        private readonly Dictionary<int, List<string>> _logs = [];

        public World(int seed, SimulationOptions options, int nodes)
        {
            Simulator = new Simulator<string>(seed, options);
            for (var id = 1; id <= nodes; id++)
            {
                _logs[id] = [];
                Simulator.Add(id, host => new Recorder(host, _logs[host.Id]), () => new List<string>());
            }

            Simulator.Run(0);
        }

        public Simulator<string> Simulator { get; }

        public SimulatedHost<string> Host(int id) => Simulator.Host(id)!;

        public List<string> Log(int id) => _logs[id];

        public void Clear() => _logs.Values.ToList().ForEach(log => log.Clear());
    }

    private sealed class Recorder(SimulatedHost<string> host, List<string> log) : INode<string>
    {
        public void Start() => log.Add("start");

        public void Receive(int from, string message) => log.Add($"{from} says {message}");

        public void Fire(string timer) => log.Add($"{timer} at {host.NowUs}");

        public void Disconnected(int node) => log.Add($"{node} is gone");
    }
}
