using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.MedalTally.Group;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>
/// All members order messages of their own at once, each with so many under way: what the group can do, without HTTP before it. Latency
/// is from submission to delivery at the same member.
/// </summary>
internal sealed class OrderingLoad(GroupPopulation population, int window) : ILoad
{
    private const int MessageBytes = 64;
    private const int LongestMs = 60_000;

    private bool _isTraced;

    public Task ReadyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken) =>
        RunAsync(new OrderingOrder((long)operationsPerClient * window, MessageBytes, window, LongestMs), cancellationToken);

    public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken) =>
        RunAsync(new OrderingOrder(100_000_000, MessageBytes, window, (int)duration.TotalMilliseconds), cancellationToken);

    private async Task<LoadOutcome> RunAsync(OrderingOrder order, CancellationToken cancellationToken)
    {
        // Where each member has one message under way, it can be seen how the order comes about.
        var isTraced = window == 1 && !_isTraced && order.LongestMs == LongestMs;
        if (isTraced)
        {
            await population.Group.BeginTraceAsync(population.Settings, cancellationToken);
        }

        var results = await population.Group.OrderAsync(population.Settings, order, cancellationToken);
        return new LoadOutcome(
            LatencyHistogram.Of(results.SelectMany(result => result.LatenciesUs).SelectMany(latency => Enumerable.Repeat(latency.Us * 1000, (int)latency.Count))),
            new Dictionary<string, long>(StringComparer.Ordinal),
            results.Max(result => result.DurationUs) / 1e6)
        {
            Metrics = isTraced ? [await TraceAsync(cancellationToken)] : [],
        };
    }

    private async Task<MetricSample> TraceAsync(CancellationToken cancellationToken)
    {
        _isTraced = true;
        return new TraceSample(MedalTallyModule.Messages, await population.Group.TraceAsync(population.Settings, cancellationToken));
    }
}
