using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.Echo.Connections;

namespace Lab.Harness.Systems.Echo;

/// <summary>
/// An iteration opens all connections, sends requests on each of them, closes them in order and waits for the servers'
/// log lines. One that holds its connections begins with servers that have just started, reads their memory before and
/// while the connections are idle, and then sends one request on each: all are alive.
/// </summary>
internal sealed class EchoLoad(EchoServers servers, int connections, bool holds, ConnectionLoadOptions options) : ILoad, IAsyncDisposable
{
    /// <summary>Which of several servers a connection reaches is for the kernel to say: so many will reach them all.</summary>
    private const int FirstConnectionsPerServer = 16;

    private readonly ConnectionLoad _load = new(options);
    private Dictionary<string, long> _openErrors = new(StringComparer.Ordinal);
    private List<ConnectionRecord> _closed = [];
    private OpenedConnections _opened = new(0, 0, new Dictionary<string, long>(StringComparer.Ordinal), null);
    private IReadOnlyList<int> _warm = [];
    private long _wanted;
    private double _connectS;
    private ProcessMemory? _before;
    private ProcessMemory? _idle;

    public EchoLedger Ledger { get; } = new();

    /// <summary>Of the iteration before.</summary>
    public IReadOnlyList<ConnectionRecord> LastConnections { get; private set; } = [];

    public IReadOnlyDictionary<string, int> ProcessIds =>
        _load.ProcessIds.Select((pid, index) => (pid, index)).ToDictionary(process => $"load-{process.index + 1}", process => process.pid, StringComparer.Ordinal);

    /// <summary>Another cell may have restarted the servers since: their code would be cold again.</summary>
    public bool NeedsWarmUp(int iteration) => !holds && !servers.ProcessIds.SequenceEqual(_warm);

    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        (_wanted, _connectS, _closed) = (0, 0, []);
        if (holds)
        {
            await servers.RestartAsync(cancellationToken);
        }

        await servers.SkipLogsAsync(cancellationToken);
        if (holds)
        {
            await LoadCodeAsync(cancellationToken);
            _before = await servers.SettledMemoryAsync(cancellationToken);
        }

        _opened = await OpenAsync(connections, cancellationToken);
        _openErrors = new Dictionary<string, long>(_opened.Errors, StringComparer.Ordinal);
        if (holds)
        {
            _idle = await servers.SettledMemoryAsync(cancellationToken);
        }
    }

    public async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken) =>
        Note(await _load.RunAsync(holds ? 1 : operationsPerClient, cancellationToken));

    public async Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        _warm = servers.ProcessIds;
        return Note(await _load.RunForAsync(duration, cancellationToken));
    }

    public async Task<LoadEnd> EndAsync(CancellationToken cancellationToken)
    {
        var processes = _load.Processes;
        var errors = await CloseAsync(cancellationToken);
        var counted = _closed.Where(connection => !connection.WasLost)
            .Select(connection => new LoggedConnection(connection.Address, connection.Bytes, connection.Requests)).ToList();
        var log = EchoInvariants.Compare(counted, await servers.ReadLogsAsync(counted.Count, cancellationToken));
        Ledger.AddConnections(_wanted, log);
        var first = _closed.Count - _opened.Open;
        LastConnections = [.. _closed.Skip(first).Select(connection => connection with { Number = connection.Number - _closed[first].Number })];
        return new LoadEnd(errors, [.. Figures(log, processes)]);
    }

    public ValueTask DisposeAsync() => _load.DisposeAsync();

    private IEnumerable<MetricSample> Figures(LogComparison log, int processes)
    {
        yield return new ValueSample(EchoMetrics.Open, _opened.Open);
        yield return new ValueSample(EchoMetrics.Opened, _closed.Count);
        yield return new ValueSample(EchoMetrics.LogLines, log.Matching);
        yield return new ValueSample(EchoMetrics.LoadProcesses, processes);
        if (_connectS > 0)
        {
            yield return new ValueSample(EchoMetrics.ConnectRate, _closed.Count / _connectS);
        }

        var answered = LastConnections.Where(connection => connection.Requests > 0).ToList();
        if (!holds && answered.Count > 0)
        {
            yield return new ValueSample(EchoMetrics.Duration, answered.Average(connection => connection.DurationS));
        }

        if (_before is not null && _idle is not null && _opened.Open > 0)
        {
            var (grownBytes, grownThreads) = ((double)(_idle.RssBytes - _before.RssBytes), _idle.Threads - _before.Threads);
            yield return new ValueSample(EchoMetrics.MemoryPerConnection, grownBytes / _opened.Open);
            yield return new ValueSample(EchoMetrics.MemoryBefore, _before.RssBytes);
            yield return new ValueSample(EchoMetrics.MemoryIdle, _idle.RssBytes);
            yield return new ValueSample(EchoMetrics.ThreadsBefore, _before.Threads);
            yield return new ValueSample(EchoMetrics.ThreadsIdle, _idle.Threads);
            if (grownThreads >= _opened.Open / 2)
            {
                yield return new ValueSample(EchoMetrics.MemoryPerThread, grownBytes / grownThreads);
            }
        }
    }

    /// <summary>What a server does for its first connection ever is not what each one costs.</summary>
    private async Task LoadCodeAsync(CancellationToken cancellationToken)
    {
        await OpenAsync(servers.Count == 1 ? 1 : servers.Count * FirstConnectionsPerServer, cancellationToken);
        Ledger.AddErrors((await _load.RunAsync(1, cancellationToken)).Errors);
        await CloseAsync(cancellationToken);
    }

    private async Task<OpenedConnections> OpenAsync(int count, CancellationToken cancellationToken)
    {
        var opened = await _load.OpenAsync(servers.Endpoint, count, cancellationToken);
        if (opened.Open == 0)
        {
            throw new IOException($"none of {count} connections could be opened to {servers}: {opened.Reason}");
        }

        _wanted += count;
        _connectS += opened.DurationS;
        Ledger.AddErrors(opened.Errors);
        return opened;
    }

    private async Task<IReadOnlyDictionary<string, long>> CloseAsync(CancellationToken cancellationToken)
    {
        var closed = await _load.CloseAsync(cancellationToken);
        _closed.AddRange(closed.Connections);
        Ledger.AddErrors(closed.Errors);
        return closed.Errors;
    }

    /// <summary>Connections that could not be opened are errors of the first run that misses them.</summary>
    private LoadOutcome Note(LoadOutcome outcome)
    {
        Ledger.AddErrors(outcome.Errors);
        ErrorKinds.Add(_openErrors, outcome.Errors);
        var noted = outcome with { Errors = _openErrors };
        _openErrors = new Dictionary<string, long>(StringComparer.Ordinal);
        return noted;
    }
}
