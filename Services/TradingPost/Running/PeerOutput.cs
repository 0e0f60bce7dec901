using System.Text.Json;
using Lab.Threading;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Running;

/// <summary>
/// What a peer process tells: events as lines of JSON to its supervisor, lines of its own ledger to a file. Written by a
/// thread of its own, as the reader of a pipe may be slow. Not made durable: the accounts are.
/// </summary>
internal sealed class PeerOutput : IDisposable
{
    private const int MostLines = 100_000;
    private const byte NewLine = (byte)'\n';

    private readonly Stream _events;
    private readonly FileStream _ledger;
    private readonly EventThread _thread;
    private readonly ILogger _logger;
    private int _lostEvents;
    private int _lostLedgerLines;

    /// <param name="events">Gets the events.</param>
    /// <param name="ledgerFile">Goes on where an earlier process of the peer has ended.</param>
    /// <param name="failed">Told when nothing can be written any more.</param>
    /// <param name="logger">Learns what found no room.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public PeerOutput(Stream events, string ledgerFile, Action<Exception> failed, ILogger logger)
    {
        _events = events;
        _logger = logger;
        _ledger = OpenLedger(ledgerFile);
        _thread = new EventThread("output", MostLines) { TurnEnded = EndTurn, Failed = failed };
        _thread.Start();
    }

    /// <summary>It listens, and waits for the word to begin.</summary>
    public void Ready() => Write(new PeerLine(MonotonicClock.NowUs, null));

    public void Report(long atUs, PeerEvent happened) => Write(new PeerLine(atUs, happened));

    /// <summary>A line that finds no room is lost, as with a crash: the checker only holds what is there against the accounts.</summary>
    public void Note(LedgerLine line) => Post(ref _lostLedgerLines, () =>
    {
        JsonSerializer.Serialize(_ledger, line, TradingPostJson.Default.LedgerLine);
        _ledger.WriteByte(NewLine);
    });

    public void Dispose()
    {
        _thread.Dispose();
        SayLost();
        _ledger.Dispose();
    }

    private void Write(PeerLine line) => Post(ref _lostEvents, () =>
    {
        _events.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, RunningJson.Default.PeerLine), NewLine]);
        _events.Flush();
    });

    private void Post(ref int lost, Action write)
    {
        if (!_thread.TryPost(write) && Interlocked.Increment(ref lost) == 1)
        {
            // Now, too, and not only when there is room again: perhaps there never is.
            _logger.LogWarning("what this peer tells is not taken: {Lines} lines wait, and what comes now is lost", MostLines);
        }
    }

    private void EndTurn()
    {
        _ledger.Flush();
        SayLost();
    }

    /// <summary>Whoever reads the events learns only from this that some are missing.</summary>
    private void SayLost()
    {
        var (events, lines) = (Interlocked.Exchange(ref _lostEvents, 0), Interlocked.Exchange(ref _lostLedgerLines, 0));
        if (events > 0 || lines > 0)
        {
            _logger.LogWarning("{Events} events and {Lines} lines of the own ledger were lost: they found no room", events, lines);
        }
    }

    private static FileStream OpenLedger(string path)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 4096);
        if (file.Length > 0)
        {
            // A line that a crash has torn must not spoil the next one.
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != NewLine)
            {
                file.WriteByte(NewLine);
            }
        }

        return file;
    }
}
