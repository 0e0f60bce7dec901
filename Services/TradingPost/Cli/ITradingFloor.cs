using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>What the command line asks the peers themselves.</summary>
internal interface ITradingFloor : IAsyncDisposable
{
    /// <summary>Under which id it takes part.</summary>
    int Participant { get; }

    /// <summary>What a peer knows; null when it does not answer soon.</summary>
    Task<Status?> AskAsync(MarketState market, int peer, CancellationToken cancellationToken);

    /// <summary>Returns when the sale is durable.</summary>
    /// <exception cref="TradingPostException">The trader refuses, or nobody trades for too long.</exception>
    Task<Done> BuyAsync(MarketState market, Good good, int quantity, CancellationToken cancellationToken);

    /// <summary>Returns when the deposit is durable.</summary>
    /// <inheritdoc cref="BuyAsync"/>
    Task<Done> DepositAsync(MarketState market, Good good, int quantity, CancellationToken cancellationToken);
}
