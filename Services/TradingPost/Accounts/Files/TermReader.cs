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

    /// <summary>In bytes: the file was acknowledged up to there before it was opened here, or holds a snapshot's place; 0: nobody knows.</summary>
    public long Confirmed { get; private set; }

    /// <returns>Null when the term never began: whoever took it died, or still is at it.</returns>
    /// <exception cref="DamagedJournalException">It is missing or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TermReader? TryOpen(JournalFolder folder, long term)
    {
        var path = folder.Journal(term);

        // First: what its trader writes and confirms meanwhile is read, too.
        var confirmed = ConfirmedEnd.Read(folder, term);
        if (!Disk.Exists(path))
        {
            throw new DamagedJournalException(path, 0, "the file is missing");
        }

        var reader = new TermReader(JournalFolder.Open(path), path) { Confirmed = confirmed ?? 0 };
        try
        {
            if (reader.TryReadLine(AccountsJson.Default.TermClaim, out var claim))
            {
                reader.Claim = claim.Term == term && (claim.Base is null || claim.Base.Term < term)
                    ? claim
                    : throw new DamagedJournalException(path, 0, $"it says that it is of term {claim.Term} and continues {claim.Base}: it is another one's file");
                return reader;
            }

            reader.MustReach(reader.Confirmed);
        }
        catch
        {
            reader.Dispose();
            throw;
        }

        reader.Dispose();
        return null;
    }

    /// <summary>Who took the term, by the beginning of its first line: the rest of that may be long.</summary>
    /// <returns>Null: nobody has, or its first line is not there yet.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int? TraderOf(JournalFolder folder, long term)
    {
        const int Enough = 128;
        using var file = JournalFolder.Open(folder.Journal(term));
        var beginning = new byte[Enough];
        var read = RandomAccess.Read(file, beginning, 0);
        return read > JournalLine.PrefixBytes ? ReadTrader(beginning.AsSpan(JournalLine.PrefixBytes, read - JournalLine.PrefixBytes)) : null;
    }

    /// <summary>What was appended at one time.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public bool TryRead([NotNullWhen(true)] out IReadOnlyList<AccountRecord>? records) =>
        TryReadLine(AccountsJson.Default.IReadOnlyListAccountRecord, out records);

    /// <summary>The accounts at the end of the file, by its last snapshot and what follows that.</summary>
    /// <exception cref="IOException">It cannot be read, or is damaged.</exception>
    public Ledger Replay(TermSnapshot? snapshot, CancellationToken cancellationToken)
    {
        if (snapshot is not null)
        {
            Confirmed = Math.Max(Confirmed, snapshot.Offset);
            if (snapshot.Offset > RandomAccess.GetLength(_file))
            {
                snapshot = null;
            }
            else
            {
                _lines = new JournalLineReader(_file, _path, snapshot.Offset);
            }
        }

        var ledger = ToLedger(snapshot?.Ledger ?? Claim.Ledger, _path);
        var begin = Offset;
        try
        {
            for (; TryRead(out var records); begin = Offset)
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
            throw new DamagedJournalException(_path, begin, exception.Message, exception);
        }

        MustReach(Confirmed);

        // What was read counts from here on, even if its writer is still waiting for the disk.
        Disk.Flush(_file, _path);
        return ledger;
    }

    /// <summary>To be called at its end.</summary>
    /// <param name="end">In bytes: the file is known to have been whole up to there.</param>
    /// <exception cref="DamagedJournalException">It ends before.</exception>
    public void MustReach(long end)
    {
        if (Offset < end)
        {
            throw new DamagedJournalException(_path, Offset, FormattableString.Invariant($"it has lost its end, and was acknowledged up to byte {end}"));
        }
    }

    /// <summary>Goes to the next line without a look at what it says.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="DamagedJournalException">It is damaged there.</exception>
    public bool TrySkip() => _lines.TryRead(out _);

    /// <exception cref="DamagedJournalException">It is none.</exception>
    public static Ledger ToLedger(JsonElement snapshot, string path)
    {
        try
        {
            return Ledger.FromSnapshot(JsonMarshal.GetRawUtf8Value(snapshot));
        }
        catch (FormatException exception)
        {
            throw new DamagedJournalException(path, 0, exception.Message, exception);
        }
    }

    public void Dispose() => _file.Dispose();

    private static int? ReadTrader(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, isFinalBlock: false, state: default);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("trader"u8))
                {
                    return reader.Read() && reader.TryGetInt32(out var trader) ? trader : null;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Nothing that a claim has written.
        }

        return null;
    }

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
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new DamagedJournalException(_path, begin, $"{exception.Message}; the file is of another version, or was changed", exception);
        }
    }
}
