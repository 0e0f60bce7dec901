using System.Net;
using System.Net.Sockets;
using Lab.MedalTally.Protocol;
using Lab.Transport.Client;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Stores;

/// <summary>The one connection of a front-end to the database server, opened again when it has ended.</summary>
/// <param name="database">Where the database server listens; asked for each time.</param>
/// <param name="secret">Of the tiers.</param>
/// <param name="logger">Hears of attempts that fail.</param>
internal sealed class DatabaseConnection(Func<DnsEndPoint> database, string secret, ILogger logger) : IAsyncDisposable
{
    private static readonly FrameClientOptions Options = new()
    {
        ReadId = DatabaseFrames.ReadId,
        DescribeRefusal = static payload => $"the database server refuses the connection: {DatabaseFrames.Reason(payload)}",
        ReplyTimeout = TimeSpan.FromSeconds(15),
        ContinueOnReceiver = true,
    };

    /// <summary>After a failed attempt nobody tries again for so long.</summary>
    private const long PauseMs = 50;

    private readonly SemaphoreSlim _connecting = new(1);
    private volatile FrameClient? _client;
    private DnsEndPoint? _connectedTo;
    private long _lastId;
    private long _pauseUntilMs;
    private string _whyNot = "";

    /// <exception cref="NotConnectedException">There is no connection: nothing was sent.</exception>
    /// <exception cref="IOException">The connection ended, or the server refuses: nobody knows what became of the request.</exception>
    /// <exception cref="TimeoutException">No reply in time: likewise.</exception>
    public async Task<T> CallAsync<T>(Func<long, OutgoingFrame> write, ReplyParser<T> read, CancellationToken cancellationToken)
    {
        var client = _client is { IsOpen: true } open && database().Equals(_connectedTo) ? open : await ConnectAsync(cancellationToken);
        var id = Interlocked.Increment(ref _lastId);
        return await client.CallAsync(id, write(id), read, cancellationToken);
    }

    public static bool IsFailure(Exception exception) => exception is IOException or TimeoutException or SocketException;

    public async ValueTask DisposeAsync()
    {
        await _connecting.WaitAsync();
        if (_client is { } client)
        {
            await client.DisposeAsync();
        }

        _connecting.Dispose();
    }

    private async Task<FrameClient> ConnectAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            var wanted = database();
            if (_client is { IsOpen: true } open && wanted.Equals(_connectedTo))
            {
                return open;
            }

            if (Environment.TickCount64 < _pauseUntilMs)
            {
                throw new NotConnectedException(_whyNot);
            }

            var before = _client;
            var client = await FrameClient.ConnectAsync(wanted, Options, cancellationToken);
            await IntroduceAsync(client, cancellationToken);
            (_client, _connectedTo) = (client, wanted);
            if (before is not null)
            {
                await before.DisposeAsync();
            }

            return client;
        }
        catch (Exception exception) when (IsFailure(exception) && exception is not NotConnectedException)
        {
            _whyNot = $"it cannot be reached: {exception.Message}";
            _pauseUntilMs = Environment.TickCount64 + PauseMs;
            logger.LogWarning("no connection to the database server: {Reason}", exception.Message);
            throw new NotConnectedException(_whyNot, exception);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private async Task IntroduceAsync(FrameClient client, CancellationToken cancellationToken)
    {
        try
        {
            var id = Interlocked.Increment(ref _lastId);
            await client.CallAsync(id, DatabaseFrames.Hello(id, secret), static payload => DatabaseFrames.Body(payload.Span).Length, cancellationToken);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }
}

/// <summary>There is no connection, so nothing was sent.</summary>
internal sealed class NotConnectedException(string message, Exception? inner = null) : IOException(message, inner);
