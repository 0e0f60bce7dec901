using System.Buffers;
using Lab.ServiceDefaults;
using Lab.Transport;
using Lab.Transport.Frames;

namespace Lab.EchoServer;

/// <summary>The reply is the request.</summary>
internal sealed class EchoHandler : IFrameHandler
{
    public ValueTask<OutgoingFrame> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var reply = new OutgoingFrame();
        reply.Write(payload.Span);
        return ValueTask.FromResult(reply);
    }

    /// <summary>An empty frame: this server has no words.</summary>
    public OutgoingFrame Refuse(TransportRefusal refusal) => new();
}

/// <summary>engine: how the server waits for its connections.</summary>
internal sealed class EchoEngine(FrameServer server) : IRuntimeFactor
{
    public string Name => "engine";

    public IReadOnlyList<string> Values => FrameServer.EngineNames;

    public string Current => server.EngineName;

    public Task SetAsync(string value, CancellationToken cancellationToken) =>
        server.SwitchEngineAsync(value, cancellationToken);
}
