using System.Net;
using System.Net.Sockets;
using Lab.Transport.Frames;

namespace Lab.Transport.Client;

/// <summary>Reads what a caller wants to know from a reply; the payload is valid only during the call.</summary>
public delegate TReply ReplyParser<out TReply>(ReadOnlyMemory<byte> payload);

/// <summary>One connection to a frame server. Any number of requests may be under way; replies are matched by id.</summary>
public sealed class FrameClient : IAsyncDisposable
{
    private static readonly TimeSpan TimeoutCheck = TimeSpan.FromMilliseconds(500);

    private readonly Socket _socket;
    private readonly FrameClientOptions _options;
    private readonly FrameReader _reader = new();
    private readonly Dictionary<long, PendingReply> _pending = [];

    /// <summary>Never disposed of, and holds nothing that it must: calls may still pass through it while the client is closed.</summary>
    private readonly SemaphoreSlim _sendGate = new(1);
    private readonly Timer _timeouts;
    private readonly Task _receiving;
    private Exception? _ended;

    /// <summary>When the frame that is being sent was begun; 0 when none is.</summary>
    private long _sendingSinceMs;

    private FrameClient(Socket socket, FrameClientOptions options)
    {
        _socket = socket;
        _options = options;
        _timeouts = new Timer(_ => FailOverdue(), state: null, TimeoutCheck, TimeoutCheck);
        _receiving = ReceiveAsync();
    }

    /// <summary>False once the connection has ended; calls then fail at once.</summary>
    public bool IsOpen => Volatile.Read(ref _ended) is null;

    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="TimeoutException">The connect timeout ran out.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<FrameClient> ConnectAsync(
        DnsEndPoint server, FrameClientOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, options.ConnectTimeout, cancellationToken);
            return new FrameClient(socket, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and waits for the reply with its id.</summary>
    /// <param name="id">Unique among the requests under way; stands in the payload, too.</param>
    /// <param name="request">Owned by this call from now on.</param>
    /// <param name="parse">Called once, on the receiving thread.</param>
    /// <param name="cancellationToken">Gives the reply up; the request may still be executed.</param>
    /// <exception cref="IOException">The connection ended before the reply: nobody knows whether the request was executed.</exception>
    /// <exception cref="TimeoutException">
    /// No reply in time, or the server did not even take the request: nobody knows whether it was executed.
    /// </exception>
    public async Task<TReply> CallAsync<TReply>(
        long id, OutgoingFrame request, ReplyParser<TReply> parse, CancellationToken cancellationToken)
    {
        using (request)
        {
            var pending = new PendingReply<TReply>(parse, _options);
            Register(id, pending);
            using var cancelled = cancellationToken.UnsafeRegister(
                static (state, token) => ((PendingReply)state!).Fail(new OperationCanceledException(token)), pending);
            try
            {
                await SendAsync(request.Wire, cancellationToken);
                return await pending.Task;
            }
            finally
            {
                Forget(id);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        End(new IOException("the client was closed"));
        await _receiving;
        await _timeouts.DisposeAsync();
        _reader.Dispose();
    }

    private void Register(long id, PendingReply pending)
    {
        lock (_pending)
        {
            if (_ended is not null)
            {
                throw new IOException("the connection has ended", _ended);
            }

            if (!_pending.TryAdd(id, pending))
            {
                throw new ArgumentException($"a request with id {id} is under way", nameof(id));
            }
        }
    }

    private void Forget(long id)
    {
        lock (_pending)
        {
            _pending.Remove(id);
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> wire, CancellationToken cancellationToken)
    {
        await _sendGate.WaitAsync(cancellationToken);
        Volatile.Write(ref _sendingSinceMs, Environment.TickCount64);
        try
        {
            // Not cancelled half-way: a torn frame would spoil the connection for all other requests.
            while (wire.Length > 0)
            {
                wire = wire[await _socket.SendAsync(wire, SocketFlags.None, CancellationToken.None)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            End(exception);
            throw _ended is TimeoutException timeout
                ? new TimeoutException(timeout.Message, exception)
                : new IOException("the connection ended while the request was sent", exception);
        }
        finally
        {
            Volatile.Write(ref _sendingSinceMs, 0);
            _sendGate.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(_reader.Free(), SocketFlags.None);
                if (received == 0)
                {
                    End(new IOException("the server closed the connection"));
                    return;
                }

                _reader.Received(received);
                FrameStatus status;
                while ((status = _reader.TryRead(out var payload)) == FrameStatus.Complete)
                {
                    Deliver(payload);
                }

                if (status == FrameStatus.TooLarge)
                {
                    End(new IOException($"the server sent a frame over {FrameFormat.MaxPayloadBytes} bytes"));
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            // Whatever ends the receiving ends every call that waits for it.
            End(exception);
        }
    }

    private void Deliver(ReadOnlyMemory<byte> payload)
    {
        PendingReply? pending = null;
        if (_options.ReadId(payload.Span) is { } id)
        {
            lock (_pending)
            {
                _pending.Remove(id, out pending);
            }

            // A reply nobody waits for any more belongs to a request that was given up.
            pending?.Deliver(payload);
        }
        else
        {
            // Without an id it is about the connection: the server refuses it, and says why.
            End(new IOException(_options.DescribeRefusal(payload.Span)));
        }
    }

    private void FailOverdue()
    {
        var nowMs = Environment.TickCount64;
        List<PendingReply>? overdue = null;
        lock (_pending)
        {
            foreach (var pending in _pending.Values)
            {
                if (pending.DeadlineMs <= nowMs)
                {
                    (overdue ??= []).Add(pending);
                }
            }
        }

        overdue?.ForEach(pending => pending.Fail(new TimeoutException("no reply in time")));
        if (Volatile.Read(ref _sendingSinceMs) is not 0 and var sinceMs && nowMs - sinceMs > _options.ReplyTimeout.TotalMilliseconds)
        {
            // Whoever sends, and all who wait to send after it, would wait for ever.
            End(new TimeoutException("the server does not take what is sent to it"));
        }
    }

    private void End(Exception reason)
    {
        PendingReply[] waiting;
        lock (_pending)
        {
            if (_ended is not null)
            {
                return;
            }

            _ended = reason;
            waiting = [.. _pending.Values];
        }

        _socket.Dispose();
        foreach (var pending in waiting)
        {
            pending.Fail(reason is IOException or TimeoutException ? reason : new IOException("the connection ended", reason));
        }
    }
}
