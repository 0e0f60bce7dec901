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
    private readonly Action<Exception> _failed;
    private readonly int? _workers;
    private readonly SemaphoreSlim _switching = new(1);
    private IConnectionEngine? _engine;
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    /// <summary>Binds at once, so that a taken port fails the start and not a later moment.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="handler">Answers.</param>
    /// <param name="limits">What connections may cost.</param>
    /// <param name="logger">For what goes wrong with single connections.</param>
    /// <param name="failed">
    /// Told, by any thread, when the engine that serves breaks: clients are no longer served, or not all of them, so the
    /// process must end.
    /// </param>
    /// <param name="options">What not every server needs.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public FrameServer(
        IPEndPoint listen,
        IFrameHandler handler,
        ConnectionLimits limits,
        ILogger logger,
        Action<Exception> failed,
        FrameServerOptions? options = null)
    {
        _failed = failed;
        _context = new EngineContext(handler, limits, logger)
        {
            Framing = options?.Framing ?? Framing.LengthPrefixed,
            Broken = Fail,
        };
        _workers = options?.Workers;
        _listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (options?.SharesPort == true)
        {
            _listener.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));
        }

        _listener.Bind(listen);
        _listener.Listen(Backlog);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>Answers that have not left yet.</summary>
    internal UnsentBytes Unsent => _context.Unsent;

    public static IReadOnlyList<string> EngineNames => ConnectionEngines.Offered;

    /// <summary>The engine that serves now; empty before the first switch.</summary>
    public string EngineName => _engine?.Name ?? "";

    /// <summary>
    /// Starts with an engine, or changes to it: the old engine answers what is under way and closes its connections;
    /// clients that arrive meanwhile wait in the backlog.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such engine, or it does not run here.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">
    /// The system has no descriptors or memory left for it; the engine before serves on.
    /// </exception>
    public Task SwitchEngineAsync(string name, CancellationToken cancellationToken) =>
        SwitchEngineAsync(ConnectionEngines.Create(name, _workers), cancellationToken);

    /// <inheritdoc cref="SwitchEngineAsync(string, CancellationToken)"/>
    internal async Task SwitchEngineAsync(IConnectionEngine engine, CancellationToken cancellationToken)
    {
        await _switching.WaitAsync(cancellationToken);
        try
        {
            var before = _engine;
            await StopEngineAsync();
            try
            {
                await StartEngineAsync(engine);
            }
            catch when (before is not null)
            {
                await StartAgainAsync(before);
                throw;
            }
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

    private async Task StartEngineAsync(IConnectionEngine engine)
    {
        (_engine, _stop) = (engine, new CancellationTokenSource());
        _running = engine.RunAsync(_listener, _context, _stop.Token);
        if (_running.IsFaulted)
        {
            // It could not even begin, for want of descriptors or memory.
            var failed = _running;
            await StopEngineAsync();
            await failed;
        }

        _ = WatchAsync(_running);
    }

    private async Task StartAgainAsync(IConnectionEngine engine)
    {
        try
        {
            await StartEngineAsync(engine);
        }
        catch (Exception exception)
        {
            // Nobody serves now.
            Fail(exception);
        }
    }

    private async Task WatchAsync(Task running)
    {
        try
        {
            await running;
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>One failure may be told more than once: by its event loop, and by the engine.</summary>
    private void Fail(Exception reason) =>
        _failed(new InvalidOperationException($"the engine '{EngineName}' that serves {Endpoint} has broken: {reason.Message}", reason));

    private async Task StopEngineAsync()
    {
        if (_stop is not null)
        {
            await _stop.CancelAsync();
            // Who watches it tells when it has broken.
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
            _stop = null;
            _engine = null;
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
