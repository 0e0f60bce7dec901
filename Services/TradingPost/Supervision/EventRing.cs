using Lab.TradingPost.Peers;

namespace Lab.TradingPost.Supervision;

/// <summary>The last events of a market, with numbers; whoever wants later ones can wait for them.</summary>
/// <param name="before">Numbers up to this one are taken.</param>
internal sealed class EventRing(long before = 0)
{
    /// <summary>With 160 bytes each 2.6 MB, and as much again while somebody reads all of them.</summary>
    public const int Capacity = 16_384;

    private readonly Lock _gate = new();
    private readonly Queue<MarketEvent> _events = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last = before;

    /// <summary>Number of the last event.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    public MarketEvent Add(long atUs, int? peer, PeerEvent? what, string? done = null, int? exitCode = null)
    {
        TaskCompletionSource more;
        MarketEvent added;
        lock (_gate)
        {
            added = new MarketEvent(++_last, atUs, peer, what, done, exitCode);
            if (_events.Count == Capacity)
            {
                _events.Dequeue();
            }

            _events.Enqueue(added);
            (more, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        more.SetResult();
        return added;
    }

    /// <summary>Events with higher numbers that are still known.</summary>
    /// <param name="number">That of the last event that the caller has.</param>
    /// <param name="wait">When there is none: how long to wait for one.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<IReadOnlyList<MarketEvent>> AfterAsync(long number, TimeSpan wait, CancellationToken cancellationToken)
    {
        Task more;
        lock (_gate)
        {
            if (number < _last || wait <= TimeSpan.Zero)
            {
                return After(number);
            }

            more = _more.Task;
        }

        await more.WaitAsync(wait, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return After(number);
        }
    }

    private List<MarketEvent> After(long number) =>
        [.. _events.Skip((int)Math.Clamp(number - (_last - _events.Count), 0, _events.Count))];
}
