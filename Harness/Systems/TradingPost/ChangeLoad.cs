using Lab.Harness.Load;
using Lab.Harness.Running;
using Lab.Threading;
using Lab.TradingPost.Supervision;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>Buyers in a closed loop; when half of an iteration's purchases are done the trader is killed.</summary>
internal sealed class ChangeLoad(MarketPopulation population, IReadOnlyList<MarketBuyer> buyers) : MarketLoad(population, buyers)
{
    public override async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken)
    {
        var loop = new TimedClosedLoop(Buyers);
        var change = ChangeAsync(loop.Halfway, cancellationToken);
        var outcome = await loop.RunAsync(operationsPerClient, cancellationToken);
        var (times, clockUs) = await change;
        return outcome with
        {
            Metrics = [new SeriesSample(TradingPostModule.ChangeCourse, new Disturbance(
                [.. loop.Done.Select(purchase => new TimedOperation((purchase.EndNs / 1000.0) - clockUs - times.BeganUs, purchase.DurationNs / 1000.0))],
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
}
