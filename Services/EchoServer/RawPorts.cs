using Lab.ServiceDefaults;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Lab.Transport.Native;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.EchoServer;

/// <summary>The raw ports that the lab's own engines serve.</summary>
internal sealed class RawPorts(IOptions<EchoOptions> echo, ConnectionLog log, ServiceFailure failure, ILogger<FrameServer> logger) : IHostedService
{
    /// <summary>Descriptors for all but clients: runtime, files, admin endpoint, engines.</summary>
    private const int ReservedDescriptors = 40;

    private readonly List<FrameServer> _servers = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var descriptors = DescriptorLimit.Raise();
        var limits = new ConnectionLimits { MaxConnections = (int)Math.Max(1, descriptors.Current - ReservedDescriptors) };
        var options = new FrameServerOptions { Framing = Framing.None, SharesPort = echo.Value.SharePort };
        foreach (var port in echo.Value.RawPorts().Where(port => port.Engine != KestrelEcho.Engine))
        {
            if (ConnectionEngines.NotOffered.TryGetValue(port.Engine, out var whyNot))
            {
                logger.LogWarning("the engine {Engine} does not run here: {Reason}. Nothing listens on {Address}", port.Engine, whyNot, port.Listen);
                continue;
            }

            var server = new FrameServer(port.Listen, new EchoHandler(options.Framing, log), limits, logger, failure.Report, options);
            _servers.Add(server);
            await server.SwitchEngineAsync(port.Engine, cancellationToken);
            logger.LogInformation("{Engine} on {Address}, {Descriptors}", port.Engine, server.Endpoint, descriptors);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(_servers.Select(server => server.DisposeAsync().AsTask()));
}
