using System.Net;
using System.Net.Sockets;

namespace Lab.Transport.Client;

/// <summary>Connecting with a limit of time.</summary>
internal static class TimedConnect
{
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="TimeoutException">No connection in time.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task ConnectAsync(this Socket socket, DnsEndPoint server, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(server, patience.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(FormattableString.Invariant($"no connection to {server.Host}:{server.Port} within {timeout.TotalSeconds:0.###} s"), exception);
        }
    }
}
