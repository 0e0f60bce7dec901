using System.Buffers;
using Lab.Transport.Frames;

namespace Lab.EchoServer;

/// <summary>The reply is the request.</summary>
/// <param name="framing">That of the port it serves.</param>
/// <param name="log">Gets a line for every connection that its peer closed in order; null: none.</param>
internal sealed class EchoHandler(Framing framing, ConnectionLog? log) : IFrameHandler
{
    public ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var reply = new OutgoingFrame(framing);
        reply.Write(payload.Span);
        return ValueTask.FromResult<OutgoingFrame?>(reply);
    }

    public int MaxReplyBytes(ReadOnlySpan<byte> payload) => payload.Length;

    /// <summary>An empty reply: this server has no words.</summary>
    public OutgoingFrame Refuse(TransportRefusal refusal) => new(framing);

    public void Closed(in ClosedConnection connection) => log?.Add(connection);
}
