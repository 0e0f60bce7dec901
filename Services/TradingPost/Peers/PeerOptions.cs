using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Peers;

/// <summary>What a peer is told when it is started.</summary>
public sealed record PeerOptions
{
    /// <summary>Its own id.</summary>
    public required int Id { get; init; }

    /// <summary>The market it belongs to.</summary>
    public required MarketSettings Market { get; init; }

    /// <summary>Ids below are peers, which may trade; clients that only buy have ids from here on.</summary>
    public const int FirstClient = 100;
}
