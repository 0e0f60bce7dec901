namespace Lab.Harness.Load;

/// <summary>An operation that took long.</summary>
/// <param name="RequestId">The request's; 0 where the system's requests have none.</param>
/// <param name="StartedTimestamp">As <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> gives it.</param>
/// <param name="LatencyNs">From sending to the checked answer, in nanoseconds.</param>
public readonly record struct SlowOperation(long RequestId, long StartedTimestamp, long LatencyNs);

/// <summary>The slowest of many operations.</summary>
public sealed class SlowestOperations
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 10;

    private readonly List<SlowOperation> _slowest = new(Kept + 1);

    /// <summary>Slowest first.</summary>
    public IReadOnlyList<SlowOperation> Slowest => _slowest;

    public void Add(SlowOperation operation)
    {
        if (_slowest.Count == Kept && operation.LatencyNs <= _slowest[^1].LatencyNs)
        {
            return;
        }

        var place = _slowest.FindIndex(other => other.LatencyNs < operation.LatencyNs);
        _slowest.Insert(place < 0 ? _slowest.Count : place, operation);
        if (_slowest.Count > Kept)
        {
            _slowest.RemoveAt(Kept);
        }
    }
}
