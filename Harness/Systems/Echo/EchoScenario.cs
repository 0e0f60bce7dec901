using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Harness.Systems.Echo.Connections;
using Lab.Harness.Verdicts;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Echo;

/// <summary>
/// Many connections to an echo server, one server per engine. <see cref="EchoModule.Echo"/>: requests on all of them;
/// <see cref="EchoModule.Hold"/>: what they cost while they are open and idle.
/// </summary>
/// <param name="lab">Restarts servers and shows their logs.</param>
/// <param name="processIds">Processes of the lab, as they are now.</param>
/// <param name="reportFolder">Gets the figures of each connection; null: nobody wants them.</param>
/// <param name="options">Bounds.</param>
public sealed class EchoScenario(
    LabControl lab, Func<IReadOnlyDictionary<string, int>> processIds, string? reportFolder, EchoOptions? options = null) : IScenario
{
    private readonly EchoOptions _options = options ?? new EchoOptions();

    public string System => EchoTopology.Name;

    public int Concurrency(Cell cell) => cell.Number(EchoModule.Connections);

    /// <summary>Nothing is shared: every iteration opens connections of its own.</summary>
    public string PopulationKey(Cell cell) => $"{cell.Group}: {cell}";

    public Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken)
    {
        if (cell.Operation is not (EchoModule.Echo or EchoModule.Hold))
        {
            throw new NotSupportedException($"the echo's load has no operation '{cell.Operation}'");
        }

        var servers = new EchoServers(lab, processIds, Servers(cell), _options);
        var load = new EchoLoad(servers, cell.Number(EchoModule.Connections), holds: cell.Operation == EchoModule.Hold, _options.Load);
        return Task.FromResult<IPopulation>(new EchoPopulation(load, servers, reportFolder));
    }

    /// <summary>The first one's endpoint is that of all.</summary>
    private IReadOnlyList<string> Servers(Cell cell)
    {
        var engine = cell.Word(CommonFactors.Engine, EchoTopology.Epoll);
        IReadOnlyList<string> servers = cell.Word(EchoModule.Port, "own") == EchoModule.SharedPort && engine == EchoTopology.Epoll
            ? EchoTopology.SharedPortServers
            : cell.Word(EchoModule.Port, "own") == EchoModule.SharedPort
                ? throw new NotSupportedException($"only {EchoTopology.Epoll} servers share a port, not {engine}")
                : [EchoTopology.Server(engine)];
        return lab.Endpoints.Services.ContainsKey(servers[0])
            ? servers
            : throw new NotSupportedException($"the lab has no echo server '{servers[0]}'");
    }
}

/// <summary>The load of one cell.</summary>
internal sealed class EchoPopulation(EchoLoad load, EchoServers servers, string? reportFolder) : IPopulation
{
    /// <summary>Each engine has a server of its own: there is nothing to be set; but one that has crashed must be there again.</summary>
    public Task ApplyAsync(Cell cell, CancellationToken cancellationToken) => servers.WaitUntilHealthyAsync(cancellationToken);

    public ILoad Load(Cell cell) => load;

    public string RoleOf(Cell cell, string process) =>
        servers.Names.Contains(process) ? ProcessRoles.Server
        : process == ProcessRoles.Harness || load.ProcessIds.ContainsKey(process) ? ProcessRoles.Load
        : ProcessRoles.Rest;

    public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
    {
        var verdict = EchoInvariants.Judge(load.Ledger);
        try
        {
            foreach (var cell in reportFolder is null ? [] : cells)
            {
                await ConnectionsCsv.WriteAsync(reportFolder!, cell, load.LastConnections, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What a disk cannot take says nothing about the server.
            verdict = verdict with { Reason = $"{verdict.Reason} (the figures of each connection could not be written: {exception.Message})" };
        }

        return cells.ToDictionary(cell => cell, _ => verdict);
    }

    public ValueTask DisposeAsync() => load.DisposeAsync();
}

/// <summary>Bounds of the echo's load.</summary>
public sealed record EchoOptions
{
    public ConnectionLoadOptions Load { get; init; } = new();

    /// <summary>
    /// How long no new line may come while some are missing. Long: the collector stops thousands of threads one by one, and
    /// the server with them, for ten seconds and more.
    /// </summary>
    public TimeSpan LogTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a server's memory may take to settle.</summary>
    public TimeSpan SettleTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
