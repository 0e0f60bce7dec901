using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Unicode;
using Lab.ServiceDefaults;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.EchoServer;

/// <summary>
/// A file with a line for every connection that its peer closed in order:
/// <c>127.0.0.1:55713 fd=89 bytes=6400 requests=100</c>. Emptied at the start; a line has at most 96 bytes.
/// </summary>
/// <remarks>
/// Event loops only put a struct into a list; a thread of its own swaps that list for an empty one, formats and writes.
/// It sleeps while nobody closes anything; waking it costs a loop something once per <see cref="Company"/> at most.
/// </remarks>
internal sealed class ConnectionLog : IDisposable
{
    public const int DefaultQueueEntries = 65_536;

    private const int MaxLineBytes = 96;
    private const int StackBytes = 128 * 1024;

    /// <summary>How long a line waits for others before all are written: connections seldom end alone.</summary>
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(20);

    private readonly int _maxQueueEntries;
    private readonly ILogger _logger;
    private readonly FileStream _file;
    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly Thread _writer;
    private readonly AutoResetEvent _wake = new(initialState: false);

    [SuppressMessage("Meziantou.Analyzer", "MA0158:Use System.Threading.Lock", Justification = "a full queue is waited for with Monitor.Wait")]
    private readonly object _gate = new();
    private List<ClosedConnection> _queue = [];
    private TaskCompletionSource? _flush;
    private bool _isStopping;
    private int _buffered;
    private long _lengthBytes;

    /// <summary>The log of a service: <c>NAME.connections.log</c> beside its other logs.</summary>
    /// <inheritdoc cref="ConnectionLog(string, ILogger, int)"/>
    public ConnectionLog(ServiceOptions service, ILogger logger)
        : this(System.IO.Path.Combine(service.LogFolder, service.Name + ".connections.log"), logger)
    {
    }

    /// <param name="path">Of the file; its folder is made.</param>
    /// <param name="logger">Is told when the file cannot be written.</param>
    /// <param name="maxQueueEntries">Connections that may wait to be written.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be opened.</exception>
    public ConnectionLog(string path, ILogger logger, int maxQueueEntries = DefaultQueueEntries)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        _file = new FileStream(Path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _logger = logger;
        _maxQueueEntries = maxQueueEntries;
        _writer = new Thread(Run, StackBytes) { IsBackground = true, Name = "connection log" };
        _writer.Start();
    }

    public string Path { get; }

    /// <summary>
    /// A line more. Blocks while the queue is full: a lost line would look like a connection that the server never saw,
    /// which is worse than an event loop that waits some milliseconds for the disk.
    /// </summary>
    public void Add(in ClosedConnection connection)
    {
        bool wakesWriter;
        lock (_gate)
        {
            while (_queue.Count >= _maxQueueEntries)
            {
                Monitor.Wait(_gate);
            }

            _queue.Add(connection);
            wakesWriter = _queue.Count == 1 || _queue.Count == _maxQueueEntries;
        }

        if (wakesWriter)
        {
            _wake.Set();
        }
    }

    /// <summary>Writes what has been added before.</summary>
    /// <returns>The file's length, in bytes.</returns>
    public async Task<long> FlushAsync(CancellationToken cancellationToken)
    {
        Task flushed;
        lock (_gate)
        {
            _flush ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = _flush.Task;
        }

        _wake.Set();
        await flushed.WaitAsync(cancellationToken);
        return Volatile.Read(ref _lengthBytes);
    }

    /// <summary>Writes what has been added before; nothing may be added any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
        }

        _wake.Set();
        _writer.Join();
        _wake.Dispose();
        _file.Dispose();
    }

    private void Run()
    {
        var batch = new List<ClosedConnection>();
        for (var isLast = false; !isLast;)
        {
            _wake.WaitOne();
            if (!MustHurry())
            {
                _wake.WaitOne(Company);
            }

            TaskCompletionSource? flush;
            lock (_gate)
            {
                (batch, _queue) = (_queue, batch);
                (flush, _flush) = (_flush, null);
                isLast = _isStopping;
                Monitor.PulseAll(_gate);
            }

            Write(batch);
            batch.Clear();
            flush?.SetResult();
        }
    }

    private bool MustHurry()
    {
        lock (_gate)
        {
            return _isStopping || _flush is not null || _queue.Count >= _maxQueueEntries;
        }
    }

    private void Write(List<ClosedConnection> batch)
    {
        try
        {
            foreach (var connection in batch)
            {
                if (_buffer.Length - _buffered < MaxLineBytes)
                {
                    WriteBuffered();
                }

                _buffered += Format(connection, _buffer.AsSpan(_buffered));
            }

            WriteBuffered();
        }
        catch (IOException exception)
        {
            // The lines are missing, and whoever counts them will say so.
            _buffered = 0;
            _logger.LogError("{Path} cannot be written: {Reason}", Path, exception.Message);
        }
    }

    private void WriteBuffered()
    {
        _file.Write(_buffer, 0, _buffered);
        Volatile.Write(ref _lengthBytes, _lengthBytes + _buffered);
        _buffered = 0;
    }

    private static int Format(in ClosedConnection connection, Span<byte> line)
    {
        var culture = CultureInfo.InvariantCulture;
        var written = 0;
        if (connection.Peer is { } peer)
        {
            var address = peer.Address;
            Utf8.TryWrite(line, culture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}:{peer.Port}", out written);
        }
        else
        {
            "unknown"u8.CopyTo(line);
            written = "unknown"u8.Length;
        }

        Utf8.TryWrite(
            line[written..], culture, $" fd={connection.Descriptor} bytes={connection.Bytes} requests={connection.Requests}\n", out var rest);
        return written + rest;
    }
}
