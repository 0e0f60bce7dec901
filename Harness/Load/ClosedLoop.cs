using System.Diagnostics;
using Lab.Harness.Measurement;

namespace Lab.Harness.Load;

/// <summary>What a number of clients did in one iteration.</summary>
/// <param name="Latency">Of all answered operations.</param>
/// <param name="Errors">By kind.</param>
/// <param name="DurationS">From the common start to the last answer.</param>
public sealed record LoadOutcome(LatencyHistogram Latency, IReadOnlyDictionary<string, long> Errors, double DurationS)
{
    public double ThroughputOps => DurationS > 0 ? Latency.Count / DurationS : 0;
}

/// <summary>
/// Closed loop, as the reports measured: every client waits for an answer before it asks again, so the load adapts to
/// the system. All clients start together behind a barrier.
/// </summary>
public static class ClosedLoop
{
    /// <summary>A fixed number of operations per client.</summary>
    public static Task<LoadOutcome> RunAsync(
        IReadOnlyList<LoadClient> clients, int operationsPerClient, CancellationToken cancellationToken) =>
        RunAsync(clients, done => done < operationsPerClient, cancellationToken);

    /// <summary>As many operations as fit into a time.</summary>
    public static Task<LoadOutcome> RunForAsync(
        IReadOnlyList<LoadClient> clients, TimeSpan duration, CancellationToken cancellationToken)
    {
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return RunAsync(clients, _ => Stopwatch.GetTimestamp() < end, cancellationToken);
    }

    private static async Task<LoadOutcome> RunAsync(
        IReadOnlyList<LoadClient> clients, Func<int, bool> goesOn, CancellationToken cancellationToken)
    {
        await Task.WhenAll(clients.Select(client => client.ReadyAsync(cancellationToken).AsTask()));
        var barrier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sessions = clients.Select(client => new Session(client)).ToList();
        var running = sessions.ConvertAll(session => session.StartAsync(barrier.Task, goesOn, cancellationToken));
        var begun = Stopwatch.GetTimestamp();
        barrier.SetResult();
        await Task.WhenAll(running);
        var durationS = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        cancellationToken.ThrowIfCancellationRequested();

        var latency = new LatencyHistogram();
        var errors = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var session in sessions)
        {
            session.LatenciesNs.ForEach(latency.Record);
            foreach (var (kind, count) in session.Errors)
            {
                errors[kind] = errors.GetValueOrDefault(kind) + count;
            }
        }

        return new LoadOutcome(latency, errors, durationS);
    }

    /// <summary>One client's share of an iteration; touched by nobody else until it ends.</summary>
    private sealed class Session(LoadClient client)
    {
        /// <summary>Kept one by one until the end: a histogram for each of thousands of clients would take gigabytes.</summary>
        public List<long> LatenciesNs { get; } = [];

        public Dictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

        public Task StartAsync(Task barrier, Func<int, bool> goesOn, CancellationToken cancellationToken) => client.Blocks
            ? Task.Factory.StartNew(
                () =>
                {
                    barrier.Wait(cancellationToken);
                    RunAsync(goesOn, cancellationToken).GetAwaiter().GetResult();
                },
                cancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)
            : Task.Run(
                async () =>
                {
                    await barrier;
                    await RunAsync(goesOn, cancellationToken);
                },
                cancellationToken);

        private async Task RunAsync(Func<int, bool> goesOn, CancellationToken cancellationToken)
        {
            for (var done = 0; goesOn(done) && !cancellationToken.IsCancellationRequested; done++)
            {
                var begun = Stopwatch.GetTimestamp();
                try
                {
                    await client.OperateAsync(cancellationToken);
                    LatenciesNs.Add((long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // Counted, not thrown: a cell with errors is reported with its errors.
                    var kind = ErrorKinds.Of(exception);
                    Errors[kind] = Errors.GetValueOrDefault(kind) + 1;
                }
            }
        }
    }
}
