using Lab.TradingPost.Supervision;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>Follows the events of a market from a number on.</summary>
internal sealed class MarketWatch(MarketControl market, long after)
{
    /// <summary>Peers tell of events one by one: what happened at the same time may arrive a little later.</summary>
    private static readonly TimeSpan Straggling = TimeSpan.FromMilliseconds(20);

    private readonly List<MarketEvent> _seen = [];
    private long _last = after;

    /// <summary>Waits for more events, at most for so long.</summary>
    public async Task MoreAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        foreach (var happened in await market.EventsAsync(_last, wait, cancellationToken))
        {
            _seen.Add(happened);
            _last = Math.Max(_last, happened.Number);
        }
    }

    /// <summary>Waits until the events say what is wanted.</summary>
    /// <param name="read">Null while they do not.</param>
    /// <param name="patience">For so long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null: they do not in time.</returns>
    public async Task<T?> UntilAsync<T>(Func<IReadOnlyList<MarketEvent>, T?> read, TimeSpan patience, CancellationToken cancellationToken)
        where T : class
    {
        for (var deadline = DateTime.UtcNow + patience; read(_seen) is null; await MoreAsync(deadline - DateTime.UtcNow, cancellationToken))
        {
            if (DateTime.UtcNow > deadline)
            {
                return null;
            }
        }

        await Task.Delay(Straggling, cancellationToken);
        await MoreAsync(TimeSpan.Zero, cancellationToken);
        return read(_seen);
    }
}
