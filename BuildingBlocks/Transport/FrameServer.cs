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

    private readonly Socket _listener;
    private readonly EngineContext _context;
    private readonly Dictionary<string, IConnectionEngine> _engines;
    private readonly SemaphoreSlim _switching = new(1);
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    /// <summary>Binds at once, so that a taken port fails the start and not a later moment.</summary>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public FrameServer(IPEndPoint listen, IFrameHandler handler, ConnectionLimits limits, ILogger logger)
    {
        _engines = new IConnectionEngine[] { new AsyncEngine(), new ThreadsEngine() }
            .ToDictionary(engine => engine.Name, StringComparer.Ordinal);
        _context = new EngineContext(handler, limits, logger);
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(listen);
        _listener.Listen(Backlog);
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public IReadOnlyList<string> EngineNames => [.. _engines.Keys];

    /// <summary>The engine that serves now; empty before the first switch.</summary>
    public string EngineName { get; private set; } = "";

    /// <summary>
    /// Starts with an engine, or changes to it: the old engine answers what is under way and closes its connections;
    /// clients that arrive meanwhile wait in the backlog.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no such engine.</exception>
    public async Task SwitchEngineAsync(string name, CancellationToken cancellationToken)
    {
        var engine = _engines[name];
        await _switching.WaitAsync(cancellationToken);
        try
        {
            await StopEngineAsync();
            _stop = new CancellationTokenSource();
            EngineName = name;
            _running = engine.RunAsync(_listener, _context, _stop.Token);
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
            await _running;
            _stop.Dispose();
            _stop = null;
        }
    }
}
