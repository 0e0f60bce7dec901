using System.Net;
using System.Net.Sockets;
using Lab.FaultProxy.Toxics;
using Lab.ServiceDefaults;
using Microsoft.Extensions.Logging;

namespace Lab.FaultProxy.Proxies;

/// <summary>
/// A listener whose connections are forwarded to an upstream. <see cref="Start"/>, <see cref="ReleaseAsync"/> and
/// <see cref="Relocate"/> must not run at the same time; <see cref="ProxyRegistry"/> sees to that.
/// </summary>
internal sealed class TcpProxy
{
    private const int Backlog = 1024;
    private static readonly TimeSpan PauseAfterFailedAccept = TimeSpan.FromMilliseconds(50);

    private readonly ProxyEnvironment _environment;
    private readonly LogLimiter _log = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<ProxyConnection, Task> _connections = [];
    private HostPort _upstream = null!;
    private long _accepted;
    private Running? _running;

    public TcpProxy(string name, IPEndPoint listen, string upstream, ProxyEnvironment environment)
    {
        Name = name;
        _environment = environment;
        Toxics = new ToxicSet(ApplyToConnections);
        Relocate(listen, upstream);
    }

    public string Name { get; }

    /// <summary>With the real port once the proxy has been started.</summary>
    public IPEndPoint Listen { get; private set; } = null!;

    public string Upstream { get; private set; } = null!;

    public bool Enabled => _running is not null;

    /// <summary>Changes count at once, for open connections too.</summary>
    public ToxicSet Toxics { get; }

    public int ConnectionCount
    {
        get
        {
            lock (_gate)
            {
                return _connections.Count;
            }
        }
    }

    /// <summary>Bytes that wait in all connections.</summary>
    public long HeldBytes
    {
        get
        {
            lock (_gate)
            {
                return _connections.Keys.Sum(connection => connection.HeldBytes);
            }
        }
    }

    /// <summary>While stopped: from the next start on, listen and connect there.</summary>
    /// <exception cref="FormatException"><paramref name="upstream"/> is no address.</exception>
    public void Relocate(IPEndPoint listen, string upstream)
    {
        _upstream = HostPort.ParseUpstream(upstream);
        Listen = listen;
        Upstream = upstream;
    }

    /// <summary>A listener for <see cref="Start"/>.</summary>
    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public static Socket Bind(IPEndPoint listen)
    {
        var listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(listen);
            listener.Listen(Backlog);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <param name="listener">Bound; owned from now on.</param>
    public void Start(Socket listener)
    {
        Listen = (IPEndPoint)listener.LocalEndPoint!;
        var stopping = new CancellationTokenSource();
        _running = new Running(listener, stopping, AcceptAsync(listener, _upstream, stopping.Token));
        _environment.Logger.LogInformation("proxy {Name}: {Listen} -> {Upstream}", Name, Listen, Upstream);
    }

    /// <summary>Returns when nothing listens any more and all connections are closed.</summary>
    public async Task StopAsync() => (await ReleaseAsync())?.Dispose();

    /// <summary>Returns when nobody accepts any more and all connections are closed.</summary>
    /// <returns>The listener, where whoever connects meanwhile waits to be accepted; null when the proxy was stopped.</returns>
    public async Task<Socket?> ReleaseAsync()
    {
        if (_running is null)
        {
            return null;
        }

        var (listener, stopping, accepting) = _running;
        _running = null;
        await stopping.CancelAsync();
        await accepting;
        List<KeyValuePair<ProxyConnection, Task>> connections;
        lock (_gate)
        {
            connections = [.. _connections];
        }

        connections.ForEach(connection => connection.Key.Close());
        await Task.WhenAll(connections.Select(connection => connection.Value));
        stopping.Dispose();
        _environment.Logger.LogInformation("proxy {Name}: stopped", Name);
        return listener;
    }

    private async Task AcceptAsync(Socket listener, HostPort upstream, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptAsync(cancellationToken);
                Begin(client, upstream, cancellationToken);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                // Out of file descriptors, or the client was gone before it was accepted: both pass.
                Warn(failure, "cannot accept");
                await Task.Delay(PauseAfterFailedAccept, CancellationToken.None);
            }
            catch (Exception failure)
            {
                // Nobody would accept any more, while everybody who connects waits.
                _environment.Failure.Report(new InvalidOperationException($"the proxy {Name} has broken: {failure.Message}", failure));
                return;
            }
        }
    }

    private void Begin(Socket client, HostPort upstream, CancellationToken cancellationToken)
    {
        var number = _accepted++;
        if (ConnectionCount >= _environment.Options.MaxConnections)
        {
            Warn(null, $"has {_environment.Options.MaxConnections} connections already, closed one more");
            client.Dispose();
            return;
        }

        ProxyConnection connection;
        try
        {
            connection = new ProxyConnection(
                client,
                upstream.CreateSocket(),
                direction => SeededRandom.LinkSeed(_environment.Seed, Name, number, direction),
                _environment.CreateLinkAccount,
                _environment.Timers);
        }
        catch (SocketException)
        {
            client.Dispose();
            throw;
        }

        lock (_gate)
        {
            connection.Apply(Toxics.All);
            _connections.Add(connection, ServeAsync(connection, upstream, cancellationToken));
        }
    }

    private async Task ServeAsync(ProxyConnection connection, HostPort upstream, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            if (await TryConnectAsync(connection, upstream, cancellationToken))
            {
                await connection.ForwardAsync();
            }
        }
        finally
        {
            connection.Close();
            lock (_gate)
            {
                _connections.Remove(connection);
            }
        }
    }

    private async Task<bool> TryConnectAsync(
        ProxyConnection connection, HostPort upstream, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ConnectAsync(upstream, _environment.Options.ConnectTimeoutMs, cancellationToken);
            return true;
        }
        catch (Exception failure) when (failure is SocketException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                Warn(failure, "cannot reach its upstream, closed the client's connection");
            }

            return false;
        }
    }

    private void ApplyToConnections(IReadOnlyList<ToxicEntry> toxics)
    {
        lock (_gate)
        {
            foreach (var connection in _connections.Keys)
            {
                connection.Apply(toxics);
            }
        }
    }

    private void Warn(Exception? failure, string what)
    {
        if (_log.Allows(out var swallowed))
        {
            _environment.Logger.LogWarning(
                "proxy {Name} ({Upstream}) {What}: {Reason} ({Swallowed} such messages were held back)",
                Name, Upstream, what, failure?.Message ?? "limit", swallowed);
        }
    }

    private sealed record Running(Socket Listener, CancellationTokenSource Stopping, Task Accepting);
}
