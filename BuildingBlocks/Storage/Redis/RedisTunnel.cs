using System.Net;
using System.Net.Sockets;
using RESPite.Transports;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Lab.Storage.Redis;

/// <summary>
/// Lets the client library's commands leave on the thread that gives them, and its replies be read where the socket is
/// heard. Its own way hands both to the thread pool: two threads to wake per command, on a quiet machine as long as Redis takes
/// to answer.
/// </summary>
internal sealed class RedisTunnel : Tunnel
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <returns>Null, the library's own way, where commands are encrypted, and for subscriptions.</returns>
    public override async ValueTask<DuplexTransport?> ConnectTransportAsync(
        EndPoint endpoint, ConnectionType connectionType, TlsOptions tls, CancellationToken cancellationToken)
    {
        if (tls.IsEnabled || connectionType == ConnectionType.Subscription)
        {
            return null;
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(endpoint, timeout.Token);
            return new RedisTransport(socket);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"no connection to Redis within {ConnectTimeout.TotalSeconds:0} s", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
