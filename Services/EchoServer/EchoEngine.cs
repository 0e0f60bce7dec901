using Lab.ServiceDefaults;
using Lab.Transport;

namespace Lab.EchoServer;

/// <summary>engine: how the server waits for its connections.</summary>
internal sealed class EchoEngine(FrameServer server) : IRuntimeFactor
{
    public string Name => "engine";

    public IReadOnlyList<string> Values => FrameServer.EngineNames;

    public string Current => server.EngineName;

    public Task SetAsync(string value, CancellationToken cancellationToken) =>
        server.SwitchEngineAsync(value, cancellationToken);
}
