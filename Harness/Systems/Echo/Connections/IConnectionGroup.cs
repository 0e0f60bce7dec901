using Lab.Harness.Load;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>Connections of one process. One call at a time; a call that fails has closed them all.</summary>
internal interface IConnectionGroup : IAsyncDisposable
{
    /// <summary>Of a process of its own; null in this one.</summary>
    int? ProcessId { get; }

    Task<OpenedConnections> OpenAsync(OpenOrder order, CancellationToken cancellationToken);

    Task<LoadOutcome> RunAsync(RunOrder order, CancellationToken cancellationToken);

    Task<ClosedConnections> CloseAsync(CancellationToken cancellationToken);
}
