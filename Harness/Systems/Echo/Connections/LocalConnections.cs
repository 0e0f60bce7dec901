using System.Diagnostics;
using System.Net;
using Lab.Harness.Load;
using Lab.Harness.Measurement;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>Connections of this process: as many event loops as processors, each with a thread while there is something to do.</summary>
internal sealed class LocalConnections : IConnectionGroup
{
    private IReadOnlyList<ConnectionLoop> _loops = [];

    public int? ProcessId => null;

    /// <exception cref="FormatException">The order's server is no ADDRESS:PORT.</exception>
    public async Task<OpenedConnections> OpenAsync(OpenOrder order, CancellationToken cancellationToken)
    {
        DisposeLoops();
        var server = IPEndPoint.Parse(order.Server);
        var parts = ConnectionBudget.Parts(order.Connections, Math.Min(Environment.ProcessorCount, order.Connections));
        var (loops, number) = (new List<ConnectionLoop>(), order.FirstNumber);
        _loops = loops;
        foreach (var part in parts)
        {
            loops.Add(new ConnectionLoop(number, part, TimeSpan.FromMilliseconds(order.TimeoutMs)));
            number += part;
        }

        var (rate, connecting) = ((double)order.RatePerS / parts.Count, Math.Max(1, order.MaxConnecting / parts.Count));
        return Merge(await OnThreadsAsync(loop => loop.Open(server, rate, connecting, cancellationToken)));
    }

    public async Task<LoadOutcome> RunAsync(RunOrder order, CancellationToken cancellationToken)
    {
        using var start = new Barrier(_loops.Count);
        var runs = await OnThreadsAsync(loop => loop.Run(order, start, cancellationToken));
        var durationS = Stopwatch.GetElapsedTime(runs.Min(run => run.BegunTicks), runs.Max(run => run.EndedTicks)).TotalSeconds;
        return LoadOutcome.Merge([.. runs.Select(run => new LoadOutcome(run.Latency, run.Errors, durationS)
        {
            ErrorLatency = run.ErrorLatency.Count == 0 ? null : run.ErrorLatency,
        })]);
    }

    public async Task<ClosedConnections> CloseAsync(CancellationToken cancellationToken)
    {
        var closed = Merge(await OnThreadsAsync(loop => loop.Close()));
        DisposeLoops();
        return closed;
    }

    public ValueTask DisposeAsync()
    {
        DisposeLoops();
        return ValueTask.CompletedTask;
    }

    /// <summary>What several groups of connections opened at the same time.</summary>
    internal static OpenedConnections Merge(IReadOnlyList<OpenedConnections> parts) => new(
        parts.Sum(part => part.Open),
        parts.Max(part => part.DurationS),
        ErrorKinds.Sum(parts.Select(part => part.Errors)),
        parts.Select(part => part.Reason).FirstOrDefault(reason => reason is not null));

    internal static ClosedConnections Merge(IReadOnlyList<ClosedConnections> parts) => new(
        [.. parts.SelectMany(part => part.Connections)], ErrorKinds.Sum(parts.Select(part => part.Errors)));

    private async Task<T[]> OnThreadsAsync<T>(Func<ConnectionLoop, T> work)
    {
        try
        {
            return await Task.WhenAll(_loops.Select(loop => Task.Factory.StartNew(
                () => work(loop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        }
        catch
        {
            // All threads have ended. Nobody will use these connections again.
            DisposeLoops();
            throw;
        }
    }

    private void DisposeLoops()
    {
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }

        _loops = [];
    }
}
