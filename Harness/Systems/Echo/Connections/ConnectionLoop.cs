using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Transport.Native;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>
/// An event loop with its share of the connections, each in a closed loop: a request, its reply, the next request. Its methods
/// block: each is run by one thread, one after the other. Nothing is allocated per request.
/// </summary>
internal sealed class ConnectionLoop : IDisposable
{
    private const int MaxWaitMs = 100;

    /// <summary>Writing is asked for from the start: edge-triggered, it costs nothing while there is space.</summary>
    private const EpollEvents Watched = EpollEvents.In | EpollEvents.Out | EpollEvents.PeerClosed | EpollEvents.EdgeTriggered;

    /// <summary>No further event comes after one of these.</summary>
    private const EpollEvents Ended = EpollEvents.PeerClosed | EpollEvents.HangUp | EpollEvents.Error;

    private readonly Epoll _epoll = new();
    private readonly EchoExchange _exchange;

    /// <summary>Longer than any reply: a short read has drained the socket, and bytes that nobody asked for are seen.</summary>
    private readonly byte[] _received = new byte[2 * EchoRequest.Bytes];
    private readonly ConnectionState[] _connections;
    private readonly long _firstNumber;
    private readonly long _timeoutTicks;
    private readonly int _waitMs;
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private int[] _indexOfFd = new int[1024];
    private int _connecting;
    private int _waiting;
    private long _endTicks;
    private string? _reason;

    /// <summary>When anything last came of this loop's doing.</summary>
    private long _progressTicks;

    /// <exception cref="System.ComponentModel.Win32Exception">There are no descriptors left.</exception>
    public ConnectionLoop(long firstNumber, int connections, TimeSpan timeout)
    {
        _firstNumber = firstNumber;
        _exchange = new EchoExchange(firstNumber);
        _connections = new ConnectionState[connections];
        _timeoutTicks = (long)(timeout.TotalSeconds * Stopwatch.Frequency);
        _waitMs = (int)Math.Clamp(timeout.TotalMilliseconds, 1, MaxWaitMs);
    }

    /// <summary>Opens all its connections, at a bounded rate.</summary>
    public OpenedConnections Open(IPEndPoint server, double ratePerS, int maxConnecting, CancellationToken cancellationToken)
    {
        var target = new SocketAddress4(server);
        var begun = _progressTicks = Stopwatch.GetTimestamp();
        var next = 0;
        while (next < _connections.Length || _connecting > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var due = Math.Min(_connections.Length, 1 + (Stopwatch.GetElapsedTime(begun).TotalSeconds * ratePerS));
            for (; next < due && _connecting < maxConnecting; next++)
            {
                BeginConnect(next, server.Address, target);
            }

            // Too early for the next one: look again soon.
            var isEarly = next < _connections.Length && _connecting < maxConnecting;
            HandleEvents(isEarly ? 1 : _waitMs);
            if (_connecting > 0 && HasStalled())
            {
                GiveUp(ConnectionPhase.Connecting, $"no answer within {Seconds(_timeoutTicks):0.#} s");
            }
        }

        var open = _connections.Count(connection => connection.Phase == ConnectionPhase.Idle);
        return new OpenedConnections(open, Seconds(Stopwatch.GetTimestamp() - begun), TakeErrors(), _reason);
    }

    /// <summary>Sends requests on every open connection until all have their replies, are lost, or are given up.</summary>
    public LoopRun Run(RunOrder order, Barrier start, CancellationToken cancellationToken)
    {
        _exchange.Latency.Reset();
        _exchange.ErrorLatency.Reset();
        start.SignalAndWait(cancellationToken);
        var begun = _progressTicks = Stopwatch.GetTimestamp();
        _endTicks = order.Requests > 0 ? long.MaxValue : begun + (long)(order.DurationMs / 1000 * Stopwatch.Frequency);
        for (var index = 0; index < _connections.Length; index++)
        {
            ref var connection = ref _connections[index];
            if (connection.Phase == ConnectionPhase.Idle)
            {
                connection.Phase = ConnectionPhase.Waiting;
                connection.RequestsLeft = order.Requests > 0 ? order.Requests : int.MaxValue;
                _waiting++;
                Send(ref connection, index, Stopwatch.GetTimestamp());
            }
        }

        while (_waiting > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            HandleEvents(_waitMs);
            if (HasStalled())
            {
                GiveUp(ConnectionPhase.Waiting, "no reply");
            }
        }

        return new LoopRun(_exchange.Latency, _exchange.ErrorLatency, TakeErrors(), begun, Stopwatch.GetTimestamp());
    }

