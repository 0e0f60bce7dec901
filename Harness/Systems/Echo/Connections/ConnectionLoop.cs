using System.Diagnostics;
using System.Net;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Transport.Native;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>
/// An event loop with its share of the connections. Its methods block: each is run by one thread, one after the other.
/// Nothing is allocated per request.
/// </summary>
internal sealed partial class ConnectionLoop : IDisposable
{
    private const int MaxWaitMs = 100;

    /// <summary>Writing is asked for from the start: edge-triggered, it costs nothing while there is space.</summary>
    private const EpollEvents Watched = EpollEvents.In | EpollEvents.Out | EpollEvents.PeerClosed | EpollEvents.EdgeTriggered;

    private readonly Epoll _epoll = new();
    private readonly ConnectionState[] _connections;
    private readonly long _firstNumber;
    private readonly long _timeoutTicks;
    private readonly int _waitMs;
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private int[] _indexOfFd = new int[1024];
    private int _connecting;
    private string? _reason;

    /// <summary>When anything last came of this loop's doing.</summary>
    private long _progressTicks;

    /// <exception cref="System.ComponentModel.Win32Exception">There are no descriptors left.</exception>
    public ConnectionLoop(long firstNumber, int connections, TimeSpan timeout)
    {
        _firstNumber = firstNumber;
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
            case ConnectionPhase.Waiting: _waiting--; break;
            case ConnectionPhase.Connecting: _connecting--; break;
        }

        connection.Phase = connection.Phase == ConnectionPhase.Connecting ? ConnectionPhase.None : ConnectionPhase.Lost;
    }

    private void Count(string kind) => _errors[kind] = _errors.GetValueOrDefault(kind) + 1;

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
internal sealed record LoopRun(LatencyHistogram Latency, IReadOnlyDictionary<string, long> Errors, long BegunTicks, long EndedTicks);
