using System.Text;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Pipeline;
using Lab.FaultProxy.Timing;
using Lab.FaultProxy.Toxics;

namespace Lab.Tests.Unit.FaultProxy;

/// <summary>The pipeline and the latency toxic in a time that the tests make up.</summary>
public sealed class LatencyToxicTests
{
    private const long Ms = MonotonicClock.NsPerMs;

    private readonly BufferAccount _account = new(limitBytes: 1024);

    [Fact]
    public void Data_leaves_when_its_latency_has_passed_and_not_before()
    {
        var pipeline = Create(Latency("a", 20));
        Put(pipeline, "x", atNs: 5 * Ms);

        Assert.Equal(25 * Ms, pipeline.Advance(5 * Ms));
        pipeline.Advance((25 * Ms) - 1);
        Assert.Equal("", Taken(pipeline));
        pipeline.Advance(25 * Ms);
        Assert.Equal("x", Taken(pipeline));
    }

    [Fact]
    public void Latency_is_a_line_and_not_a_gate()
    {
        // A gate would let the 1000th chunk out after 1000 latencies.
        var pipeline = Create(Latency("a", 50));
        for (var chunk = 0; chunk < 1000; chunk++)
        {
            Put(pipeline, "x", atNs: chunk);
        }

        pipeline.Advance((50 * Ms) + 999);
        Assert.Equal(1000, Taken(pipeline).Length);
    }

    [Fact]
    public void Latencies_of_two_toxics_add_up_exactly_even_when_the_first_is_served_late()
    {
        var pipeline = Create(Latency("a", 20), Latency("b", 30));
        Put(pipeline, "x", atNs: 0);

        pipeline.Advance(20 * Ms);
        Assert.Equal(50 * Ms, pipeline.Advance(23 * Ms));
        pipeline.Advance(50 * Ms);
        Assert.Equal("x", Taken(pipeline));
    }

    [Fact]
    public void Jitter_follows_the_seeded_sequence_within_its_range()
    {
        var entry = Latency("a", 100, jitterMs: 40);
        var random = new SeededRandom(Seed, "a");
        random.NextUnit(); // toxicity
        for (var chunk = 0; chunk < 200; chunk++)
        {
            var expectedMs = 100 + (40 * ((2 * random.NextUnit()) - 1));
            Assert.InRange(expectedMs, 60, 140);
        }

        var delaysMs = DelaysMs(entry, chunks: 200);
        var again = new SeededRandom(Seed, "a");
        again.NextUnit();
        Assert.All(delaysMs, delayMs => Assert.Equal(100 + (40 * ((2 * again.NextUnit()) - 1)), delayMs, precision: 3));
        Assert.Equal(delaysMs, DelaysMs(entry, chunks: 200));
        Assert.Contains(delaysMs, delayMs => delayMs < 70);
        Assert.Contains(delaysMs, delayMs => delayMs > 130);
    }

    [Fact]
    public void Jitter_larger_than_the_latency_never_makes_a_delay_negative()
    {
        var delaysMs = DelaysMs(Latency("a", 1, jitterMs: 50), chunks: 200);

        Assert.All(delaysMs, delayMs => Assert.InRange(delayMs, 0, 51));
        Assert.Contains(0, delaysMs);
    }

    [Fact]
    public void Jitter_keeps_the_order_of_the_stream()
    {
        var pipeline = Create(Latency("a", 50, jitterMs: 50));
        var sent = string.Concat(Enumerable.Range(0, 500).Select(number => (char)('a' + (number % 26))));
        var received = new StringBuilder();
        for (var chunk = 0; chunk < 500; chunk++)
        {
            Put(pipeline, sent[chunk].ToString(), atNs: chunk * Ms);
            pipeline.Advance(chunk * Ms);
            received.Append(Taken(pipeline));
        }

        Assert.InRange(received.Length, 400, 499);
        pipeline.Advance(600 * Ms);
        Assert.Equal(sent, received.Append(Taken(pipeline)).ToString());
    }

    [Fact]
    public void End_of_the_stream_follows_the_last_data_without_a_delay_of_its_own()
    {
        var pipeline = Create(Latency("a", 20));
        Put(pipeline, "x", atNs: 0);
        pipeline.Accept(Chunk.Mark(ChunkKind.End), nowNs: 10 * Ms);

        pipeline.Advance((20 * Ms) - 1);
        Assert.False(pipeline.HasOutbound);
        pipeline.Advance(20 * Ms);
        Assert.True(pipeline.TryTake(out var data));
        Assert.Equal(ChunkKind.Data, data.Kind);
        Assert.True(pipeline.TryTake(out var end));
        Assert.Equal(ChunkKind.End, end.Kind);
    }

    [Fact]
    public void Changed_latency_counts_for_what_is_already_held()
    {
        var pipeline = Create(Latency("a", 1000));
        Put(pipeline, "x", atNs: 0);
        pipeline.Advance(0);

        pipeline.Apply([Latency("a", 30)], 10 * Ms);

        Assert.Equal(30 * Ms, pipeline.Advance(10 * Ms));
        pipeline.Advance(30 * Ms);
        Assert.Equal("x", Taken(pipeline));
    }

