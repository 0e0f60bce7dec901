namespace Lab.TradingPost.Client;

/// <summary>How patient a client is.</summary>
public sealed record TradingPostClientOptions
{
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a request is repeated, with its name, while traders come and go.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A trader that has not answered by then may be ill: the other peers are asked for a new one, while the request waits on.
    /// </summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>For load generators: callers go on on the receiving thread and never block it.</summary>
    public bool ContinueOnReceiver { get; init; }
}
