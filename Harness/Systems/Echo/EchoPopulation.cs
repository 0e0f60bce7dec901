using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Verdicts;

namespace Lab.Harness.Systems.Echo;

/// <summary>The load of one cell.</summary>
internal sealed class EchoPopulation(EchoLoad load, EchoServers servers, string? reportFolder) : IPopulation
{
    /// <summary>Each engine has a server of its own: there is nothing to be set.</summary>
    public Task ApplyAsync(Cell cell, CancellationToken cancellationToken) => Task.CompletedTask;

    public ILoad Load(Cell cell) => load;

    public string RoleOf(Cell cell, string process) =>
        servers.Names.Contains(process) ? ProcessRoles.Server
        : process == ProcessRoles.Harness || load.ProcessIds.ContainsKey(process) ? ProcessRoles.Load
        : ProcessRoles.Rest;

    public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
    {
        if (reportFolder is not null)
        {
            foreach (var cell in cells)
            {
                await ConnectionsCsv.WriteAsync(reportFolder, cell, load.LastConnections, cancellationToken);
            }
        }

        return cells.ToDictionary(cell => cell, _ => EchoInvariants.Judge(load.Ledger));
    }

    public ValueTask DisposeAsync() => load.DisposeAsync();
}
