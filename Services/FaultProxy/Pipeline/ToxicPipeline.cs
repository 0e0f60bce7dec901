using Lab.FaultProxy.Toxics;

namespace Lab.FaultProxy.Pipeline;

/// <summary>
/// One direction of one connection between its sockets: the stages of the toxics that affect it, in the order in which
/// they were added, then the chunks that may be sent. Neither sockets, threads nor clocks. Not thread-safe.
/// </summary>
/// <param name="linkSeed">Makes the random choices of this direction; see <see cref="SeededRandom.LinkSeed"/>.</param>
internal sealed class ToxicPipeline(ulong linkSeed) : IChunkSink
{
    private readonly Outbound _outbound = new();
    private List<Slot> _slots = [];

    /// <summary>No toxic affects this direction and nothing waits: data may be forwarded as it comes.</summary>
    public bool IsIdle => _slots.Count == 0 && !HasOutbound;

    public bool HasOutbound => _outbound.Chunks.Count > 0;

    /// <summary>Call <see cref="Advance"/> afterwards.</summary>
    public void Accept(Chunk chunk, long nowNs) => SinkAt(0).Accept(chunk, nowNs);

    /// <summary>Moves what is due to the next stage and in the end to what may be sent.</summary>
    /// <returns>When to call again; <see cref="long.MaxValue"/>: when there is something new.</returns>
    public long Advance(long nowNs)
    {
        var next = long.MaxValue;
        for (var index = 0; index < _slots.Count; index++)
        {
            next = Math.Min(next, _slots[index].Stage.Release(nowNs, SinkAt(index + 1)));
        }

        return next;
    }

    public bool TryTake(out Chunk chunk) => _outbound.Chunks.TryDequeue(out chunk);

    /// <summary>
    /// Changes the stages to these toxics. A stage whose toxic stays keeps what it holds, what a removed one holds goes
    /// on to the stage behind it. Call <see cref="Advance"/> afterwards.
    /// </summary>
    public void Apply(IReadOnlyList<ToxicEntry> toxics, long nowNs)
    {
        var slots = new List<Slot>(toxics.Count);
        foreach (var entry in toxics)
        {
            var random = new SeededRandom(linkSeed, entry.Name);
            if (random.NextUnit() >= entry.Toxicity)
            {
                continue;
            }

            var slot = _slots.Find(slot => slot.Name == entry.Name);
            slot?.Stage.Update(entry.Settings);
            slots.Add(slot ?? new Slot(entry.Name, entry.Settings.CreateStage(random)));
        }

        for (var index = 0; index < _slots.Count; index++)
        {
            if (!slots.Contains(_slots[index]))
            {
                _slots[index].Stage.Flush(nowNs, SinkAt(index + 1));
            }
        }

        _slots = slots;
    }

    public void Discard()
    {
        _slots.ForEach(slot => slot.Stage.Discard());
        while (TryTake(out var chunk))
        {
            chunk.Return();
        }
    }

    private IChunkSink SinkAt(int index) => index < _slots.Count ? _slots[index].Stage : _outbound;

    private sealed record Slot(string Name, IToxicStage Stage);

    private sealed class Outbound : IChunkSink
    {
        public Queue<Chunk> Chunks { get; } = new();

        public void Accept(Chunk chunk, long nowNs) => Chunks.Enqueue(chunk);
    }
}
