using System.Diagnostics;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Threading;
using Lab.TradingPost.Supervision;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>Buyers in a closed loop; when half of an iteration's purchases are done the trader is killed.</summary>
internal sealed class ChangeLoad(MarketPopulation population, IReadOnlyList<MarketBuyer> buyers) : MarketLoad(population, buyers)
{
    public override async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken)
    {
        var purchases = new Purchases(Buyers.Count * operationsPerClient / 2);
        var begun = Stopwatch.GetTimestamp();
        var sessions = Buyers.Select(buyer => Task.Run(() => purchases.BuyAsync(buyer, operationsPerClient, cancellationToken), cancellationToken)).ToList();
        var change = ChangeAsync(purchases.Halfway, cancellationToken);
        await Task.WhenAll(sessions);
        var durationS = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var (times, clockUs) = await change;

        return new LoadOutcome(LatencyHistogram.Of(purchases.Done.Select(purchase => purchase.DurationNs)), purchases.Errors, durationS)
        {
            ErrorLatency = LatencyHistogram.OfAny(purchases.FailedNs),
            Metrics = [new SeriesSample(TradingPostModule.ChangeCourse, new Disturbance(
                [.. purchases.Done.Select(purchase => new TimedOperation((purchase.EndNs / 1000.0) - clockUs - times.BeganUs, purchase.DurationNs / 1000.0))],
                times.Moments))],
        };
    }

    /// <summary>
    /// What to subtract from a time of this process to have one of the events' clock: 0 on one machine, whose processes share
    /// CLOCK_MONOTONIC. Where the supervisor runs elsewhere, the kill lies in the middle of the call that asked for it.
    /// </summary>
    internal static double ClockDifferenceUs(double beforeUs, double afterUs, long killedUs) =>
        killedUs >= beforeUs && killedUs <= afterUs ? 0 : ((beforeUs + afterUs) / 2) - killedUs;

    private async Task<(ElectionTimes Times, double ClockUs)> ChangeAsync(Task halfway, CancellationToken cancellationToken)
    {
        var market = Population.Market;
        await halfway.WaitAsync(cancellationToken);

        // Whoever trades by now: on a busy machine another one may do so for a moment.
        var (before, trader) = await Population.TraderAsync(cancellationToken);
        var watch = new MarketWatch(market, before.LastEvent);
        var askedUs = MonotonicClock.NowUs;
        await market.KillAsync(trader, cancellationToken);
        var answeredUs = MonotonicClock.NowUs;
        var times = await watch.UntilAsync(
            events => ElectionTimes.AfterLoss(events, trader, ProcessEvents.Killed, before.Term), Population.Options.ElectionPatience, cancellationToken)
            ?? throw new LabControlException($"nobody sold within {Population.Options.ElectionPatience.TotalSeconds:0} s after the trader was killed");
        return (times, ClockDifferenceUs(askedUs, answeredUs, times.BeganUs));
    }

    /// <summary>The purchases of one iteration.</summary>
    private sealed class Purchases(int half)
    {
        private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

        private readonly TaskCompletionSource _halfway = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _gate = new();
        private readonly List<(long EndNs, long DurationNs)> _done = [];
        private readonly List<long> _failedNs = [];
        private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
        private int _ended;

        /// <summary>Completes when half of them have ended.</summary>
        public Task Halfway => _halfway.Task;

        /// <summary>Once all buyers have ended.</summary>
        public IReadOnlyList<(long EndNs, long DurationNs)> Done => _done;

        /// <summary>How long purchases were waited for that then failed; once all buyers have ended.</summary>
        public IReadOnlyList<long> FailedNs => _failedNs;

        /// <inheritdoc cref="Done"/>
        public IReadOnlyDictionary<string, long> Errors => _errors;

        public async Task BuyAsync(MarketBuyer buyer, int count, CancellationToken cancellationToken)
        {
            var (own, failed, errors) = (new List<(long, long)>(count), new List<long>(), new Dictionary<string, long>(StringComparer.Ordinal));
            for (var number = 0; number < count; number++)
            {
                var begun = Stopwatch.GetTimestamp();
                try
                {
                    await buyer.OperateAsync(cancellationToken);
                    var ended = Stopwatch.GetTimestamp();
                    own.Add(((long)(ended * NsPerTick), (long)((ended - begun) * NsPerTick)));
                }
                catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                {
                    failed.Add((long)((Stopwatch.GetTimestamp() - begun) * NsPerTick));
                    ErrorKinds.Count(errors, exception);
                }

                if (Interlocked.Increment(ref _ended) >= half)
                {
                    _halfway.TrySetResult();
                }
            }

            lock (_gate)
            {
                _done.AddRange(own);
                _failedNs.AddRange(failed);
                ErrorKinds.Add(_errors, errors);
            }
        }
    }
}
