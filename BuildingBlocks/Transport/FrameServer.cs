using System.Net;
using System.Net.Sockets;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.Transport;

/// <summary>A listening socket, served by one connection engine at a time.</summary>
public sealed class FrameServer : IAsyncDisposable
{
    private const int Backlog = 4096;
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int ReusePort = 15; // SO_REUSEPORT

    private readonly Socket _listener;
    private readonly EngineContext _context;
    private readonly int? _workers;
    private readonly SemaphoreSlim _switching = new(1);
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    /// <summary>Binds at once, so that a taken port fails the start and not a later moment.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public FrameServer(
        IPEndPoint listen, IFrameHandler handler, ConnectionLimits limits, ILogger logger, FrameServerOptions? options = null)
    {
        _context = new EngineContext(handler, limits, logger) { Framing = options?.Framing ?? Framing.LengthPrefixed };
        _workers = options?.Workers;
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (options?.SharesPort == true)
        {
            _listener.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));
        }

        _listener.Bind(listen);
        _listener.Listen(Backlog);
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public static IReadOnlyList<string> EngineNames => ConnectionEngines.Offered;

    /// <summary>The engine that serves now; empty before the first switch.</summary>
    public string EngineName { get; private set; } = "";

    /// <summary>
    /// Starts with an engine, or changes to it: the old engine answers what is under way and closes its connections;
    /// clients that arrive meanwhile wait in the backlog.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such engine, or it does not run here.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The system has no descriptors or memory left for it.</exception>
    public async Task SwitchEngineAsync(string name, CancellationToken cancellationToken)
    {
        var engine = ConnectionEngines.Create(name, _workers);
        await _switching.WaitAsync(cancellationToken);
        try
        {
            await StopEngineAsync();
            _stop = new CancellationTokenSource();
            _running = engine.RunAsync(_listener, _context, _stop.Token);
            if (_running.IsFaulted)
            {
                // It could not even begin, for want of descriptors or memory.
                await _running;
            }

            EngineName = name;
        }
        finally
        {
            _switching.Release();
        }
    }

    /// <summary>Stops serving and listening; may be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _switching.WaitAsync();
        try
        {
            await StopEngineAsync();
            _listener.Dispose();
        }
        finally
        {
            _switching.Release();
        }
    }

    private async Task StopEngineAsync()
    {
        if (_stop is not null)
        {
            await _stop.CancelAsync();
            // An engine that failed has said so in the log; the next one shall have its chance.
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
            _stop = null;
            EngineName = "";
        }
    }
}

/// <summary>What not every server needs.</summary>
public sealed record FrameServerOptions
{
    public Framing Framing { get; init; } = Framing.LengthPrefixed;

    /// <summary>Other processes may listen on the same port; the kernel spreads the connections (SO_REUSEPORT, Linux).</summary>
    public bool SharesPort { get; init; }

    /// <summary>Worker threads of the engines that have such; null: as many as there are processors.</summary>
    public int? Workers { get; init; }
}