    /// <summary>Closes all connections; one that the server has closed before, or that holds unread bytes, is an error.</summary>
    public ClosedConnections Close()
    {
        for (var index = 0; index < _connections.Length; index++)
        {
            ref var connection = ref _connections[index];
            if (connection.Phase == ConnectionPhase.Idle)
            {
                Receive(ref connection, index, drains: true);
            }

            if (connection.Phase == ConnectionPhase.Idle)
            {
                CloseDescriptor(ref connection);
            }
        }

        var records = new List<ConnectionRecord>(_connections.Length);
        for (var index = 0; index < _connections.Length; index++)
        {
            if (_connections[index].Phase != ConnectionPhase.None)
            {
                records.Add(_connections[index].ToRecord(_firstNumber + index));
            }
        }

        return new ClosedConnections(records, TakeErrors());
    }

    public void Dispose()
    {
        for (var index = 0; index < _connections.Length; index++)
        {
            CloseDescriptor(ref _connections[index]);
        }

        _epoll.Dispose();
    }

    private static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;

    private void BeginConnect(int index, IPAddress address, SocketAddress4 target)
    {
        ref var connection = ref _connections[index];
        var fd = NativeTcp.Open();
        if (fd < 0)
        {
            FailConnect(ref connection, -fd);
            return;
        }

        connection.Fd = fd;
        connection.Phase = ConnectionPhase.Connecting;
        _connecting++;
        var result = SourceAddresses.Of(address, _firstNumber + index) is { } source ? NativeTcp.BindSource(fd, source) : 0;
        if (result >= 0)
        {
            result = NativeTcp.Connect(fd, target);
        }

        if (result < 0 && result != -Errno.InProgress)
        {
            FailConnect(ref connection, -result);
            return;
        }

        if (fd >= _indexOfFd.Length)
        {
            Array.Resize(ref _indexOfFd, Math.Max(fd + 1, _indexOfFd.Length * 2));
        }

        _indexOfFd[fd] = index;
        NativeTcp.SendWithoutDelay(fd);
        if (!_epoll.TryAdd(fd, Watched))
        {
            FailConnect(ref connection, Errno.TooManyFilesInSystem);
        }
    }

    private void FinishConnect(ref ConnectionState connection)
    {
        _progressTicks = Stopwatch.GetTimestamp();
        var error = NativeTcp.TakeError(connection.Fd);
        if (error == 0 && NativeTcp.LocalAddress(connection.Fd) is { } local)
        {
            connection.Local = local;
            connection.Phase = ConnectionPhase.Idle;
            _connecting--;
        }
        else
        {
            FailConnect(ref connection, error == 0 ? Errno.NotConnected : error);
        }
    }

    private void FailConnect(ref ConnectionState connection, int errno)
    {
        _reason ??= Errno.Describe(errno);
        Count(ErrorKinds.ConnectFailed);
        if (connection.Phase == ConnectionPhase.Connecting)
        {
            _connecting--;
            CloseDescriptor(ref connection);
            connection.Phase = ConnectionPhase.None;
        }
    }

    private void HandleEvents(int waitMs)
    {
        var count = _epoll.Wait(waitMs);
        for (var i = 0; i < count; i++)
        {
            var (fd, events) = _epoll.Ready(i);
            var index = _indexOfFd[fd];
            ref var connection = ref _connections[index];
            if (connection.Phase == ConnectionPhase.Connecting)
            {
                FinishConnect(ref connection);
            }

            if (connection.Phase is ConnectionPhase.Idle or ConnectionPhase.Waiting)
            {
                OnReady(ref connection, index, events);
            }
        }
    }

    private void OnReady(ref ConnectionState connection, int index, EpollEvents events)
    {
        if ((events & (EpollEvents.In | Ended)) != EpollEvents.None)
        {
            Receive(ref connection, index, drains: (events & Ended) != EpollEvents.None);
        }

        if (connection.Phase == ConnectionPhase.Waiting && connection.Sent < EchoRequest.Bytes)
        {
            SendRest(ref connection, index);
        }
    }

