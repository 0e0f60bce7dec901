using Lab.Topology.Systems;

namespace Lab.Harness.Experiments;

/// <summary>What the experiments may ask of the trading post.</summary>
public static class TradingPostFactors
{
    /// <summary>A buyer names a good and gets it.</summary>
    public const string Buy = "buy";

    /// <summary>The trader's process is killed (SIGKILL); measured is the time until another one sells.</summary>
    public const string ElectAfterKill = "elect_after_kill";

    /// <summary>The trader's process is stopped (SIGSTOP), so that its connections live on; measured is the time until another one sells.</summary>
    public const string ElectAfterStop = "elect_after_stop";

    /// <summary>Buyers go on while the trader is killed once in each iteration.</summary>
    public const string BuyThroughChange = "buy_through_change";

    public const string Buyers = "buyers";
    public const string Peers = "peers";
    public const string Accounts = "accounts";
    public const string Election = "election";
    public const string Writes = "writes";

    /// <summary>A weakness that the report names, left as it is.</summary>
    public const string AsPublished = "as-published";

    /// <summary>What the report proposes instead.</summary>
    public const string Improved = "improved";

    /// <summary>Accounts that live in MySQL.</summary>
    public const string MySql = "mysql";

    private const string Deployment = "deployment";
    private const long MostBuyers = 256;

    public static ScenarioDescription Of(Deployments deployments, MachineAbilities machine) => new(
        TradingPostTopology.Name,
        [Buy, ElectAfterKill, ElectAfterStop, BuyThroughChange],
        new NumberFactor(Buyers, 1, MostBuyers),
        [
            new NumberFactor(Peers, 2, TradingPostTopology.MostPeers),
            new WordFactor(Accounts, ["file", MySql]),
            new WordFactor(Election, [AsPublished, Improved]),
            new WordFactor(Writes, [AsPublished, Improved]),
            new WordFactor(Deployment, deployments.Names),
            .. ContainerFactors.All,
        ])
    {
        Obstacle = factors => ContainerFactors.Obstacle(factors, machine),
    };
}
