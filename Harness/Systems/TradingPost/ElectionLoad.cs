using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>
/// One operation is a change of traders: the trader is killed or stopped while buyers go on buying, and timed is what passes
/// until another one has sold. Before the next one the lost peer comes back and trades again.
/// </summary>
internal sealed class ElectionLoad(MarketPopulation population, IReadOnlyList<MarketBuyer> buyers, bool isKilled)
    : MarketLoad(population, buyers)
{
    /// <summary>Error kind of a change in which nobody sold again in time.</summary>
    private const string NoNewTrader = "no_new_trader";

    /// <summary>So many changes are made before the first measured one: what all peers do for the first time is not what it costs.</summary>
    private const int Rehearsals = 1;

    private bool _isRehearsed;

    public override async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken)
    {
        var changes = new List<ElectionTimes?>();
        await using var buying = Buying.Start(Buyers, cancellationToken);
        for (var rehearsal = 0; rehearsal < Rehearsals && !_isRehearsed; rehearsal++)
        {
            await ChangeAsync(cancellationToken);
        }

        _isRehearsed = true;
        for (var done = 0; done < operationsPerClient; done++)
        {
            changes.Add(await ChangeAsync(cancellationToken));
        }

        await buying.StopAsync();
        return ToOutcome(changes, buying.Errors, [.. buying.FailedNs], Population.Options.ElectionPatience);
    }

    /// <param name="changes">Null: nobody sold again in time.</param>
    /// <param name="errors">Of those who went on buying.</param>
    /// <param name="failedNs">How long they waited for what failed.</param>
    /// <param name="patience">How long a change was waited for.</param>
    internal static LoadOutcome ToOutcome(
        IReadOnlyList<ElectionTimes?> changes, IReadOnlyDictionary<string, long> errors, IReadOnlyList<long> failedNs, TimeSpan patience)
    {
        var made = changes.OfType<ElectionTimes>().ToList();
        var failed = changes.Count - made.Count;
        return new LoadOutcome(
            LatencyHistogram.Of(made.Select(change => change.DurationUs * 1000)),
            failed == 0 ? errors : ErrorKinds.Sum([errors, new Dictionary<string, long>(StringComparer.Ordinal) { [NoNewTrader] = failed }]),
            // What lies between the changes is not the system's time.
            made.Sum(change => change.DurationUs) / 1e6)
        {
            ErrorLatency = LatencyHistogram.OfAny([.. failedNs, .. Enumerable.Repeat((long)patience.TotalNanoseconds, failed)]),
            Metrics = [new PhasesSample(TradingPostModule.ChangePhases, [.. made.SelectMany(change => change.Phases)])],
        };
    }

    /// <returns>Null: nobody sold in time.</returns>
    private async Task<ElectionTimes?> ChangeAsync(CancellationToken cancellationToken)
    {
        var (market, trader) = (Population.Market, Population.Highest);
        var before = await Population.SettleAsync(cancellationToken);
        if (!isKilled)
        {
            await Task.Delay(Population.Options.StopPause, cancellationToken);
            before = await Population.SettleAsync(cancellationToken);
        }

        var watch = new MarketWatch(market, before.LastEvent);
        await (isKilled ? market.KillAsync(trader, cancellationToken) : market.PauseAsync(trader, cancellationToken));
        var times = await watch.UntilAsync(
            events => ElectionTimes.AfterLoss(events, trader, isKilled ? ProcessEvents.Killed : ProcessEvents.Paused, before.Term),
            Population.Options.ElectionPatience,
            cancellationToken);
        await RestoreAsync(watch, Math.Max(before.Term, times?.Term ?? 0), cancellationToken);
        return times;
    }

    /// <summary>The lost one comes back and sells: only then is everything as it was.</summary>
    private async Task RestoreAsync(MarketWatch watch, long term, CancellationToken cancellationToken)
    {
        var (market, trader) = (Population.Market, Population.Highest);
        if (!isKilled)
        {
            await market.ResumeAsync(trader, cancellationToken);
            if (await SellsAsync(watch, term, Population.Options.ResumePatience, cancellationToken))
            {
                return;
            }
        }

        // A peer that starts stands in an election.
        await market.RestartAsync(trader, cancellationToken);
        if (!await SellsAsync(watch, term, Population.Options.StartPatience, cancellationToken))
        {
            throw new LabControlException(
                $"peer {trader} did not trade again within {Population.Options.StartPatience.TotalSeconds:0} s after it was started again");
        }
    }

    private async Task<bool> SellsAsync(MarketWatch watch, long term, TimeSpan patience, CancellationToken cancellationToken) =>
        await watch.UntilAsync(
            events => events.FirstOrDefault(happened =>
                happened.Peer == Population.Highest && happened.What is { Kind: PeerEventKind.FirstSale } what && what.Term > term),
            patience,
            cancellationToken) is not null;

    /// <summary>Buyers who go on until they are stopped.</summary>
    private sealed class Buying : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop;
        private readonly List<ClientSession> _sessions;
        private readonly Task _running;

        private Buying(IReadOnlyList<MarketBuyer> buyers, CancellationToken cancellationToken)
        {
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _sessions = [.. buyers.Select(buyer => new ClientSession(buyer, operations: null, long.MaxValue, Timeout.InfiniteTimeSpan))];
            _running = Task.WhenAll(_sessions.Select(session => session.StartAsync(Task.CompletedTask, _stop.Token)));
        }

        /// <summary>By kind; once stopped.</summary>
        public IReadOnlyDictionary<string, long> Errors => ErrorKinds.Sum(_sessions.Select(session => session.Errors));

        /// <summary>How long purchases were waited for that then failed; once stopped.</summary>
        public IEnumerable<long> FailedNs => _sessions.SelectMany(session => session.FailedNs);

        public static Buying Start(IReadOnlyList<MarketBuyer> buyers, CancellationToken cancellationToken) => new(buyers, cancellationToken);

        /// <summary>Every purchase that has begun is finished: cut off, nobody would know whether it was done.</summary>
        public Task StopAsync()
        {
            _sessions.ForEach(session => session.Stop());
            return _running;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }
    }
}
