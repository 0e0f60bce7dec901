using System.Diagnostics;
using Lab.Harness.Measurement;

namespace Lab.Harness.Load;

/// <summary>
/// Closed loop, as the reports measured: every client waits for an answer before it asks again, so the load adapts to
/// the system. All clients start together behind a barrier. They stay connected from one iteration to the next.
/// </summary>
public sealed class ClosedLoop(IReadOnlyList<LoadClient> clients) : ILoad
{
    public Task ReadyAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(clients.Select(client => client.ReadyAsync(cancellationToken).AsTask()));

    public Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken) =>
        RunAsync(done => done < operationsPerClient, cancellationToken);

    public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return RunAsync(_ => Stopwatch.GetTimestamp() < end, cancellationToken);
    }

    private async Task<LoadOutcome> RunAsync(Func<int, bool> goesOn, CancellationToken cancellationToken)
    {
        var barrier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sessions = clients.Select(client => new Session(client)).ToList();
        var running = sessions.ConvertAll(session => session.StartAsync(barrier.Task, goesOn, cancellationToken));
        var begun = Stopwatch.GetTimestamp();
        barrier.SetResult();
        await Task.WhenAll(running);
        var durationS = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        cancellationToken.ThrowIfCancellationRequested();

        var latency = new LatencyHistogram();
        foreach (var session in sessions)
        {
            session.LatenciesNs.ForEach(latency.Record);
        }

        var slowest = new SlowestOperations();
        sessions.SelectMany(session => session.Slowest.Slowest).ToList().ForEach(slowest.Add);
        return new LoadOutcome(latency, ErrorKinds.Sum(sessions.Select(session => session.Errors)), durationS) { Slowest = slowest.Slowest };
    }

    /// <summary>One client's share of an iteration; touched by nobody else until it ends.</summary>
    private sealed class Session(LoadClient client)
    {
        /// <summary>Kept one by one until the end: a histogram for each of thousands of clients would take gigabytes.</summary>
        public List<long> LatenciesNs { get; } = [];

        public SlowestOperations Slowest { get; } = new();

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
                    var latencyNs = (long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds;
                    LatenciesNs.Add(latencyNs);
                    Slowest.Add(new SlowOperation(client.LastRequestId, begun, latencyNs));
                }
                catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
                {
                    // Counted, not thrown: a cell with errors is reported with its errors.
                    ErrorKinds.Count(Errors, exception);
                }
            }
        }
    }
}
