namespace Lab.Telemetry.Requests;

/// <summary>
/// The last requests of a server, overwritten in a circle: whoever finds out later that one was slow can still ask where
/// its time went.
/// </summary>
/// <param name="capacity">Requests kept; a power of two.</param>
internal sealed class RecentRequests(int capacity)
{
    private readonly RequestTimings[] _ring = new RequestTimings[capacity];
    private long _written;

    /// <summary>Without a lock: two writers meet in a place only if one falls behind by a whole round.</summary>
    public void Add(in RequestTimings request) =>
        _ring[(Interlocked.Increment(ref _written) - 1) & (capacity - 1)] = request;

    /// <summary>Those that are still kept, each the latest of its id. To be called when the load has ended.</summary>
    public IReadOnlyDictionary<long, RequestTimings> Find(IReadOnlySet<long> ids)
    {
        var found = new Dictionary<long, RequestTimings>();
        var written = Interlocked.Read(ref _written);
        for (var index = Math.Max(0, written - capacity); index < written; index++)
        {
            ref readonly var request = ref _ring[index & (capacity - 1)];
            if (ids.Contains(request.Id))
            {
                found[request.Id] = request;
            }
        }

        return found;
    }
}
