using System.Net;
using System.Net.Sockets;

namespace Lab.FaultProxy.Measurement;

/// <summary>The upstream of a measurement: sends back what it gets, or only counts it. A blocking thread per connection.</summary>
internal sealed class EchoServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly bool _echo;

    /// <param name="echo">False: swallow everything, and send one byte at the end of the stream.</param>
    public EchoServer(bool echo)
    {
        _echo = echo;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                var connection = _listener.Accept();
                new Thread(() => Serve(connection)) { IsBackground = true }.Start();
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // Disposed: the measurement is over.
        }
    }

    private void Serve(Socket connection)
    {
        using (connection)
        {
            connection.NoDelay = true;
            var buffer = new byte[64 * 1024];
            try
            {
                int bytes;
                while ((bytes = connection.Receive(buffer)) > 0)
                {
                    if (_echo)
                    {
                        connection.Send(buffer.AsSpan(0, bytes));
                    }
                }

                connection.Send(buffer.AsSpan(0, 1));
            }
            catch (SocketException)
            {
                // The other side has gone, which is all there is to know.
            }
        }
    }
}
