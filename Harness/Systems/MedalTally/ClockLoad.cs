using System.Diagnostics;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>
/// One operation is a synchronisation from the beginning: a new group whose clocks are wrong by seconds, until a round has corrected all of
/// them. Or, where clocks are held, one look a second at how far they have drifted apart since the latest round.
/// </summary>
internal sealed class ClockLoad(GroupPopulation population, Cell cell) : ILoad
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private bool Holds => cell.Operation == MedalTallyModule.HoldClocks;

    public bool NeedsWarmUp(int iteration) => false;

    public Task ReadyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken)
    {
        var (durations, samples, before) = (new List<long>(), new List<ClockSample>(), new List<double>());
        for (var done = 0; done < operationsPerClient; done++)
        {
            var begun = Stopwatch.GetTimestamp();
            if (Holds && done > 0)
            {
                await Task.Delay(LookEvery, cancellationToken);
            }
            else
            {
                await population.OpenAsync(cell, cancellationToken);
                before.Add(population.Settings.OffsetsUs.Max() - population.Settings.OffsetsUs.Min());
            }

            var states = await population.Group.UntilAsync(
                population.Settings, states => states.All(state => state.Leader == states[0].Leader) && ClockSample.Of(states) is not null, "correct all clocks", cancellationToken);
            durations.Add((long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds);
            var sample = ClockSample.Of(states)!.Value;
            samples.Add(sample);
            population.Note(sample);
        }

        var trace = await population.Group.TraceAsync(population.Settings, cancellationToken);
        return new LoadOutcome(LatencyHistogram.Of(durations), new Dictionary<string, long>(StringComparer.Ordinal), durations.Sum() / 1e9)
        {
            Metrics =
            [
                new ValueSample(MedalTallyModule.SkewBefore, before.Max()),
                new ValueSample(MedalTallyModule.SkewAfter, samples.Max(sample => sample.SkewUs)),
                new ValueSample(MedalTallyModule.SkewBound, samples.Max(sample => sample.BoundUs)),
                .. Holds ? Array.Empty<MetricSample>() : [new TraceSample(MedalTallyModule.Messages, trace)],
            ],
        };
    }

    public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken) => RunAsync(1, cancellationToken);
}
