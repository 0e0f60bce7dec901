namespace Lab.Transport.Client;

/// <summary>Bounds of a <see cref="FrameSender"/>.</summary>
public sealed record FrameSenderOptions
{
    /// <summary>Bytes that may wait to be sent; frames beyond are dropped.</summary>
    public int MaxWaitingBytes { get; init; } = 1024 * 1024;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After a connection has ended, or was refused; twice as long after each further attempt.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMilliseconds(200);
}
