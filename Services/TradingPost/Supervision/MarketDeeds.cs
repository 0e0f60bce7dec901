namespace Lab.TradingPost.Supervision;

/// <summary>What a supervisor can have done to a peer, or seen of it: <see cref="MarketEvent.Done"/>.</summary>
public static class MarketDeeds
{
    public const string Killed = "killed";
    public const string Paused = "paused";
    public const string Resumed = "resumed";
    public const string Restarted = "restarted";

    /// <summary>By itself: nobody asked for it.</summary>
    public const string Ended = "ended";
}
