using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lab.Harness.Measurement;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>What the bytes of a reply came to.</summary>
internal enum ReplyState
{
    /// <summary>More is to come.</summary>
    Incomplete,

    /// <summary>The whole reply, equal to its request.</summary>
    Complete,

    /// <summary>The whole reply, and a byte of it differs from the request.</summary>
    Differs,

    /// <summary>Nobody asked for these bytes: what comes after them would be compared with the wrong request.</summary>
    Unasked,
}

/// <summary>
/// A request and its reply on each connection of a loop, without any I/O: what is to be sent, whether what has come equals it,
/// and how long it took. Nothing is allocated per request.
/// </summary>
internal sealed class EchoExchange(long firstNumber)
{
    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly byte[] _request = new byte[EchoRequest.Bytes];

    /// <summary>Of the replies since it was last reset.</summary>
    public LatencyHistogram Latency { get; } = new();

    /// <summary>Of requests since it was last reset whose reply did not come, or came wrong.</summary>
    public LatencyHistogram ErrorLatency { get; } = new();

    /// <summary>The next request of a connection is under way.</summary>
    public static void Begin(ref ConnectionState connection, long nowTicks)
    {
        connection.SentTicks = nowTicks;
        connection.Sent = 0;
        connection.Received = 0;
        connection.Differs = false;
        if (connection.Replies == 0)
        {
            connection.FirstSentTicks = nowTicks;
        }
    }

    /// <summary>The rest of the request under way; valid until the next call.</summary>
    public ReadOnlySpan<byte> Unsent(ref ConnectionState connection, int index)
    {
        EchoRequest.Write(_request, firstNumber + index, connection.Replies);
        return _request.AsSpan(connection.Sent);
    }

    /// <summary>Compares what has come with what was sent.</summary>
    /// <param name="connection">Where from; a request is under way.</param>
    /// <param name="index">Its place.</param>
    /// <param name="received">The next bytes of the reply.</param>
    /// <param name="nowTicks">When they came.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReplyState Take(ref ConnectionState connection, int index, ReadOnlySpan<byte> received, long nowTicks)
    {
        if (received.Length > connection.Sent - connection.Received)
        {
            return ReplyState.Unasked;
        }

        EchoRequest.Write(_request, firstNumber + index, connection.Replies);
        if (!_request.AsSpan(connection.Received, received.Length).SequenceEqual(received))
        {
            connection.Differs = true;
        }

        connection.Received += received.Length;
        return connection.Received == EchoRequest.Bytes ? Complete(ref connection, nowTicks) : ReplyState.Incomplete;
    }

    /// <summary>The request under way gets no reply any more.</summary>
    public void Fail(in ConnectionState connection, long nowTicks) =>
        ErrorLatency.Record((long)((nowTicks - connection.SentTicks) * NsPerTick));

    private ReplyState Complete(ref ConnectionState connection, long nowTicks)
    {
        var ticks = nowTicks - connection.SentTicks;
        connection.Replies++;
        connection.ResponseTicks += ticks;
        connection.LastReplyTicks = nowTicks;
        connection.RequestsLeft--;
        if (connection.Differs)
        {
            ErrorLatency.Record((long)(ticks * NsPerTick));
            return ReplyState.Differs;
        }

        Latency.Record((long)(ticks * NsPerTick));
        return ReplyState.Complete;
    }
}
