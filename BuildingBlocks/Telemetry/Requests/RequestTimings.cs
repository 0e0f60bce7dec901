using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Lab.Telemetry.Requests;

/// <summary>
/// When the stages of a request began and how long they took: 100-nanosecond ticks after its start. Without references but
/// one, so that keeping a hundred thousand of them costs 15 MB and no work of the collector.
/// </summary>
public struct RequestTimings
{
    /// <summary>Further stages are not recorded: a request with many statements has more.</summary>
    public const int MaxStages = 8;

    private StageTimes _stages;
    private int _count;
    private uint _durationTicks;

    /// <summary>Chosen by the client, unique among the requests of a run; 0 until it is known.</summary>
    public long Id { get; internal set; }

    public string? Operation { get; internal set; }

    /// <summary>Why it was refused; null when it was not.</summary>
    public string? Error { get; internal set; }

    /// <summary>As <see cref="Stopwatch.GetTimestamp"/> gives it.</summary>
    public long StartedTimestamp { get; internal set; }

    /// <summary>From the frame's arrival to its reply's leaving.</summary>
    public readonly TimeSpan Duration => TimeSpan.FromTicks(_durationTicks);

    /// <summary>Recorded stages, in the order in which they ended.</summary>
    public readonly int StageCount => Math.Min(Volatile.Read(in _count), MaxStages);

    public readonly StageTime Stage(int index) => _stages[index];

    /// <summary>A stage in the request's own time.</summary>
    internal readonly StageTime Measure(RequestStage stage, long startedTimestamp, long endedTimestamp, int sharedBy) =>
        new(stage, (ushort)Math.Min(sharedBy, ushort.MaxValue), Ticks(StartedTimestamp, startedTimestamp), Ticks(startedTimestamp, endedTimestamp));

    /// <summary>Safe from several threads: a session is checked while the database reads.</summary>
    /// <returns>Its index; <see cref="MaxStages"/> or more when there was no room.</returns>
    internal int Add(StageTime stage)
    {
        var index = Interlocked.Increment(ref _count) - 1;
        if (index < MaxStages)
        {
            _stages[index] = stage;
        }

        return index;
    }

    internal void End(long endedTimestamp) => _durationTicks = Ticks(StartedTimestamp, endedTimestamp);

    private static uint Ticks(long from, long to) =>
        (uint)Math.Clamp(Stopwatch.GetElapsedTime(from, to).Ticks, 0, uint.MaxValue);

    [InlineArray(MaxStages)]
    private struct StageTimes
    {
        private StageTime _first;
    }
}

/// <summary>One stage of a request.</summary>
/// <param name="Stage">Which one.</param>
/// <param name="SharedBy">Requests that were served together in it; 1 when it was alone.</param>
/// <param name="StartTicks">100-nanosecond ticks after the request's start.</param>
/// <param name="DurationTicks">100-nanosecond ticks.</param>
public readonly record struct StageTime(RequestStage Stage, ushort SharedBy, uint StartTicks, uint DurationTicks)
{
    public TimeSpan Start => TimeSpan.FromTicks(StartTicks);

    public TimeSpan Duration => TimeSpan.FromTicks(DurationTicks);
}
