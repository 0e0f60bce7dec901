using System.Diagnostics;
using Lab.Harness.Measurement;

namespace Lab.Harness.Load;

/// <summary>
/// A closed loop whose operations are kept with their times, for an iteration in the middle of which something is done to the
/// system.
/// </summary>
/// <param name="clients">Who asks.</param>
internal sealed class TimedClosedLoop(IReadOnlyList<LoadClient> clients)
{
    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly TaskCompletionSource _halfway = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<ClientOperation> _done = [];
    private readonly List<long> _failedNs = [];
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private int _left;

    /// <summary>Completes when half of all operations have ended.</summary>
    public Task Halfway => _halfway.Task;

    /// <summary>Answered ones; once it has run.</summary>
    public IReadOnlyList<ClientOperation> Done => _done;

    /// <summary>Runs once.</summary>
    /// <param name="operationsPerClient">Of each client.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken)
    {
        _left = Math.Max(1, clients.Count * operationsPerClient / 2);
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(clients.Select(client => Task.Run(() => OperateAsync(client, operationsPerClient, cancellationToken), cancellationToken)));
        return new LoadOutcome(
            LatencyHistogram.Of(_done.Select(operation => operation.DurationNs)), _errors, Stopwatch.GetElapsedTime(begun).TotalSeconds)
        {
            ErrorLatency = LatencyHistogram.OfAny(_failedNs),
        };
    }

    private async Task OperateAsync(LoadClient client, int count, CancellationToken cancellationToken)
    {
        var (done, failed, errors) = (new List<ClientOperation>(count), new List<long>(), new Dictionary<string, long>(StringComparer.Ordinal));
        for (var number = 0; number < count; number++)
        {
            var begun = Stopwatch.GetTimestamp();
            try
            {
                await client.OperateAsync(cancellationToken);
                var ended = Stopwatch.GetTimestamp();
                done.Add(new ClientOperation(client.Index, (long)(ended * NsPerTick), (long)((ended - begun) * NsPerTick)));
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                failed.Add((long)((Stopwatch.GetTimestamp() - begun) * NsPerTick));
                ErrorKinds.Count(errors, exception);
            }

            if (Interlocked.Decrement(ref _left) == 0)
            {
                _halfway.TrySetResult();
            }
        }

        lock (_gate)
        {
            _done.AddRange(done);
            _failedNs.AddRange(failed);
            ErrorKinds.Add(_errors, errors);
        }
    }
}

/// <summary>An answered operation.</summary>
/// <param name="Client">Whose.</param>
/// <param name="EndNs">When it was answered, by CLOCK_MONOTONIC.</param>
/// <param name="DurationNs">From sending to the checked answer.</param>
internal readonly record struct ClientOperation(int Client, long EndNs, long DurationNs);
