using Lab.FaultProxy.Toxics;

namespace Lab.FaultProxy.Pipeline;

/// <summary>Takes chunks over, in the order of the stream.</summary>
internal interface IChunkSink
{
    /// <param name="chunk">Now the sink's to pass on or to return.</param>
    /// <param name="nowNs">When the chunk came; the time of one that was delayed is the one at which it was due.</param>
    void Accept(Chunk chunk, long nowNs);
}

/// <summary>
/// What one toxic does to one direction of one connection: chunks go in, and come out later, changed or not at all. A
/// stage has no thread and no clock, it is told the time; its link calls it from one thread at a time.
/// </summary>
internal interface IToxicStage : IChunkSink
{
    /// <summary>Passes on what is due.</summary>
    /// <returns>When it wants to be called again; <see cref="long.MaxValue"/>: when there is something new.</returns>
    long Release(long nowNs, IChunkSink next);

    /// <summary>The toxic has new attributes; they count for what is held, too.</summary>
    void Update(ToxicSettings settings);

    /// <summary>The toxic was removed: passes on all that is held.</summary>
    void Flush(long nowNs, IChunkSink next);

    /// <summary>The connection is gone: returns all that is held.</summary>
    void Discard();
}
