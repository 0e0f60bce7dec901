using System.Text.Json;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

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

    /// <param name="events">Gets the events.</param>
    /// <param name="ledgerFile">Goes on where an earlier process of the peer has ended.</param>
    /// <param name="failed">Told when nothing can be written any more.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public PeerOutput(Stream events, string ledgerFile, Action<Exception> failed)
    {
        _events = events;
        _ledger = OpenLedger(ledgerFile);
        _thread = new EventThread("output", MostLines) { TurnEnded = () => _ledger.Flush(), Failed = failed };
        _thread.Start();
    }

    /// <summary>It listens, and waits for the word to begin.</summary>
    public void Ready() => Write(new PeerLine(MonotonicClock.NowUs, null));

    public void Report(long atUs, PeerEvent happened) => Write(new PeerLine(atUs, happened));

    /// <summary>A line that finds no room is lost, as with a crash: the checker only holds what is there against the accounts.</summary>
    public void Note(LedgerLine line) => _thread.TryPost(() =>
    {
        JsonSerializer.Serialize(_ledger, line, TradingPostJson.Default.LedgerLine);
        _ledger.WriteByte(NewLine);
    });

    public void Dispose()
    {
        _thread.Dispose();
        _ledger.Dispose();
    }

    private void Write(PeerLine line) => _thread.TryPost(() =>
    {
        _events.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, RunningJson.Default.PeerLine), NewLine]);
        _events.Flush();
    });

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
