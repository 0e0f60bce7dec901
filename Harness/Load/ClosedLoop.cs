using System.Diagnostics;
using Lab.Harness.Measurement;

namespace Lab.Harness.Load;

/// <summary>
/// Closed loop, as the reports measured: every client waits for an answer before it asks again, so the load adapts to
/// the system. All clients start together behind a barrier. They stay connected from one iteration to the next; one that
/// loses its connection connects again. Whatever was to be done is counted: answers and errors add up to it.
/// </summary>
/// <param name="clients">Who asks.</param>
/// <param name="longestWithoutAnswer">After so long without an answer a client does not send what is left; null: 10 s.</param>
public sealed class ClosedLoop(IReadOnlyList<LoadClient> clients, TimeSpan? longestWithoutAnswer = null) : ILoad
{
    private readonly TimeSpan _longestWithoutAnswer = longestWithoutAnswer ?? TimeSpan.FromSeconds(10);

    public Task ReadyAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(clients.Select(client => client.ReadyAsync(cancellationToken).AsTask()));

    public Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken) =>
        RunAsync(operationsPerClient, long.MaxValue, cancellationToken);

    public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken) =>
        RunAsync(null, Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency), cancellationToken);

    private async Task<LoadOutcome> RunAsync(int? operations, long endTimestamp, CancellationToken cancellationToken)
    {
        var barrier = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sessions = clients.Select(client => new ClientSession(client, operations, endTimestamp, _longestWithoutAnswer)).ToList();
        var running = sessions.ConvertAll(session => session.StartAsync(barrier.Task, cancellationToken));
        var begun = Stopwatch.GetTimestamp();
        barrier.SetResult();
        await Task.WhenAll(running);
        var durationS = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        cancellationToken.ThrowIfCancellationRequested();

        var slowest = new SlowestOperations();
        sessions.SelectMany(session => session.Slowest.Slowest).ToList().ForEach(slowest.Add);
        return new LoadOutcome(
            LatencyHistogram.Of(sessions.SelectMany(session => session.LatenciesNs)),
            ErrorKinds.Sum(sessions.Select(session => session.Errors)),
            durationS)
        {
            Slowest = slowest.Slowest,
            ErrorLatency = LatencyHistogram.OfAny([.. sessions.SelectMany(session => session.FailedNs)]),
        };
    }
}

/// <summary>One client's share of an iteration; touched by nobody else until it ends.</summary>
/// <param name="client">Who.</param>
/// <param name="operations">How many; null: as many as fit into the time.</param>
/// <param name="endTimestamp">No operation begins later.</param>
/// <param name="longestWithoutAnswer">After so long without an answer what is left of a number is not sent: the iteration is lost anyway.</param>
internal sealed class ClientSession(LoadClient client, int? operations, long endTimestamp, TimeSpan longestWithoutAnswer)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private volatile bool _isStopped;
    private long _failingSince;
    private TimeSpan _pause = FirstPause;

    /// <summary>Kept one by one until the end: a histogram for each of thousands of clients would take gigabytes.</summary>
    public List<long> LatenciesNs { get; } = [];

    /// <summary>How long operations were waited for that then failed.</summary>
    public List<long> FailedNs { get; } = [];

    public SlowestOperations Slowest { get; } = new();

    public Dictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    public Task StartAsync(Task barrier, CancellationToken cancellationToken) => client.Blocks
        ? Task.Factory.StartNew(
            () =>
            {
                barrier.Wait(cancellationToken);
                RunAsync(cancellationToken).GetAwaiter().GetResult();
            },
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)
        : Task.Run(
            async () =>
            {
                await barrier;
                await RunAsync(cancellationToken);
            },
            cancellationToken);

    /// <summary>Nothing more is begun; what is under way is finished.</summary>
    public void Stop() => _isStopped = true;

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var done = 0; !_isStopped && !cancellationToken.IsCancellationRequested && (operations is not { } all || done < all); done++)
        {
            var begun = Stopwatch.GetTimestamp();
            if (begun >= endTimestamp)
            {
                return;
            }

            if (operations is { } wanted && _failingSince != 0 && Stopwatch.GetElapsedTime(_failingSince, begun) > longestWithoutAnswer)
            {
                Errors[ErrorKinds.NotSent] = wanted - done;
                return;
            }

            try
            {
                await client.OperateAsync(cancellationToken);
                var latencyNs = (long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds;
                LatenciesNs.Add(latencyNs);
                Slowest.Add(new SlowOperation(client.LastRequestId, begun, latencyNs));
                (_failingSince, _pause) = (0, FirstPause);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Counted, not thrown: a cell with errors is reported with its errors.
                FailedNs.Add((long)Stopwatch.GetElapsedTime(begun).TotalNanoseconds);
                _failingSince = _failingSince == 0 ? begun : _failingSince;
                if (ErrorKinds.Count(Errors, exception) is ErrorKinds.ConnectionLost or ErrorKinds.ConnectFailed or ErrorKinds.DatabaseError)
                {
                    await ReconnectAsync(cancellationToken);
                }
            }
        }
    }

    /// <summary>With a growing pause: a server that is being started again must not be asked a million times for nothing.</summary>
    private async ValueTask ReconnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            // A client that blocks stays on its own thread.
            if (client.Blocks)
            {
                cancellationToken.WaitHandle.WaitOne(_pause);
                client.ReadyAsync(cancellationToken).AsTask().GetAwaiter().GetResult();
            }
            else
            {
                await Task.Delay(_pause, cancellationToken);
                await client.ReadyAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The next operation says so.
        }

        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }
}
