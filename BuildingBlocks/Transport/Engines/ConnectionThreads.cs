using Microsoft.Extensions.Logging;

namespace Lab.Transport.Engines;

/// <summary>How fast threads may come and go, and how long a connection waits for one.</summary>
internal sealed record ConnectionThreadLimits
{
    /// <summary>Starting one keeps a processor for a tenth of a millisecond, and more when many run.</summary>
    public int StartsPerSecond { get; init; } = 4000;

    /// <summary>Ending one costs as much as starting one, and nobody waits for it.</summary>
    public int EndsPerSecond { get; init; } = 1000;

    /// <summary>A connection that has no thread by then is refused.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A thread without a connection ends after this.</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>
/// A thread for each connection. One whose connection has ended serves the next, so a burst of connections that come and go
/// costs no burst of threads: these are started and ended at a bounded rate, by a thread that does nothing else.
/// </summary>
internal sealed class ConnectionThreads : IDisposable
{
    private const int TicksPerSecond = 20;
    private const int StackBytes = 256 * 1024;

    private readonly object _gate = new();
    private readonly Queue<(ThreadConnection Connection, long SinceMs)> _waiting = new();

    /// <summary>Without a connection; the one that has just lost its own is the last.</summary>
    private readonly LinkedList<Worker> _idle = new();
    private readonly ConnectionThreadLimits _limits;
    private readonly ILogger _logger;
    private readonly Thread _starter;
    private bool _isStopping;
    private bool _cannotStart;

    public ConnectionThreads(ConnectionThreadLimits limits, ILogger logger)
    {
        (_limits, _logger) = (limits, logger);
        _starter = new Thread(Run) { IsBackground = true, Name = "connection threads" };
        _starter.Start();
    }

    /// <summary>Serves a connection on a thread of its own, as soon as it gets one.</summary>
    /// <returns>Completes when it has ended.</returns>
    public Task RunAsync(ThreadConnection connection)
    {
        lock (_gate)
        {
            if (_idle.Last?.Value is { } worker)
            {
                _idle.RemoveLast();
                worker.Give(connection);
            }
            else
            {
                _waiting.Enqueue((connection, Environment.TickCount64));
                Monitor.Pulse(_gate);
            }
        }

        return connection.Ended;
    }

    /// <summary>When no connection is left.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        _starter.Join();
    }

    private void Run()
    {
        var (tickEndMs, started) = (0L, 0);
        while (WaitForWork())
        {
            var nowMs = Environment.TickCount64;
            if (nowMs >= tickEndMs)
            {
                (tickEndMs, started) = (nowMs + (1000 / TicksPerSecond), 0);
                RefuseOverdue(nowMs);
                DismissIdle(nowMs);
            }

            while (started < Math.Max(1, _limits.StartsPerSecond / TicksPerSecond) && TryStart())
            {
                started++;
            }

            lock (_gate)
            {
                // Not for those who come: they are started at once, until it is enough for this tick.
                if (!_isStopping && (_waiting.Count > 0 || _idle.Count > 0))
                {
                    Monitor.Wait(_gate, (int)Math.Max(1, tickEndMs - Environment.TickCount64));
                }
            }
        }

        DismissIdle(long.MaxValue);
    }

    /// <returns>False at the end.</returns>
    private bool WaitForWork()
    {
        lock (_gate)
        {
            while (!_isStopping && _waiting.Count == 0 && _idle.Count == 0)
            {
                Monitor.Wait(_gate);
            }

            return !_isStopping;
        }
    }

    private bool TryStart()
    {
        (ThreadConnection Connection, long SinceMs) next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
            {
                return false;
            }
        }

        try
        {
            new Worker(this, next.Connection).Start();
            _cannotStart = false;
            return true;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            if (!_cannotStart)
            {
                _cannotStart = true;
                _logger.LogWarning("no thread can be started now ({Reason}); connections wait until one can, or another ends", exception.Message);
            }

            lock (_gate)
            {
                _waiting.Enqueue(next);
            }

            return false;
        }
    }

    private void RefuseOverdue(long nowMs)
    {
        lock (_gate)
        {
            while (_waiting.TryPeek(out var next) && nowMs - next.SinceMs > _limits.MaxWait.TotalMilliseconds)
            {
                _waiting.Dequeue();
                _ = Task.Run(next.Connection.RefuseAsync);
            }
        }
    }

    private void DismissIdle(long nowMs)
    {
        lock (_gate)
        {
            for (var count = _limits.EndsPerSecond / TicksPerSecond; _idle.First?.Value is { } worker && (count-- > 0 || _isStopping); _idle.RemoveFirst())
            {
                if (nowMs - worker.IdleSinceMs < _limits.MaxIdle.TotalMilliseconds)
                {
                    return;
                }

                worker.Give(null);
            }
        }
    }

    /// <returns>The next connection; null: the thread is to end.</returns>
    private ThreadConnection? Next(Worker worker)
    {
        lock (_gate)
        {
            if (_waiting.TryDequeue(out var next))
            {
                return next.Connection;
            }

            if (_isStopping)
            {
                return null;
            }

            worker.IdleSinceMs = Environment.TickCount64;
            _idle.AddLast(worker);
            Monitor.Pulse(_gate);
        }

        return worker.Take();
    }

    private sealed class Worker(ConnectionThreads owner, ThreadConnection first)
    {
        private readonly object _gate = new();
        private ThreadConnection? _given;
        private bool _isGiven;

        public long IdleSinceMs { get; set; }

        public void Start() => new Thread(Run, StackBytes) { IsBackground = true, Name = "connection" }.Start();

        /// <param name="connection">Null: end.</param>
        public void Give(ThreadConnection? connection)
        {
            lock (_gate)
            {
                (_given, _isGiven) = (connection, true);
                Monitor.Pulse(_gate);
            }
        }

        public ThreadConnection? Take()
        {
            lock (_gate)
            {
                while (!_isGiven)
                {
                    Monitor.Wait(_gate);
                }

                _isGiven = false;
                return _given;
            }
        }

        private void Run()
        {
            for (var connection = first; connection is not null; connection = owner.Next(this))
            {
                connection.Run();
            }
        }
    }
}
