using System.Net.Sockets;
using Lab.Transport.Frames;

namespace Lab.Transport.Engines;

/// <summary>A connection on a socket of the runtime.</summary>
internal abstract class SocketConnection(Socket socket, EngineContext context) : EngineConnection(context)
{
    protected Socket Socket { get; } = socket;

    /// <summary>While it is open.</summary>
    public int Descriptor => (int)Socket.Handle;

    /// <summary>Ended by a clock, or by a handler that failed.</summary>
    protected bool IsAborted { get; private set; }

    protected FrameReader Reader { get; } = new(context.Limits.MaxPayloadBytes, context.Framing);

    protected override void StopReceiving()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    public override void Abort()
    {
        IsAborted = true;
        Socket.Dispose();
    }

    /// <summary>Ends a connection whose requests are all answered: because the peer closed it, or because it is closing.</summary>
    protected async Task EndAsync()
    {
        if (!IsClosing && Reader.PartialBytes == 0)
        {
            ReportClosed(Descriptor);
        }

        Socket.Shutdown(SocketShutdown.Send);
        if (IsClosing)
        {
            await DiscardAsync();
        }
    }

    /// <summary>
    /// Reads what the peer still sends after a refusal: closing with unread bytes would reset the connection and could
    /// destroy the refusal on its way. Bounded by the close deadline, which aborts the socket.
    /// </summary>
    private async Task DiscardAsync()
    {
        var waste = new byte[4096];
        while (await Socket.ReceiveAsync(waste, SocketFlags.None) > 0)
        {
        }
    }

    public override void Dispose()
    {
        Socket.Dispose();
        Reader.Dispose();
    }
}
