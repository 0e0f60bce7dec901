using Lab.Harness.Load;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>Clients in a closed loop; what a request costs them is measured, too.</summary>
internal class TallyLoad(TallyPopulation population, IReadOnlyList<TallyLoadClient> clients) : ILoad
{
    private readonly ClosedLoop _loop = new(clients);

    protected TallyPopulation Population => population;

    protected IReadOnlyList<TallyLoadClient> Clients => clients;

    public IReadOnlyDictionary<string, int> ProcessIds { get; private set; } = new Dictionary<string, int>(StringComparer.Ordinal);

    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        await _loop.ReadyAsync(cancellationToken);
        ProcessIds = await population.ProcessIdsAsync(cancellationToken);
    }

    public virtual async Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken)
    {
        var before = Environment.CpuUsage.TotalTime;
        var outcome = await _loop.RunAsync(operationsPerClient, cancellationToken);
        var costUs = (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / (clients.Count * (double)operationsPerClient);
        return outcome with { Metrics = [new ValueSample(MedalTallyModule.ClientCost, costUs)] };
    }

    public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken) => _loop.RunForAsync(duration, cancellationToken);
}
