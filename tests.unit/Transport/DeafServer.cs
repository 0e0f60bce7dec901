using System.Net;
using System.Net.Sockets;

namespace Lab.Tests.Unit.Transport;

/// <summary>A listener whose backlog is full: whoever connects is neither accepted nor refused.</summary>
internal sealed class DeafServer : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public DeafServer()
    {
        var listener = NewSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        EndPoint = (IPEndPoint)listener.LocalEndPoint!;
        for (var client = 0; client < 4; client++)
        {
            var socket = NewSocket();
            socket.Blocking = false;
            try
            {
                socket.Connect(EndPoint);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // It waits, and so does everybody after it.
            }
        }
    }

    public IPEndPoint EndPoint { get; }

    public DnsEndPoint Address => new("127.0.0.1", EndPoint.Port);

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    private Socket NewSocket()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        return socket;
    }
}
