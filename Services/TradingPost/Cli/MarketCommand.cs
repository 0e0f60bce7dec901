using Lab.TradingPost.Market;

namespace Lab.TradingPost.Cli;

/// <summary>What a user can ask for, as words of one line: <see cref="CommandParser"/>.</summary>
internal abstract record MarketCommand;

/// <summary>Does something to the process of a peer.</summary>
/// <param name="Action">As the supervisor's admin call is called.</param>
/// <param name="Peer">Its id; null: whoever trades.</param>
internal sealed record SteerPeer(SteerAction Action, int? Peer) : MarketCommand;

internal sealed record BuyGoods(Good Good, int Quantity) : MarketCommand;

internal sealed record DepositGoods(Good Good, int Quantity) : MarketCommand;

internal sealed record OpenNewMarket(MarketSettings Settings) : MarketCommand;

/// <param name="AsJson">For programs instead of people.</param>
internal sealed record ShowStatus(bool AsJson) : MarketCommand;

internal sealed record ShowHelp : MarketCommand;

internal sealed record Quit : MarketCommand;

/// <summary>The supervisor's calls for one peer.</summary>
internal enum SteerAction
{
    /// <summary>kill -9.</summary>
    Kill,

    /// <summary>SIGSTOP: it is alive, but silent.</summary>
    Pause,

    /// <summary>SIGCONT.</summary>
    Resume,

    /// <summary>Starts its process anew; one that still runs is ended first.</summary>
    Restart,

    /// <summary>It gives its office up.</summary>
    Resign,
}
