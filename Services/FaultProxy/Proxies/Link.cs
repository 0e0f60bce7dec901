using System.Buffers;
using System.Net.Sockets;
using Lab.FaultProxy.Pipeline;
using Lab.FaultProxy.Timing;
using Lab.FaultProxy.Toxics;

namespace Lab.FaultProxy.Proxies;

/// <summary>
/// One direction of a connection: reads from one socket and writes to the other. Without toxics a buffer is read and
/// written by the same loop. With toxics the loop hands copies to the pipeline and reads on; what is due is written by
/// whoever made it due: the loop, the timer thread or a change of the toxics.
/// </summary>
internal sealed class Link
{
    private const int SmallBufferBytes = 4 * 1024;
    private const int LargeBufferBytes = 64 * 1024;

    /// <summary>After so many operations that never had to wait, let others have the thread.</summary>
    private const int OperationsPerTurn = 16;

    private readonly Lock _gate = new();
    private readonly Socket _source;
    private readonly Socket _destination;
    private readonly ToxicPipeline _pipeline;
    private readonly BufferAccount _account;
    private readonly TimerThread _timers;
    private readonly DelayTimer _timer;
    private readonly Action _closeConnection;
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _room;
    private long _timerNs = long.MaxValue;

    /// <summary>Somebody is writing to the destination; nobody else may.</summary>
    private bool _sending;

    /// <summary>Nothing will be written any more; what is still read is thrown away.</summary>
    private bool _dead;

    private volatile bool _hasPassedOnEnd;

    /// <param name="source">Read from.</param>
    /// <param name="destination">Written to.</param>
    /// <param name="pipeline">Empty, this link's alone.</param>
    /// <param name="account">Bounds what the pipeline holds.</param>
    /// <param name="timers">Says when delayed data is due.</param>
    /// <param name="closeConnection">Closes both sockets and abandons both links.</param>
    public Link(
        Socket source, Socket destination, ToxicPipeline pipeline, BufferAccount account, TimerThread timers, Action closeConnection)
    {
        _source = source;
        _destination = destination;
        _pipeline = pipeline;
        _account = account;
        _timers = timers;
        _timer = new DelayTimer(Advance);
        _closeConnection = closeConnection;
    }

    /// <summary>Completes when this direction will not write any more: its end was passed on, or its receiver is gone.</summary>
    public Task Finished => _finished.Task;

    /// <summary>The destination was told that the stream is over: its socket sends nothing any more.</summary>
    public bool HasPassedOnEnd => _hasPassedOnEnd;

    /// <summary>The link of the other direction.</summary>
    public Link? Opposite { private get; set; }

    /// <summary>Bytes that wait for their time or their receiver.</summary>
    public long HeldBytes => _account.HeldBytes;

    /// <summary>The toxics of this direction are now these; counts at once, also for what is held.</summary>
    public void Apply(IReadOnlyList<ToxicEntry> toxics)
    {
        var nowNs = MonotonicClock.NowNs;
        bool send;
        lock (_gate)
        {
            if (_dead)
            {
                return;
            }

            _pipeline.Apply(toxics, nowNs);
            send = AdvanceLocked(nowNs);
        }

        if (send)
        {
            _ = SendHeldAsync();
        }
    }

