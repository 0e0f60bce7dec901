using System.Diagnostics;
using Lab.Transport.Native;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>What a connection of the load is doing.</summary>
internal enum ConnectionPhase : byte
{
    /// <summary>Never opened, or never to be.</summary>
    None,
    Connecting,
    Idle,

    /// <summary>A request is under way.</summary>
    Waiting,
    Lost,
}

/// <summary>One connection of the load, in an array of its event loop.</summary>
internal struct ConnectionState
{
    public int Fd;
    public ConnectionPhase Phase;

    /// <summary>A byte of the reply under way differs from the request.</summary>
    public bool Differs;

    /// <summary>Bytes of the request under way that the kernel has taken.</summary>
    public int Sent;

    /// <summary>Bytes of its reply that have come.</summary>
    public int Received;

    /// <summary>Of this run, the one under way included.</summary>
    public int RequestsLeft;

    /// <summary>Replies over the connection's life; also the number of the request under way.</summary>
    public long Replies;

    /// <summary>Sent over the connection's life.</summary>
    public long Bytes;

    public long FirstSentTicks;
    public long LastReplyTicks;

    /// <summary>When the request under way was sent.</summary>
    public long SentTicks;
    public long ResponseTicks;
    public SocketAddress4 Local;

    public readonly ConnectionRecord ToRecord(long number) => new(
        number,
        Local.ToEndPoint().ToString(),
        Replies,
        Bytes,
        Replies == 0 ? 0 : Seconds(LastReplyTicks - FirstSentTicks),
        Replies == 0 ? 0 : Seconds(ResponseTicks) / Replies,
        Phase == ConnectionPhase.Lost);

    private static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;
}
