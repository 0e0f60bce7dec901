using System.Net;
using System.Net.Sockets;

namespace Lab.Tests.Unit.Load;

/// <summary>An echo server of the tests, which can misbehave.</summary>
internal sealed class TinyEchoServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly Func<Socket, int, ReadOnlyMemory<byte>, CancellationToken, ValueTask<bool>> _answer;
    private readonly Task _accepting;

    /// <param name="answer">Gets the connection, its number and what has come; false closes the connection.</param>
    public TinyEchoServer(Func<Socket, int, ReadOnlyMemory<byte>, CancellationToken, ValueTask<bool>>? answer = null)
    {
        _answer = answer ?? EchoAsync;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        Endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    public IPEndPoint Endpoint { get; }

    /// <summary>Called when a client has closed its connection.</summary>
    public Action<Socket> Closed { get; init; } = _ => { };

    public static async ValueTask<bool> EchoAsync(Socket socket, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await socket.SendAsync(bytes, cancellationToken);
        return true;
    }

    /// <summary>May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_accepting.IsCompleted)
        {
            return;
        }

        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var number = 0; !_stop.IsCancellationRequested; number++)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                _running.Add(ServeAsync(socket, number));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        using var owned = socket;
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, _stop.Token) is > 0 and var count
                && await _answer(socket, number, buffer.AsMemory(0, count), _stop.Token))
            {
            }

            Closed(socket);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The test is over, or the client gave up.
        }
    }
}