    /// <summary>Reads until the source has no more to give. Never fails.</summary>
    public async Task ReadAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SmallBufferBytes);
        var last = ChunkKind.Reset;
        try
        {
            for (var operations = 1; ; operations++)
            {
                var bytes = await _source.ReceiveAsync(buffer, SocketFlags.None);
                if (bytes == 0)
                {
                    last = IsSourceReset() ? ChunkKind.Reset : ChunkKind.End;
                    break;
                }

                await ForwardAsync(buffer.AsMemory(0, bytes));
                if (bytes == buffer.Length && bytes < LargeBufferBytes)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(Math.Min(bytes * 4, LargeBufferBytes));
                }

                if (operations % OperationsPerTurn == 0)
                {
                    await Task.Yield();
                }
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // Reset by its sender, given up by the kernel, or closed here, where nobody will hear of it any more.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Hold(Chunk.Mark(last));
    }

    /// <summary>This direction ends now: what it holds is lost.</summary>
    public void Abandon()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _dead = true;
            _pipeline.Discard();
            _timers.Set(_timer, long.MaxValue);
            room = _room;
            _room = null;
        }

        room?.TrySetResult();
        _finished.TrySetResult();
    }

    /// <summary>
    /// The kernel tells of a reset once: when that was the write of the other direction, the read sees an ordinary end, and
    /// only the connection's state shows what it was. After an end that was passed on to the source that state means nothing.
    /// </summary>
    private bool IsSourceReset()
    {
        const int Tcp = 6;
        const int TcpInfo = 11;
        const byte Closed = 7;
        if (!OperatingSystem.IsLinux() || Opposite is not { HasPassedOnEnd: false })
        {
            return false;
        }

        Span<byte> state = stackalloc byte[1];
        _source.GetRawSocketOption(Tcp, TcpInfo, state);
        return state[0] == Closed;
    }

    private async ValueTask ForwardAsync(ReadOnlyMemory<byte> data)
    {
        bool direct;
        lock (_gate)
        {
            direct = _pipeline.IsIdle && !_sending && !_dead;
            _sending |= direct;
        }

        if (direct)
        {
            await SendDirectAsync(data);
            return;
        }

        Hold(Chunk.Copy(data.Span, _account));
        if (_account.IsFull)
        {
            await WaitForRoomAsync();
        }
    }

    private async ValueTask SendDirectAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            await _destination.SendAsync(data, SocketFlags.None);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            Abandon();
        }

        bool send;
        lock (_gate)
        {
            // A toxic that was added meanwhile may have something to send.
            send = _pipeline.HasOutbound;
            _sending = send;
        }

        if (send)
        {
            _ = SendHeldAsync();
        }
    }

    private void Hold(Chunk chunk)
    {
        var nowNs = MonotonicClock.NowNs;
        bool send;
        lock (_gate)
        {
            if (_dead)
            {
                chunk.Return();
                return;
            }

            _pipeline.Accept(chunk, nowNs);
            send = AdvanceLocked(nowNs);
        }

        if (send)
        {
            _ = SendHeldAsync();
        }
    }

    /// <summary>On the timer thread.</summary>
    private void Advance(long nowNs)
    {
        bool send;
        lock (_gate)
        {
            _timerNs = long.MaxValue;
            send = !_dead && AdvanceLocked(nowNs);
        }

        if (send)
        {
            _ = SendHeldAsync();
        }
    }

    /// <returns>The caller must now call <see cref="SendHeldAsync"/>, outside the lock.</returns>
    private bool AdvanceLocked(long nowNs)
    {
        var nextNs = _pipeline.Advance(nowNs);
        if (nextNs != _timerNs)
        {
            _timerNs = nextNs;
            _timers.Set(_timer, nextNs);
        }

        if (_sending || !_pipeline.HasOutbound)
        {
            return false;
        }

        _sending = true;
        return true;
    }

    /// <summary>Writes what is due until nothing is. Never fails, never runs twice at a time.</summary>
    private async Task SendHeldAsync()
    {
        try
        {
            for (var operations = 1; TryTake(out var chunk); operations++)
            {
                if (chunk.Kind == ChunkKind.Data)
                {
                    await SendAndReturnAsync(chunk);
                }
                else
                {
                    Finish(chunk.Kind);
                }

                if (operations % OperationsPerTurn == 0)
                {
                    // The timer thread must not be kept by one link.
                    await Task.Yield();
                }
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            Abandon();
        }
    }

    private bool TryTake(out Chunk chunk)
    {
        lock (_gate)
        {
            _sending = _pipeline.TryTake(out chunk);
            return _sending;
        }
    }

    private async ValueTask SendAndReturnAsync(Chunk chunk)
    {
        try
        {
            await _destination.SendAsync(chunk.Data, SocketFlags.None);
        }
        finally
        {
            chunk.Return();
            MakeRoom();
        }
    }

    private void Finish(ChunkKind kind)
    {
        if (kind == ChunkKind.Reset)
        {
            // Closing it now resets it. What the receiver's machine has received already it can still read.
            _destination.LingerState = new LingerOption(enable: true, seconds: 0);
            _closeConnection();
        }
        else
        {
            _hasPassedOnEnd = true;
            _destination.Shutdown(SocketShutdown.Send);
            Abandon();
        }
    }

    private Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (_dead || !_account.IsFull)
            {
                return Task.CompletedTask;
            }

            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    private void MakeRoom()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            if (_room is null || _account.IsFull)
            {
                return;
            }

            room = _room;
            _room = null;
        }

        room.TrySetResult();
    }
}
