using System.Text.Json.Serialization;
using Lab.FaultProxy.Pipeline;
using Lab.FaultProxy.Timing;

namespace Lab.FaultProxy.Toxics;

/// <summary>
/// Delays data by <c>latency</c> +/- <c>jitter</c>. A line, not a gate: reading goes on while data waits, so throughput is
/// limited only by how many bytes may be held. Order is kept, so a chunk never overtakes one with a longer delay. The end
/// of the stream follows the last data at once.
/// </summary>
internal sealed record LatencyToxic : ToxicSettings
{
    [JsonPropertyName("latency")]
    public long LatencyMs { get; init; }

    /// <summary>Half width of the range from which each chunk's delay is drawn, uniformly; no delay is below zero.</summary>
    [JsonPropertyName("jitter")]
    public long JitterMs { get; init; }

    public override string? FindProblem() => CheckRange("latency", LatencyMs, MaxMs) ?? CheckRange("jitter", JitterMs, MaxMs);

    public override IToxicStage CreateStage(SeededRandom random) => new Stage(this, random);

    private sealed class Stage(LatencyToxic toxic, SeededRandom random) : IToxicStage
    {
        private readonly Queue<Held> _held = new();
        private LatencyToxic _toxic = toxic;
        private long _lastDueNs = long.MinValue;

        public void Accept(Chunk chunk, long nowNs)
        {
            var swing = chunk.Kind == ChunkKind.Data ? (2 * random.NextUnit()) - 1 : 0;
            _held.Enqueue(new Held(chunk, nowNs, swing));
        }

        public long Release(long nowNs, IChunkSink next)
        {
            while (_held.TryPeek(out var held))
            {
                var dueNs = Math.Max(_lastDueNs, DueNs(held));
                if (dueNs > nowNs)
                {
                    return dueNs;
                }

                _held.Dequeue();
                _lastDueNs = dueNs;
                next.Accept(held.Chunk, dueNs);
            }

            return long.MaxValue;
        }

        /// <summary>Due times are computed late, so a change counts at once for what is held.</summary>
        public void Update(ToxicSettings settings) => _toxic = (LatencyToxic)settings;

        public void Flush(long nowNs, IChunkSink next)
        {
            while (_held.TryDequeue(out var held))
            {
                next.Accept(held.Chunk, nowNs);
            }
        }

        public void Discard()
        {
            while (_held.TryDequeue(out var held))
            {
                held.Chunk.Return();
            }
        }

        private long DueNs(Held held)
        {
            if (held.Chunk.Kind != ChunkKind.Data)
            {
                return held.EnteredNs;
            }

            var delayMs = Math.Max(0, _toxic.LatencyMs + (held.Swing * _toxic.JitterMs));
            return held.EnteredNs + (long)(delayMs * MonotonicClock.NsPerMs);
        }

        /// <param name="Chunk">What waits.</param>
        /// <param name="EnteredNs">Since when.</param>
        /// <param name="Swing">Its share of the jitter, -1 to 1.</param>
        private readonly record struct Held(Chunk Chunk, long EnteredNs, double Swing);
    }
}
