using Lab.Harness.Load;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>Buyers in a closed loop, at a market whose highest peer trades.</summary>
internal class MarketLoad(MarketPopulation population, IReadOnlyList<MarketBuyer> buyers) : ILoad
{
    private readonly ClosedLoop _loop = new(buyers);

    protected MarketPopulation Population => population;

    protected IReadOnlyList<MarketBuyer> Buyers => buyers;

    public IReadOnlyDictionary<string, int> ProcessIds { get; private set; } = new Dictionary<string, int>(StringComparer.Ordinal);

    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        await population.SettleAsync(cancellationToken);
        await _loop.ReadyAsync(cancellationToken);
        ProcessIds = await population.ProcessIdsAsync(cancellationToken);
    }

    public virtual Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken) =>
        _loop.RunAsync(operationsPerClient, cancellationToken);

    /// <summary>Warm-up: purchases, whatever is measured afterwards.</summary>
    public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken) => _loop.RunForAsync(duration, cancellationToken);
}
