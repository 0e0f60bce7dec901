namespace Lab.Marketplace.Client;

/// <summary>How patient a client is.</summary>
public sealed record MarketplaceClientOptions
{
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a request is retried, with its id, while the server or its database is away. Zero: the first failure is
    /// the caller's.
    /// </summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For load generators: callers go on on the receiving thread and never block it.</summary>
    public bool ContinueOnReceiver { get; init; }
}
