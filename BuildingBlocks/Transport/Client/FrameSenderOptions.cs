using System.Net.Sockets;

namespace Lab.Transport.Client;

/// <summary>Bounds of a <see cref="FrameSender"/>.</summary>
public sealed record FrameSenderOptions
{
    /// <summary>Bytes that may wait to be sent; frames beyond are dropped.</summary>
    public int MaxWaitingBytes { get; init; } = 1024 * 1024;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// What is said before the first frame leaves, and what is heard: the connection counts when it returns. It gets as long
    /// as <see cref="ConnectTimeout"/>; an <see cref="IOException"/> says that the other side is not who it should be. Null: nothing.
    /// </summary>
    public Func<Socket, CancellationToken, Task>? Introduce { get; init; }

    /// <summary>After a connection has ended, or was refused; twice as long after each further attempt.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(5);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMilliseconds(200);
}
