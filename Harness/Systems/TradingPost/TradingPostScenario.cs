using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Topology;
using Lab.Topology.Systems;
using Lab.TradingPost.Market;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>
/// Buyers at a market that the supervisor opens for them, and what happens to them when its trader is lost. A supervisor has
/// one market at a time, so cells of different markets do not take turns.
/// </summary>
/// <param name="lab">What is loaded.</param>
/// <param name="seed">The run's.</param>
/// <param name="options">Bounds.</param>
public sealed class TradingPostScenario(LabControl lab, long seed, TradingPostOptions? options = null) : IScenario
{
    private readonly TradingPostOptions _options = options ?? new TradingPostOptions();

    /// <summary>Wherever the trader may be lost somebody asks it so often: as published, that is the only way to notice.</summary>
    private const int AskEveryMs = 100;

    /// <summary>Large: sellers who run out are not what is measured.</summary>
    private const int Stock = 10_000;

    public string System => TradingPostTopology.Name;

    public int Concurrency(Cell cell) => cell.Number(TradingPostModule.Buyers);

    public string PopulationKey(Cell cell) => $"{Market(cell)} in {cell.Deployment}";

    public string Block(Cell cell) => $"{System}: {PopulationKey(cell)}";

    public async Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken)
    {
        await lab.DeployAsync(cell.Deployment, cancellationToken);
        var population = new MarketPopulation(lab, new MarketControl(lab, TradingPostTopology.Supervisor), Market(cell), seed, _options);
        try
        {
            await population.OpenAsync(cancellationToken);
            return population;
        }
        catch
        {
            await population.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the market of a cell is opened with.</summary>
    internal MarketSettings Market(Cell cell)
    {
        var peers = cell.Factors.ContainsKey(TradingPostModule.Peers) ? cell.Number(TradingPostModule.Peers) : new MarketSettings().Peers;
        return new MarketSettings
        {
            Peers = peers,
            Accounts = cell.Word(TradingPostModule.Accounts, "") == TradingPostModule.MySql ? AccountsKind.MySql : AccountsKind.File,
            Election = DesignOf(cell, TradingPostModule.Election),
            Writes = DesignOf(cell, TradingPostModule.Writes),
            ThroughLinks = lab.UsesLinks(cell.Deployment, LinkSpec.ClientServer),
            Sellers = Math.Max(1, peers / 3),
            BuyEveryMs = cell.Operation == TradingPostModule.Buy ? null : AskEveryMs,
            Stock = Stock,
            Seed = (int)(seed & int.MaxValue),
        };
    }

    private static Design DesignOf(Cell cell, string factor) =>
        cell.Word(factor, TradingPostModule.Improved) == TradingPostModule.AsPublished ? Design.AsPublished : Design.Improved;
}

/// <summary>Bounds of the trading post's load.</summary>
public sealed record TradingPostOptions
{
    /// <summary>How long a market may take until somebody trades, after it was opened or a peer was started again.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long nobody may sell after the trader was lost.</summary>
    public TimeSpan ElectionPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stopped peer that goes on may take until it trades again; after that it is started again.</summary>
    public TimeSpan ResumePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Between two stops: longer than the intervals that a failure detector remembers. It would else become used to a trader who
    /// is stopped again and again, and wait for it.
    /// </summary>
    public TimeSpan StopPause { get; init; } = TimeSpan.FromSeconds(1.5);
}
