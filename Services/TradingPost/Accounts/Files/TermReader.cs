using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Lab.TradingPost.Market;
using Microsoft.Win32.SafeHandles;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>Reads what a term's file holds.</summary>
internal sealed class TermReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private JournalLineReader _lines;

    private TermReader(SafeFileHandle file, string path)
    {
        _file = file;
        _path = path;
        _lines = new JournalLineReader(file, path, 0);
    }

    public TermClaim Claim { get; private set; } = null!;

    /// <summary>In bytes: where the last line that was read ends.</summary>
    public long Offset => _lines.Offset;

    /// <returns>Null when the term never began: whoever took it died, or still is at it.</returns>
    /// <exception cref="IOException">It is missing, cannot be read, or is damaged.</exception>
    public static TermReader? TryOpen(JournalFolder folder, long term)
    {
        var path = folder.Journal(term);
        var reader = new TermReader(JournalFolder.Open(path), path);
        try
        {
            if (reader.TryReadLine(AccountsJson.Default.TermClaim, out var claim))
            {
                reader.Claim = claim.Term == term && (claim.Base is null || claim.Base.Term < term)
                    ? claim
                    : throw new IOException($"{path} says that it is of term {claim.Term} and continues {claim.Base}: it is another one's file");
                return reader;
            }
        }
        catch
        {
            reader.Dispose();
            throw;
        }

        reader.Dispose();
        return null;
    }

    /// <summary>What was appended at one time.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public bool TryRead([NotNullWhen(true)] out IReadOnlyList<AccountRecord>? records) =>
        TryReadLine(AccountsJson.Default.IReadOnlyListAccountRecord, out records);

    /// <summary>The accounts at the end of the file, by its last snapshot and what follows that.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public Ledger Replay(TermSnapshot? snapshot, CancellationToken cancellationToken)
    {
        var ledger = ToLedger(snapshot?.Ledger ?? Claim.Ledger, _path);
        if (snapshot is not null)
        {
            if (snapshot.Offset > RandomAccess.GetLength(_file))
            {
                throw new IOException($"{_path} has lost its end: its snapshot was taken at byte {snapshot.Offset}");
            }

            _lines = new JournalLineReader(_file, _path, snapshot.Offset);
        }

        try
        {
            while (TryRead(out var records))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var record in records)
                {
                    ledger.Apply(record, Claim.Term);
                }
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new IOException($"{_path} is damaged before byte {Offset}: {exception.Message}", exception);
        }

        // What was read counts from here on, even if its writer is still waiting for the disk.
        Disk.Flush(_file, _path);
        return ledger;
    }

    /// <exception cref="IOException">It is none.</exception>
    public static Ledger ToLedger(JsonElement snapshot, string path)
    {
        try
        {
            return Ledger.FromSnapshot(JsonMarshal.GetRawUtf8Value(snapshot));
        }
        catch (FormatException exception)
        {
            throw new IOException($"{path}: {exception.Message}", exception);
        }
    }

    public void Dispose() => _file.Dispose();

    private bool TryReadLine<T>(JsonTypeInfo<T> type, [NotNullWhen(true)] out T? content)
        where T : class
    {
        var begin = Offset;
        content = null;
        if (!_lines.TryRead(out var json))
        {
            return false;
        }

        try
        {
            content = JsonSerializer.Deserialize(json.Span, type) ?? throw new JsonException("it is null");
            return true;
        }
        catch (JsonException exception)
        {
            throw new IOException($"{_path} at byte {begin}: {exception.Message}; the file is of another version, or was changed", exception);
        }
    }
}
