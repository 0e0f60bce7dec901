using Lab.Transport.Native;

namespace Lab.Transport.Frames;

/// <summary>What a service does with frames. Called by the connection engines, concurrently.</summary>
public interface IFrameHandler
{
    /// <summary>Called once for each connection: who remembers something of it answers with an object of its own.</summary>
    IFrameHandler ForConnection() => this;

    /// <summary>Answers one request, or takes one that wants no answer.</summary>
    /// <param name="payload">
    /// The request. Only valid until the method returns its task: parse before the first <c>await</c>.
    /// </param>
    /// <returns>
    /// The reply, owned by the engine; null when the frame wants none. Must not throw: a failure is a reply too.
    /// </returns>
    ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);

    /// <summary>
    /// The most bytes that the reply to a request may have; asked before the request is handled, which waits while its
    /// connection has as much to send already as it may (<see cref="Engines.ConnectionLimits.MaxUnsentBytes"/>). A handler
    /// with longer replies than this default says so, or its peers can make it hold more than that. Must not throw.
    /// </summary>
    int MaxReplyBytes(ReadOnlySpan<byte> payload) => 64 * 1024;

    /// <summary>The reply to a peer that broke the rules of the transport; the connection is closed after it.</summary>
    OutgoingFrame Refuse(TransportRefusal refusal);

    /// <summary>
    /// A connection ended because its peer closed it in order, after all its requests were answered. Called by the thread
    /// that noticed: must return at once.
    /// </summary>
    void Closed(in ClosedConnection connection)
    {
    }
}

/// <summary>A connection that its peer has closed.</summary>
/// <param name="Peer">Null when the kernel no longer knew it.</param>
/// <param name="Descriptor">Its number in this process.</param>
/// <param name="Bytes">Received.</param>
/// <param name="Requests">Answered.</param>
public readonly record struct ClosedConnection(SocketAddress4? Peer, int Descriptor, long Bytes, long Requests);

/// <summary>Why the transport gives a connection up.</summary>
public enum TransportRefusal
{
    /// <summary>A frame announced more than the server takes.</summary>
    FrameTooLarge,

    /// <summary>A frame was begun and not finished in time.</summary>
    FrameTimeout,

    /// <summary>The server serves as many connections as it may.</summary>
    TooManyConnections,
}