    /// <param name="connection">Where from.</param>
    /// <param name="index">Its place.</param>
    /// <param name="drains">Reads until there is nothing more; otherwise a short read is taken for that.</param>
    private void Receive(ref ConnectionState connection, int index, bool drains)
    {
        int count;
        do
        {
            count = NativeTcp.Receive(connection.Fd, _received);
            if (count <= 0)
            {
                if (count != -Errno.TryAgain)
                {
                    Lose(ref connection, ErrorKinds.ConnectionLost);
                }

                return;
            }

            Take(ref connection, index, _received.AsSpan(0, count));
        }
        while (connection.Phase is ConnectionPhase.Idle or ConnectionPhase.Waiting && (drains || count == _received.Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(ref ConnectionState connection, int index, ReadOnlySpan<byte> received)
    {
        var now = Stopwatch.GetTimestamp();
        switch (connection.Phase == ConnectionPhase.Waiting ? _exchange.Take(ref connection, index, received, now) : ReplyState.Unasked)
        {
            case ReplyState.Unasked:
                Lose(ref connection, ErrorKinds.WrongAnswer);
                return;
            case ReplyState.Incomplete:
                _progressTicks = now;
                return;
            case ReplyState.Differs:
                Count(ErrorKinds.WrongAnswer);
                break;
        }

        _progressTicks = now;
        if (connection.RequestsLeft > 0 && now < _endTicks)
        {
            Send(ref connection, index, now);
        }
        else
        {
            connection.Phase = ConnectionPhase.Idle;
            _waiting--;
        }
    }

    private void Send(ref ConnectionState connection, int index, long nowTicks)
    {
        EchoExchange.Begin(ref connection, nowTicks);
        SendRest(ref connection, index);
    }

    private void SendRest(ref ConnectionState connection, int index)
    {
        var count = NativeTcp.Send(connection.Fd, _exchange.Unsent(ref connection, index));
        if (count >= 0)
        {
            connection.Sent += count;
            connection.Bytes += count;
        }
        else if (count != -Errno.TryAgain)
        {
            Lose(ref connection, ErrorKinds.ConnectionLost);
        }
    }

    private bool HasStalled() => Stopwatch.GetTimestamp() - _progressTicks > _timeoutTicks;

    /// <summary>Whatever is in a phase does not get out of it.</summary>
    private void GiveUp(ConnectionPhase phase, string reason)
    {
        _reason ??= reason;
        for (var index = 0; index < _connections.Length; index++)
        {
            ref var connection = ref _connections[index];
            if (connection.Phase == phase)
            {
                Lose(ref connection, ErrorKinds.Timeout);
            }
        }
    }

    private void Lose(ref ConnectionState connection, string kind)
    {
        Count(kind);
        CloseDescriptor(ref connection);
        switch (connection.Phase)
        {
            case ConnectionPhase.Waiting:
                _exchange.Fail(connection, Stopwatch.GetTimestamp());
                _waiting--;
                if (_endTicks == long.MaxValue && connection.RequestsLeft > 1)
                {
                    Count(ErrorKinds.NotSent, connection.RequestsLeft - 1);
                }

                break;
            case ConnectionPhase.Connecting:
                _connecting--;
                break;
        }

        connection.Phase = connection.Phase == ConnectionPhase.Connecting ? ConnectionPhase.None : ConnectionPhase.Lost;
    }

    private void Count(string kind, long more = 1) => _errors[kind] = _errors.GetValueOrDefault(kind) + more;

    private Dictionary<string, long> TakeErrors()
    {
        var errors = new Dictionary<string, long>(_errors, StringComparer.Ordinal);
        _errors.Clear();
        return errors;
    }

    /// <summary>Descriptor 0 is nobody's connection: a state that was never used has it.</summary>
    private static void CloseDescriptor(ref ConnectionState connection)
    {
        if (connection.Fd > 0)
        {
            NativeTcp.Close(connection.Fd);
            connection.Fd = 0;
        }
    }
}

/// <summary>What one loop did in one run.</summary>
internal sealed record LoopRun(
    LatencyHistogram Latency, LatencyHistogram ErrorLatency, IReadOnlyDictionary<string, long> Errors, long BegunTicks, long EndedTicks);
