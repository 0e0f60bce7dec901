using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Lab.FaultProxy;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Proxies;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lab.Tests.Unit.FaultProxy;

/// <summary>The fault proxy in this process, its API on a free port of the loopback interface.</summary>
internal sealed class RunningFaultProxy : IAsyncDisposable
{
    /// <summary>A delay that no test waits for: what has it does not arrive.</summary>
    public const int NeverMs = 3_600_000;

    private readonly WebApplication _app;

    private RunningFaultProxy(WebApplication app)
    {
        _app = app;
        Url = new Uri(app.Urls.Single());
        Http = new HttpClient { BaseAddress = Url };
        Client = new ToxiproxyClient(Url);
    }

    public Uri Url { get; }

    public HttpClient Http { get; }

    public ToxiproxyClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public ProxyRegistry Registry => Services.GetRequiredService<ProxyRegistry>();

    public static Task<RunningFaultProxy> StartAsync(params string[] args) => StartAsync(null, args);

    public static async Task<RunningFaultProxy> StartAsync(Action<WebApplicationBuilder>? configure, params string[] args) =>
        new(await FaultProxyApp.StartAsync(["--Service:AdminUrl=http://127.0.0.1:0", .. args], builder =>
        {
            builder.Logging.ClearProviders();
            configure?.Invoke(builder);
        }));

    /// <summary>A new proxy in front of <paramref name="upstream"/>.</summary>
    /// <returns>Where it listens.</returns>
    public async Task<IPEndPoint> AddProxyAsync(string name, IPEndPoint upstream)
    {
        var proxies = await Client.PopulateAsync([new ProxySpec(name, "127.0.0.1:0", upstream.ToString())], default);
        return IPEndPoint.Parse(proxies[0].Listen);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>A server on a free loopback port that treats every connection as it is told.</summary>
internal sealed class TestUpstream : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Keeps silent connections from being collected as garbage, which would reset them.</summary>
    private readonly ConcurrentBag<Socket> _connections = [];

    public TestUpstream(Func<Socket, Task> serve)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _ = AcceptAsync(serve);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Sends back what it gets; ends its side when the other has ended.</summary>
    public static TestUpstream Echo() => new(async connection =>
    {
        var buffer = new byte[16 * 1024];
        int bytes;
        while ((bytes = await connection.ReceiveAsync(buffer)) > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, bytes));
        }

        connection.Shutdown(SocketShutdown.Send);
    });

    /// <summary>Hands the first connection to the test, which owns it.</summary>
    public static TestUpstream Accepting(out Task<Socket> accepted)
    {
        var source = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        accepted = source.Task;
        return new TestUpstream(async connection =>
        {
            source.TrySetResult(connection);
            await Task.Delay(Timeout.Infinite);
        });
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(Func<Socket, Task> serve)
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync();
                _connections.Add(connection);
                _ = ServeAsync(connection, serve);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(Socket connection, Func<Socket, Task> serve)
    {
        using (connection)
        {
            try
            {
                await serve(connection);
            }
            catch (SocketException)
            {
                // Reset by the other side: some tests do that.
            }
        }
    }
}

internal static class SocketExtensions
{
    /// <summary>Keeps a test that waits for what never comes from waiting for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Socket> ConnectAsync(this IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address).WaitAsync(Patience);
        return socket;
    }

    public static async Task SendTextAsync(this Socket socket, string text) =>
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(text)).WaitAsync(Patience);

    public static async Task<string> ReceiveTextAsync(this Socket socket, int bytes) =>
        System.Text.Encoding.ASCII.GetString(await socket.ReceiveExactlyAsync(bytes));

    /// <returns>What came; shorter than asked for if the stream ended.</returns>
    public static async Task<byte[]> ReceiveExactlyAsync(this Socket socket, int bytes)
    {
        var buffer = new byte[bytes];
        var received = 0;
        while (received < bytes)
        {
            var more = await socket.ReceiveAsync(buffer.AsMemory(received)).AsTask().WaitAsync(Patience);
            if (more == 0)
            {
                break;
            }

            received += more;
        }

        return buffer[..received];
    }

    /// <returns>The stream is over: ended or reset. False: there was data.</returns>
    public static async Task<bool> IsOverAsync(this Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1]).WaitAsync(Patience) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Closes with a reset instead of an end.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }

    /// <summary>Waits until something has become true that other threads make true.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
