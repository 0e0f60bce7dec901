using Lab.Transport.Frames;

namespace Lab.Transport.Engines;

/// <summary>Bounds of every engine: what one connection may cost.</summary>
public sealed record ConnectionLimits
{
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Requests of one connection that may be under way; further ones wait in the kernel's buffers until a reply has been
    /// sent.</summary>
    public int MaxPipelined { get; init; } = 32;

    /// <summary>
    /// Memory of the answers that a connection waits for, or has not taken yet: a request starts only when its longest
    /// possible answer fits in, or when it is the only one.
    /// </summary>
    public int MaxUnsentBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>
    /// The same for all connections of a server, but for the first 16 KiB of each. Above an eighth of it, who has something
    /// unsent gets nothing more to do; the rest is for those who read.
    /// </summary>
    public long MaxUnsentTotalBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary>A longer frame is refused.</summary>
    public int MaxPayloadBytes { get; init; } = FrameFormat.MaxPayloadBytes;

    /// <summary>From a frame's first byte to its last.</summary>
    public TimeSpan FrameTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without any request; longer than a session lasts.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A reply that the peer does not take in this time ends the connection.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After a refusal, or at shutdown: how long the peer may take to read what was sent.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the clocks of connections are looked at: an eighth of the shortest that can run out at any time.</summary>
    internal TimeSpan ClockCheckInterval => TimeSpan.FromMilliseconds(Math.Clamp(
        new[] { FrameTimeout, IdleTimeout, SendTimeout }.Min().TotalMilliseconds / 8, 20, 1000));
}
