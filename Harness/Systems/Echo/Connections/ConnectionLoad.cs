using System.Net;
using Lab.Harness.Load;
using Lab.Harness.Measurement;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>
/// Many connections to one server, each in a closed loop of echo requests. They are opened by this process, or, where it
/// may not open so many, in equal parts by processes of their own that start together.
/// </summary>
public sealed class ConnectionLoad(ConnectionLoadOptions options) : IAsyncDisposable
{
    private IReadOnlyList<IConnectionGroup> _groups = [];
    private readonly Lazy<ConnectionBudget> _budget = new(() => options.Budget ?? ConnectionBudget.OfThisProcess());
    private long _nextNumber;

    /// <summary>Connections may be open: they were opened, and neither closed nor given up.</summary>
    private bool _isOpen;

    /// <summary>Processes of its own; none while this one is enough.</summary>
    public IReadOnlyList<int> ProcessIds => [.. _groups.Select(group => group.ProcessId).OfType<int>()];

    /// <summary>Processes that the connections are spread over.</summary>
    public int Processes => _groups.Count;

    /// <summary>Opens connections at a bounded rate. Those that are still open are closed.</summary>
    /// <exception cref="InvalidOperationException">So many cannot be opened here.</exception>
    /// <exception cref="IOException">A load process failed.</exception>
    public async Task<OpenedConnections> OpenAsync(IPEndPoint server, int connections, CancellationToken cancellationToken)
    {
        var parts = _budget.Value.Spread(connections);
        await UseGroupsAsync(parts);
        var orders = parts.Select((part, index) => new OpenOrder(
            server.ToString(),
            _nextNumber + parts.Take(index).Sum(),
            part,
            Math.Max(1, options.ConnectRatePerS / parts.Count),
            options.MaxConnecting,
            (int)options.ReplyTimeout.TotalMilliseconds)).ToList();
        _nextNumber += connections;
        return LocalConnections.Merge(await OnAllAsync((group, index) => group.OpenAsync(orders[index], cancellationToken)));
    }

    /// <summary>Requests on each open connection.</summary>
    public Task<LoadOutcome> RunAsync(int requests, CancellationToken cancellationToken) => RunAsync(RunOrder.Times(requests), cancellationToken);

    /// <summary>As many requests as fit into a time.</summary>
    public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken) => RunAsync(RunOrder.For(duration), cancellationToken);

    /// <summary>Closes all connections, in order.</summary>
    public async Task<ClosedConnections> CloseAsync(CancellationToken cancellationToken)
    {
        var closed = await OnAllAsync((group, _) => group.CloseAsync(cancellationToken));
        _isOpen = false;
        return LocalConnections.Merge(closed);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var group in _groups)
        {
            await group.DisposeAsync();
        }

        (_groups, _isOpen) = ([], false);
    }

    private async Task<LoadOutcome> RunAsync(RunOrder order, CancellationToken cancellationToken) =>
        LoadOutcome.Merge(await OnAllAsync((group, _) => group.RunAsync(order, cancellationToken)));

    /// <summary>Where one group fails, all give their connections up: nothing of a failed iteration may disturb the next cell.</summary>
    private async Task<T[]> OnAllAsync<T>(Func<IConnectionGroup, int, Task<T>> work)
    {
        try
        {
            return await Task.WhenAll(_groups.Select(work));
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task UseGroupsAsync(IReadOnlyList<int> parts)
    {
        if (_isOpen)
        {
            await DisposeAsync();
        }

        _isOpen = true;
        var isLocal = parts.Count == 1 && ConnectionBudget.FitsHere(parts[0]);
        if (_groups.Count != parts.Count || (ProcessIds.Count == 0) != isLocal)
        {
            await DisposeAsync();
            _groups = isLocal ? [new LocalConnections()] : [.. parts.Select(_ => LoadProcess.Start())];
            _isOpen = true;
        }
    }
}

/// <summary>Connections of one process. One call at a time; a call that fails has closed them all.</summary>
internal interface IConnectionGroup : IAsyncDisposable
{
    /// <summary>Of a process of its own; null in this one.</summary>
    int? ProcessId { get; }

    Task<OpenedConnections> OpenAsync(OpenOrder order, CancellationToken cancellationToken);

    Task<LoadOutcome> RunAsync(RunOrder order, CancellationToken cancellationToken);

    Task<ClosedConnections> CloseAsync(CancellationToken cancellationToken);
}