    [Fact]
    public void Removed_toxic_lets_go_of_what_it_held_into_the_toxics_behind_it()
    {
        var pipeline = Create(Latency("a", 1000), Latency("b", 1000), Latency("c", 30));
        Put(pipeline, "2", atNs: 0);
        pipeline.Advance(1000 * Ms);
        Put(pipeline, "1", atNs: 1000 * Ms);

        pipeline.Apply([Latency("c", 30)], 1500 * Ms);

        Assert.Equal(1530 * Ms, pipeline.Advance(1500 * Ms));
        pipeline.Advance(1530 * Ms);
        Assert.Equal("21", Taken(pipeline));
    }

    [Fact]
    public void Added_toxic_comes_behind_those_that_are_there_and_disturbs_nothing()
    {
        var pipeline = Create(Latency("a", 20));
        Put(pipeline, "x", atNs: 0);

        pipeline.Apply([Latency("a", 20), Latency("b", 5)], 10 * Ms);

        pipeline.Advance(20 * Ms);
        Assert.Equal(25 * Ms, pipeline.Advance(20 * Ms));
    }

    [Fact]
    public void Toxicity_is_decided_once_for_each_connection()
    {
        var affected = Enumerable.Range(0, 1000).Count(number => IsAffected(number, toxicity: 0.3));

        Assert.InRange(affected, 250, 350);
        for (var number = 0; number < 1000; number++)
        {
            Assert.Equal(IsAffected(number, 0.3), IsAffected(number, 0.3));
            Assert.True(IsAffected(number, 0.6) || !IsAffected(number, 0.3), "a higher toxicity still affects those it did");
            Assert.False(IsAffected(number, 0));
            Assert.True(IsAffected(number, 1));
        }
    }

    [Fact]
    public void Every_connection_direction_proxy_and_seed_has_its_own_sequence()
    {
        var seeds = new HashSet<ulong>();
        foreach (var seed in new long[] { 0, 1, -1, long.MaxValue })
        {
            foreach (var proxy in new[] { "a", "b", "ä", "" })
            {
                for (var connection = 0; connection < 100; connection++)
                {
                    Assert.True(seeds.Add(SeededRandom.LinkSeed(seed, proxy, connection, ToxicStream.Upstream)));
                    Assert.True(seeds.Add(SeededRandom.LinkSeed(seed, proxy, connection, ToxicStream.Downstream)));
                }
            }
        }

        // Pinned: a later version must draw the same numbers from the same seed.
        Assert.Equal(PinnedLinkSeed, SeededRandom.LinkSeed(42, "link", 7, ToxicStream.Downstream));
    }

    [Fact]
    public void Held_bytes_are_counted_until_the_chunk_is_returned()
    {
        var pipeline = Create(Latency("a", 20), Latency("b", 20));
        Put(pipeline, new string('x', 900), atNs: 0);
        Assert.InRange(_account.HeldBytes, 900, 1100);
        Assert.True(_account.IsFull);

        pipeline.Advance(20 * Ms);
        pipeline.Discard();
        Assert.Equal(0, _account.HeldBytes);
        Assert.False(_account.IsFull);
    }

    [Fact]
    public void Full_shared_account_stops_only_those_who_hold_something()
    {
        var shared = new BufferAccount(limitBytes: 100);
        var busy = new BufferAccount(1000, shared);
        var idle = new BufferAccount(1000, shared);
        busy.Take(100);

        Assert.True(busy.IsFull);
        Assert.False(idle.IsFull);
        busy.Give(1);
        Assert.False(busy.IsFull);
    }

    private const ulong Seed = 12345;

    private const ulong PinnedLinkSeed = 0xC4D9308D8807449D;

    private static ToxicEntry Latency(string name, long latencyMs, long jitterMs = 0, double toxicity = 1) => new(
        name, "latency", ToxicStream.Downstream, toxicity, new LatencyToxic { LatencyMs = latencyMs, JitterMs = jitterMs });

    private static ToxicPipeline Create(params ToxicEntry[] toxics)
    {
        var pipeline = new ToxicPipeline(Seed);
        pipeline.Apply(toxics, nowNs: 0);
        return pipeline;
    }

    private void Put(ToxicPipeline pipeline, string text, long atNs) =>
        pipeline.Accept(Chunk.Copy(Encoding.ASCII.GetBytes(text), _account), atNs);

    private static string Taken(ToxicPipeline pipeline)
    {
        var text = new StringBuilder();
        while (pipeline.TryTake(out var chunk))
        {
            text.Append(Encoding.ASCII.GetString(chunk.Data.Span));
            chunk.Return();
        }

        return text.ToString();
    }

    /// <summary>Delays of chunks that are so far apart that none waits for the one before it.</summary>
    private List<double> DelaysMs(ToxicEntry toxic, int chunks)
    {
        var pipeline = Create(toxic);
        var delaysMs = new List<double>();
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var nowNs = chunk * 1_000_000 * Ms;
            Put(pipeline, "x", nowNs);
            var dueNs = pipeline.Advance(nowNs);
            delaysMs.Add(dueNs == long.MaxValue ? 0 : (dueNs - nowNs) / (double)Ms);
            pipeline.Advance(dueNs);
            Assert.Equal("x", Taken(pipeline));
        }

        return delaysMs;
    }

    private static bool IsAffected(int connection, double toxicity)
    {
        var pipeline = new ToxicPipeline(SeededRandom.LinkSeed(1, "link", connection, ToxicStream.Upstream));
        pipeline.Apply([Latency("a", 1, toxicity: toxicity)], nowNs: 0);
        return !pipeline.IsIdle;
    }
}
