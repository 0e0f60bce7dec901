using System.Text.Json;
using Lab.Coordination.Clocks;
using Lab.Coordination.Histories;

namespace Lab.Tests.Unit.Coordination;

public class ClockTests
{
    /// <summary>
    /// Nodes do things, send and receive at random; who could have influenced whom is written down as sets. The vector clocks
    /// must say just the same, and Lamport's clocks must not contradict it.
    /// </summary>
    [Fact]
    public void Clocks_tell_what_happened_before_what()
    {
        Seeds.Run(100, seed =>
        {
            var events = Happenings(new Random(seed), nodes: 5, count: 120);
            foreach (var (left, leftIndex) in events.Select((happening, index) => (happening, index)))
            {
                foreach (var (right, rightIndex) in events.Select((happening, index) => (happening, index)).Skip(leftIndex + 1))
                {
                    var before = right.Past.Contains(leftIndex);
                    Assert.Equal(before, left.Clock.IsBefore(right.Clock));
                    Assert.Equal(!before, left.Clock.IsConcurrentWith(right.Clock));
                    Assert.False(right.Clock.IsBefore(left.Clock));
                    Assert.True(!before || (left.Time < right.Time && left.Clock.Sum < right.Clock.Sum));
                    Assert.NotEqual(0, left.Time.CompareTo(right.Time));
                    Assert.True(rightIndex > leftIndex);
                }
            }
        }, typeof(ClockTests));
    }

    [Fact]
    public void A_sequence_that_keeps_vector_order_is_told_from_one_that_does_not()
    {
        Seeds.Run(200, seed =>
        {
            var random = new Random(seed);
            var events = Happenings(random, nodes: 4, count: 30);
            var order = Enumerable.Range(0, events.Count).ToArray();
            if (seed % 2 == 0)
            {
                random.Shuffle(order);
            }
            else
            {
                // Any order by sums keeps it, with ties broken as one likes.
                order = [.. order.OrderBy(index => events[index].Clock.Sum).ThenBy(_ => random.Next())];
            }

            var wrong = Enumerable.Range(0, order.Length).Any(later => order[..later].Any(earlier => events[earlier].Past.Contains(order[later])));
            var check = new VectorOrder();
            var found = order.Select(index => check.Next($"#{index}", events[index].Node, events[index].Clock)).ToList();
            Assert.Equal(wrong, found.Exists(message => message is not null));
            Assert.True(seed % 2 == 0 || !wrong);
        }, typeof(ClockTests));
    }

    [Fact]
    public void Merging_gives_the_least_clock_that_knows_what_both_know()
    {
        Seeds.Run(2000, seed =>
        {
            var random = new Random(seed);
            var (one, two, three) = (Some(random), Some(random), Some(random));
            var merged = one.Merge(two);
            for (var node = 0; node < 8; node++)
            {
                Assert.Equal(Math.Max(one[node], two[node]), merged[node]);
            }

            Assert.Equal(merged, VectorClock.Of(merged.Entries));
            Assert.Equal(merged, two.Merge(one));
            Assert.Equal(merged.GetHashCode(), two.Merge(one).GetHashCode());
            Assert.Equal(one, one.Merge(one));
            Assert.Equal(merged.Merge(three), one.Merge(two.Merge(three)));
            Assert.Equal(merged.Entries.Sum(entry => entry.Events), merged.Sum);
            Assert.Equal(Relation(one, two), (one.IsBefore(two), two.IsBefore(one), one.IsConcurrentWith(two)));
        }, typeof(ClockTests));
    }

    [Fact]
    public void A_tick_is_one_more_event_of_one_node()
    {
        Seeds.Run(500, seed =>
        {
            var clock = Some(new Random(seed));
            var ticked = clock.Tick(seed % 9);
            Assert.Equal(clock[seed % 9] + 1, ticked[seed % 9]);
            Assert.Equal(clock.Sum + 1, ticked.Sum);
            Assert.True(clock.IsBefore(ticked));
            Assert.Equal(ticked, VectorClock.Of(ticked.Entries));
        }, typeof(ClockTests));
    }

    [Fact]
    public void Clocks_survive_json_and_nonsense_is_refused()
    {
        Seeds.Run(200, seed =>
        {
            var clock = Some(new Random(seed));
            Assert.Equal(clock, JsonSerializer.Deserialize<VectorClock>(JsonSerializer.Serialize(clock)));
        }, typeof(ClockTests));
        Assert.Equal("[1,5,7,2]", JsonSerializer.Serialize(VectorClock.Of((1, 5), (7, 2))));
        foreach (var nonsense in (string[])["[1]", "[1,0]", "[2,1,1,1]", "[1,1,1,1]", "[1,-1]", "{}", "7", "[\"a\",1]", "[1,\"a\"]", "[1.5,1]", "[1,2.5]", "[99999999999,1]", "[[1,1]]", "[1,"])
        {
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<VectorClock>(nonsense));
        }
    }

    private static (bool, bool, bool) Relation(VectorClock one, VectorClock two)
    {
        var smaller = Enumerable.Range(0, 8).Any(node => one[node] < two[node]);
        var greater = Enumerable.Range(0, 8).Any(node => one[node] > two[node]);
        return (smaller && !greater, greater && !smaller, smaller && greater);
    }

    /// <summary>Few nodes with few events, so that all relations occur.</summary>
    private static VectorClock Some(Random random) =>
        VectorClock.Of([.. Enumerable.Range(0, 8).Select(node => (node, (long)random.Next(3))).Where(entry => entry.Item2 > 0 && random.Next(4) > 0)]);

    private static List<Happening> Happenings(Random random, int nodes, int count)
    {
        var clocks = Enumerable.Repeat(VectorClock.Zero, nodes).ToArray();
        var lamport = Enumerable.Range(0, nodes).Select(node => new LamportClock(node)).ToArray();
        var pasts = Enumerable.Range(0, nodes).Select(_ => new HashSet<int>()).ToArray();
        List<Happening> happenings = [];
        for (var index = 0; index < count; index++)
        {
            var node = random.Next(nodes);
            if (index > 0 && random.Next(3) == 0)
            {
                // Receives what an earlier event sent, perhaps long ago, perhaps a second time.
                var sender = random.Next(index);
                clocks[node] = clocks[node].Merge(happenings[sender].Clock);
                lamport[node].Receive(happenings[sender].Time);
                pasts[node].UnionWith(happenings[sender].Past);
                pasts[node].Add(sender);
            }
            else
            {
                lamport[node].Tick();
            }

            clocks[node] = clocks[node].Tick(node);
            happenings.Add(new Happening(node, clocks[node], lamport[node].Now, [.. pasts[node]]));
            pasts[node].Add(index);
        }

        return happenings;
    }

    private sealed record Happening(int Node, VectorClock Clock, LamportTime Time, HashSet<int> Past);
}
