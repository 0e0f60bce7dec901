using Lab.Threading;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>Looks at a market all the time: its state, its events, what its peers tell.</summary>
/// <param name="supervisor">Knows processes and events.</param>
/// <param name="client">Knows peers and accounts.</param>
internal sealed class MarketWatch(SupervisorClient supervisor, MarketClient client)
{
    private const int MostEvents = 500;
    private const int MostTradingEvents = 200;
    private const long RateWindowUs = 3_000_000;

    private static readonly TimeSpan StatePause = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan StatusPause = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan EventWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAfterProblem = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly List<MarketEvent> _events = [];

    /// <summary>On their own: they are many, and would push elections out.</summary>
    private readonly List<MarketEvent> _trading = [];
    private readonly Queue<(long AtUs, long Pieces)> _sold = [];
    private MarketOverview _overview = new();
    private long _lastEvent;

    /// <summary>Called with every new event, in their order.</summary>
    public Action<MarketEvent>? OnEvent { get; init; }

    /// <summary>As it is now.</summary>
    public MarketOverview Overview
    {
        get
        {
            lock (_gate)
            {
                // Peers are heard each on its own way: by number the events are not quite in their order.
                return _overview with
                {
                    Events = [.. _events.Concat(_trading).OrderBy(happened => happened.AtUs)],
                    LastElection = ElectionTimes.Last(_events),
                    NowUs = MonotonicClock.NowUs,
                };
            }
        }
    }

    /// <summary>Looks once.</summary>
    /// <exception cref="HttpRequestException">The supervisor does not answer.</exception>
    public async Task<MarketOverview> LookAsync(CancellationToken cancellationToken)
    {
        await LookAtStateAsync(cancellationToken);
        await LookAtPeersAsync(cancellationToken);
        await LookAtEventsAsync(TimeSpan.Zero, cancellationToken);
        return Overview;
    }

    /// <summary>Looks until it is cancelled; a supervisor that does not answer is asked again.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        AgainAsync(LookAtStateAsync, StatePause, cancellationToken),
        AgainAsync(LookAtPeersAsync, StatusPause, cancellationToken),
        AgainAsync(token => LookAtEventsAsync(EventWait, token), TimeSpan.Zero, cancellationToken));

    private async Task AgainAsync(Func<CancellationToken, Task> look, TimeSpan pause, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await look(cancellationToken);
                await Task.Delay(pause, cancellationToken);
            }
            catch (Exception exception) when (exception is HttpRequestException or SupervisorException)
            {
                lock (_gate)
                {
                    _overview = _overview with { Problem = exception.Message };
                }

                await Task.Delay(PauseAfterProblem, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task LookAtStateAsync(CancellationToken cancellationToken)
    {
        var state = await supervisor.StateAsync(cancellationToken);
        lock (_gate)
        {
            if (state?.Number != _overview.State?.Number)
            {
                // Another market: nothing of the one before is true of it.
                _overview = new MarketOverview();
                _lastEvent = 0;
                _events.Clear();
                _trading.Clear();
                _sold.Clear();
            }

            _overview = _overview with { State = state, WhyClosed = supervisor.WhyClosed, Problem = null };
        }
    }

    private async Task LookAtEventsAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        int? market;
        long last;
        lock (_gate)
        {
            market = _overview.State?.Number;
            last = _lastEvent;
        }

        if (market is null)
        {
            await Task.Delay(StatePause, cancellationToken);
            return;
        }

        var events = await supervisor.EventsAsync(last, wait, cancellationToken);
        lock (_gate)
        {
            if (market != _overview.State?.Number || last != _lastEvent || events.Count == 0)
            {
                return;
            }

            _lastEvent = events[^1].Number;
            Keep(_trading, events.Where(EventLines.IsTrading), MostTradingEvents);
            Keep(_events, events.Where(happened => !EventLines.IsTrading(happened)), MostEvents);
        }

        foreach (var happened in events)
        {
            OnEvent?.Invoke(happened);
        }
    }

    private static void Keep(List<MarketEvent> kept, IEnumerable<MarketEvent> more, int most)
    {
        kept.AddRange(more);
        kept.RemoveRange(0, Math.Max(0, kept.Count - most));
    }

    private async Task LookAtPeersAsync(CancellationToken cancellationToken)
    {
        MarketState? market;
        lock (_gate)
        {
            market = _overview.State;
        }

        if (market is null)
        {
            return;
        }

        var running = market.Peers.Where(peer => peer.Process == PeerProcessState.Running).ToList();
        var answers = await Task.WhenAll(running.Select(peer => client.AskAsync(market, peer.Id, cancellationToken)));
        var statuses = running.Zip(answers).Where(asked => asked.Second is not null)
            .ToDictionary(asked => asked.First.Id, asked => asked.Second!);
        var accounts = statuses.Values.Where(status => status.Accounts is not null).MaxBy(status => status.Term)?.Accounts;
        lock (_gate)
        {
            if (market.Number == _overview.State?.Number)
            {
                _overview = _overview with
                {
                    Statuses = statuses,
                    Accounts = accounts ?? _overview.Accounts,
                    SoldPerSecond = accounts is null ? _overview.SoldPerSecond : Rate(accounts),
                };
            }
        }
    }

    private double? Rate(IReadOnlyList<AccountSummary> accounts)
    {
        var nowUs = MonotonicClock.NowUs;
        _sold.Enqueue((nowUs, MarketOverview.Sum(accounts).Bought));
        while (_sold.Count > 2 && nowUs - _sold.Peek().AtUs > RateWindowUs)
        {
            _sold.Dequeue();
        }

        var first = _sold.Peek();
        return _sold.Count < 2 ? null : (_sold.Last().Pieces - first.Pieces) * 1e6 / (nowUs - first.AtUs);
    }
}
