namespace Lab.Transport.Client;

/// <summary>How a <see cref="FrameClient"/> waits, and what it must know of its protocol.</summary>
public sealed record FrameClientOptions
{
    /// <summary>The request id that a reply's payload carries; null when it answers no request.</summary>
    public required Func<ReadOnlySpan<byte>, long?> ReadId { get; init; }

    /// <summary>A refusal of the whole connection, in words.</summary>
    public required Func<ReadOnlySpan<byte>, string> DescribeRefusal { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Callers go on directly on the receiving thread, which saves a hand-over per request. Only for callers that never
    /// block: a load generator.
    /// </summary>
    public bool ContinueOnReceiver { get; init; }
}
