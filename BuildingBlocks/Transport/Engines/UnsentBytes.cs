using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Lab.Transport.Engines;

/// <summary>
/// Counts the memory of answers that have not left a server yet, and decides who may start another request: a peer that asks
/// and does not read must neither fill the memory nor take the others' share of it.
/// </summary>
internal sealed class UnsentBytes(ConnectionLimits limits, ILogger logger)
{
    /// <summary>What a connection may hold without being counted in the total: whoever asks for little is never kept waiting.</summary>
    public const int UncountedBytes = 16 * 1024;

    private const int QuietChecks = 3;

    private static readonly TimeSpan QuietCheckInterval = TimeSpan.FromSeconds(2);
    private static readonly long LogPauseMs = (long)TimeSpan.FromSeconds(10).TotalMilliseconds;

    /// <summary>Connections that hold nothing and wait all the same, because all others together hold too much.</summary>
    private readonly ConcurrentQueue<EngineConnection> _waiting = new();
    private readonly long _limitOfHolders = limits.MaxUnsentTotalBytes / 8;
    private long _totalBytes;
    private long _deafPeers;
    private long _nextLogMs;
    private int _isMuch;

    public long TotalBytes => Interlocked.Read(ref _totalBytes);

    /// <summary>Connections that were ended because their peers did not take an answer in time.</summary>
    public long DeafPeers => Interlocked.Read(ref _deafPeers);

    /// <summary>Takes room for an answer, if there is any. For each connection one thread at a time.</summary>
    /// <param name="heldBytes">What the connection holds.</param>
    /// <param name="bytes">The longest that the answer can be.</param>
    public bool TryTake(ref long heldBytes, int bytes)
    {
        var before = Volatile.Read(ref heldBytes);
        var after = before + bytes;
        if (before > 0 && after > limits.MaxUnsentBytes)
        {
            return false;
        }

        var counted = Counted(after) - Counted(before);
        var total = TotalBytes;
        if (counted > 0 && total > 0 && total + counted > (before > 0 ? _limitOfHolders : limits.MaxUnsentTotalBytes))
        {
            return false;
        }

        Change(ref heldBytes, bytes);
        return true;
    }

    /// <summary>A connection holds more, or less, than before.</summary>
    public void Change(ref long heldBytes, long byBytes)
    {
        var after = Interlocked.Add(ref heldBytes, byBytes);
        var counted = Counted(after) - Counted(after - byBytes);
        if (counted != 0)
        {
            var total = Interlocked.Add(ref _totalBytes, counted);
            if (total > _limitOfHolders && Volatile.Read(ref _isMuch) == 0)
            {
                NoteMuch();
            }

            if (counted < 0 && _waiting.TryDequeue(out var connection))
            {
                connection.LookForRoom();
            }
        }
    }

    /// <summary>The connection is told when there is less; it looks again after this call, for what has happened before.</summary>
    public void Wait(EngineConnection connection) => _waiting.Enqueue(connection);

    /// <summary>A connection is ended because its peer has not taken an answer in time.</summary>
    public void NoteDeafPeer()
    {
        var count = Interlocked.Increment(ref _deafPeers);
        var (nowMs, nextMs) = (Environment.TickCount64, Volatile.Read(ref _nextLogMs));
        if (nowMs >= nextMs && Interlocked.CompareExchange(ref _nextLogMs, nowMs + LogPauseMs, nextMs) == nextMs)
        {
            logger.LogWarning(
                "a connection is ended: its peer has not taken an answer within {Seconds} s; {Count} so far", limits.SendTimeout.TotalSeconds, count);
        }
    }

    /// <summary>
    /// Those answers are garbage when they have left, and a server without much to do does not look for garbage for hours: it is
    /// told to, once, when it has nothing to send for a while.
    /// </summary>
    private void NoteMuch()
    {
        if (Interlocked.Exchange(ref _isMuch, 1) == 0)
        {
            _ = CollectWhenQuietAsync();
        }
    }

    private async Task CollectWhenQuietAsync()
    {
        for (var quiet = 0; quiet < QuietChecks; quiet = TotalBytes == 0 ? quiet + 1 : 0)
        {
            await Task.Delay(QuietCheckInterval);
        }

        Volatile.Write(ref _isMuch, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    private static long Counted(long heldBytes) => Math.Max(0, heldBytes - UncountedBytes);
}
