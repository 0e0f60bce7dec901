using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Lab.TradingPost.Protocol;
using Lab.Transport.Client;

namespace Lab.TradingPost.Client;

/// <summary>A client's connections to peers: opened when needed, and again when they have ended.</summary>
internal sealed class PeerConnections(IReadOnlyList<DnsEndPoint> peers, FrameClientOptions options) : IAsyncDisposable
{
    private readonly FrameClient?[] _open = new FrameClient?[peers.Count];
    private readonly SemaphoreSlim[] _opening = [.. peers.Select(_ => new SemaphoreSlim(1))];
    private long _lastId;

    public int Count => peers.Count;

    /// <summary>Asks a peer and waits for its answer.</summary>
    /// <exception cref="IOException">The connection ended: nobody knows whether the message arrived.</exception>
    /// <exception cref="TimeoutException">No answer, likewise.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="PeerErrorException">It does not want this message.</exception>
    public async Task<Envelope> CallAsync(int peer, int from, PeerMessage message, CancellationToken cancellationToken)
    {
        var connection = _open[peer] is { IsOpen: true } open ? open : await OpenAsync(peer, cancellationToken);
        var id = Interlocked.Increment(ref _lastId);
        return await connection.CallAsync(id, EnvelopeFrames.Write(new Envelope(id, from, message)), Read, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        for (var peer = 0; peer < peers.Count; peer++)
        {
            await _opening[peer].WaitAsync();
            await (_open[peer]?.DisposeAsync() ?? default);
            _opening[peer].Dispose();
        }
    }

    private static Envelope Read(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return EnvelopeFrames.Read(payload.Span);
        }
        catch (JsonException)
        {
            throw new PeerErrorException(EnvelopeFrames.ReadError(payload.Span) ?? "a peer sent what is no answer");
        }
    }

    private async Task<FrameClient> OpenAsync(int peer, CancellationToken cancellationToken)
    {
        await _opening[peer].WaitAsync(cancellationToken);
        try
        {
            if (_open[peer] is { IsOpen: true } open)
            {
                return open;
            }

            await (_open[peer]?.DisposeAsync() ?? default);
            _open[peer] = null;
            return _open[peer] = await FrameClient.ConnectAsync(peers[peer], options, cancellationToken);
        }
        finally
        {
            _opening[peer].Release();
        }
    }
}

/// <summary>A peer answered with an error: it does not want the message.</summary>
internal sealed class PeerErrorException(string message) : Exception(message);
