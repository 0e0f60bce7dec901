using System.Net.Sockets;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Pipeline;
using Lab.FaultProxy.Timing;
using Lab.FaultProxy.Toxics;

namespace Lab.FaultProxy.Proxies;

/// <summary>A client's connection and the one to the upstream that belongs to it, joined by two links.</summary>
internal sealed class ProxyConnection
{
    private readonly Socket _client;
    private readonly Socket _upstream;
    private readonly Link _up;
    private readonly Link _down;

    /// <param name="client">Accepted; owned from now on.</param>
    /// <param name="upstream">Not connected yet; owned from now on.</param>
    /// <param name="linkSeed">The seed of a direction's random choices.</param>
    /// <param name="linkAccount">A new account for one direction.</param>
    /// <param name="timers">Says when delayed data is due.</param>
    public ProxyConnection(
        Socket client, Socket upstream, Func<ToxicStream, ulong> linkSeed, Func<BufferAccount> linkAccount, TimerThread timers)
    {
        _client = client;
        _upstream = upstream;
        Prepare(client);
        Prepare(upstream);
        _up = new Link(client, upstream, new ToxicPipeline(linkSeed(ToxicStream.Upstream)), linkAccount(), timers, Close);
        _down = new Link(upstream, client, new ToxicPipeline(linkSeed(ToxicStream.Downstream)), linkAccount(), timers, Close);
        (_up.Opposite, _down.Opposite) = (_down, _up);
    }

    /// <summary>Bytes that wait in this connection, both directions.</summary>
    public long HeldBytes => _up.HeldBytes + _down.HeldBytes;

    /// <exception cref="SocketException">The upstream cannot be reached.</exception>
    /// <exception cref="TimeoutException">Not in time.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task ConnectAsync(HostPort upstream, int timeoutMs, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(timeoutMs);
        try
        {
            await _upstream.ConnectAsync(upstream.Host, upstream.Port, timeout.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no connection within {timeoutMs} ms", exception);
        }
    }

    /// <summary>The proxy's toxics are now these.</summary>
    public void Apply(IReadOnlyList<ToxicEntry> toxics)
    {
        _up.Apply([.. toxics.Where(toxic => toxic.Stream == ToxicStream.Upstream)]);
        _down.Apply([.. toxics.Where(toxic => toxic.Stream == ToxicStream.Downstream)]);
    }

    /// <summary>Forwards until both directions have ended or the connection is closed. Never fails.</summary>
    public async Task ForwardAsync()
    {
        var reading = Task.WhenAll(_up.ReadAsync(), _down.ReadAsync());
        await Task.WhenAll(_up.Finished, _down.Finished);
        Close();
        await reading;
    }

    /// <summary>Closes both sockets at once; what is held is lost.</summary>
    public void Close()
    {
        _up.Abandon();
        _down.Abandon();
        _client.Dispose();
        _upstream.Dispose();
    }

    private static void Prepare(Socket socket)
    {
        socket.NoDelay = true;

        // A peer whose machine is gone must not hold its place for ever.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
    }
}
