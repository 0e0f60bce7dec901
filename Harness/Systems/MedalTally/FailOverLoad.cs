using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Threading;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>Clients in a closed loop; when half of an iteration's requests are done the front-end with the most clients is killed.</summary>
internal sealed class FailOverLoad(TallyPopulation population, IReadOnlyList<TallyLoadClient> clients) : TallyLoad(population, clients)
{
    private static readonly TimeSpan ComeBackPatience = TimeSpan.FromSeconds(30);

    public override async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken)
    {
        await SpreadAsync(cancellationToken);
        var victim = Clients.GroupBy(client => client.Client.FrontEnd).MaxBy(same => same.Count())?.Key
            ?? throw new LabControlException("no client has a front-end");
        var loop = new TimedClosedLoop(Clients);
        var kill = KillAsync(loop.Halfway, victim, cancellationToken);
        var outcome = await loop.RunAsync(operationsPerClient, cancellationToken);
        var (killedUs, orphans) = await kill;

        // Of those who were served by it: whoever had an answer on its way when it was killed has been answered by it.
        var served = orphans.Select(orphan => loop.Done.Where(done => done.Client == orphan && done.EndNs / 1000 > killedUs).Select(done => (double)done.EndNs / 1000)
            .DefaultIfEmpty(double.NaN).Min() - killedUs).Where(double.IsFinite).ToList();
        List<TimedEvent> events = [new(MedalTallyModule.Killed, 0)];
        if (served.Count > 0)
        {
            events.AddRange([new(MedalTallyModule.FirstServed, served.Min()), new(MedalTallyModule.AllServed, served.Max())]);
        }

        return outcome with
        {
            Metrics =
            [
                new HistogramSample(MedalTallyModule.Interruption, LatencyHistogram.Of(served.Select(us => (long)(us * 1000)))),
                new SeriesSample(MedalTallyModule.LossCourse, new Disturbance(
                    [.. loop.Done.Select(done => new TimedOperation((done.EndNs / 1000.0) - killedUs, done.DurationNs / 1000.0))], events)),
            ],
        };
    }

    /// <summary>The one that was killed in the iteration before is there again, and has its share of the clients.</summary>
    private async Task SpreadAsync(CancellationToken cancellationToken)
    {
        for (var deadline = DateTime.UtcNow + ComeBackPatience; (await Population.FrontEndsAsync(cancellationToken)).Exists(frontEnd => frontEnd.Pid == 0);)
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new LabControlException($"a front-end that was killed did not come back within {ComeBackPatience.TotalSeconds:0} s");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }

        foreach (var client in Clients)
        {
            client.Client.Forget();
            await client.ReadyAsync(cancellationToken);
        }
    }

    private async Task<(double KilledUs, IReadOnlyList<int> Orphans)> KillAsync(Task halfway, int victim, CancellationToken cancellationToken)
    {
        await halfway.WaitAsync(cancellationToken);
        var orphans = Clients.Where(client => client.Client.FrontEnd == victim).Select(client => client.Index).ToList();
        var askedUs = MonotonicClock.NowUs;
        await Population.KillAsync(victim, cancellationToken);
        return (askedUs, orphans);
    }
}
