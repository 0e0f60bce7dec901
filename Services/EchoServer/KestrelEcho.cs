using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Lab.Transport.Native;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.EchoServer;

/// <summary>The rival from outside: Kestrel's own connections, without HTTP.</summary>
internal sealed class KestrelEcho(ConnectionLog log) : ConnectionHandler
{
    public const string Engine = "kestrel";

    /// <summary>As many as the other engines have: thousands of clients connect at once.</summary>
    private const int Backlog = 4096;

    /// <summary>Adds the ports of this engine to the web server that also answers the admin endpoint.</summary>
    public static void Listen(IWebHostBuilder host) => host
        .UseSockets(sockets => sockets.Backlog = Backlog)
        .ConfigureKestrel(kestrel =>
        {
            var options = kestrel.ApplicationServices.GetRequiredService<IOptions<EchoOptions>>().Value;
            foreach (var port in options.RawPorts().Where(port => port.Engine == Engine))
            {
                kestrel.Listen(port.Listen, listen => listen.UseConnectionHandler<KestrelEcho>());
            }
        });

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var echo = new EchoingConnection(connection);
        try
        {
            if (await echo.RunAsync())
            {
                log.Add(echo.Summary());
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The peer reset the connection, it was idle for too long, or the server stops.
        }
    }

    /// <summary>
    /// One connection, with the same clocks as those of the lab's engines. What it holds unsent is bounded by the web server's
    /// pipe: it reads nothing more while 64 KiB wait to be sent.
    /// </summary>
    private sealed class EchoingConnection(ConnectionContext connection)
    {
        private static readonly ConnectionLimits Limits = new();

        private const long NotSending = long.MaxValue;

        // Asked for now: at the end the socket is closed, and its number another's.
        private readonly int _descriptor = (int)(connection.Features.Get<IConnectionSocketFeature>()?.Socket.Handle ?? -1);
        private long _lastRequestMs = Environment.TickCount64;
        private long _sendStartedMs = NotSending;
        private long _bytes;
        private long _requests;

        /// <returns>Whether the peer closed the connection in order.</returns>
        public async Task<bool> RunAsync()
        {
            var (input, output) = (connection.Transport.Input, connection.Transport.Output);
            connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static state => ((EchoingConnection)state).CheckClock(), this);
            await using var stop = OnStop(static state => ((PipeReader)state!).CancelPendingRead(), input);
            while (true)
            {
                var received = await input.ReadAsync();
                if (received.IsCanceled)
                {
                    return false;
                }

                if (!received.Buffer.IsEmpty && !await SendAsync(output, received.Buffer))
                {
                    return false;
                }

                input.AdvanceTo(received.Buffer.End);
                if (received.IsCompleted)
                {
                    return true;
                }
            }
        }

        public ClosedConnection Summary() => new(
            connection.RemoteEndPoint is IPEndPoint peer ? new SocketAddress4(peer) : null, _descriptor, _bytes, _requests);

        /// <returns>Whether somebody is there to receive.</returns>
        private async ValueTask<bool> SendAsync(PipeWriter output, ReadOnlySequence<byte> bytes)
        {
            foreach (var part in bytes)
            {
                output.Write(part.Span);
            }

            Volatile.Write(ref _sendStartedMs, Environment.TickCount64);
            var sent = await output.FlushAsync();
            Volatile.Write(ref _sendStartedMs, NotSending);
            _bytes += bytes.Length;
            _requests++;
            Volatile.Write(ref _lastRequestMs, Environment.TickCount64);
            return !sent.IsCompleted;
        }

        private CancellationTokenRegistration OnStop(Action<object?> callback, object state) =>
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested.UnsafeRegister(callback, state) ?? default;

        private void CheckClock()
        {
            var nowMs = Environment.TickCount64;
            if (nowMs - Volatile.Read(ref _sendStartedMs) > Limits.SendTimeout.TotalMilliseconds)
            {
                connection.Abort(new ConnectionAbortedException("the peer takes nothing"));
            }
            else if (nowMs - Volatile.Read(ref _lastRequestMs) > Limits.IdleTimeout.TotalMilliseconds)
            {
                connection.Abort(new ConnectionAbortedException("idle for too long"));
            }
        }
    }
}
