using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Lab.Journal;

/// <summary>The folder of a journal: names of its files, and how a segment is taken.</summary>
/// <param name="folder">Its path.</param>
/// <param name="prefix">What the names of segments begin with.</param>
/// <param name="advice">What to do about damage, as a sentence without its dot: the end of every message about it.</param>
public sealed class JournalFolder(string folder, string prefix, string advice)
{
    private const string Extension = ".journal";
    private const string SnapshotExtension = ".snapshot";
    private const string ConfirmedExtension = ".confirmed";

    /// <summary>So many others may take a segment before this one gets one.</summary>
    private const int MostAttempts = 100;

    /// <summary>Absolute.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(folder);

    /// <summary>Holds everything of a segment.</summary>
    internal string Journal(long segment) => System.IO.Path.Combine(Path, Name(segment) + Extension);

    /// <summary>Holds the state at some place of the segment; may be missing.</summary>
    internal string Snapshot(long segment) => System.IO.Path.Combine(Path, Name(segment) + SnapshotExtension);

    /// <summary>Holds up to where the segment was acknowledged (<see cref="ConfirmedEnd"/>).</summary>
    internal string Confirmed(long segment) => System.IO.Path.Combine(Path, Name(segment) + ConfirmedExtension);

    /// <summary>Makes the folder when it is missing.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Create()
    {
        if (!Directory.Exists(Path))
        {
            Directory.CreateDirectory(Path);
            Disk.FlushFolder(System.IO.Path.GetDirectoryName(Path) ?? Path);
        }
    }

    /// <summary>Removes the journal, but no other file. Nobody may use it any more.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public void Clear()
    {
        foreach (var path in Directory.EnumerateFiles(Path, prefix + "*").Where(IsMine))
        {
            File.Delete(path);
        }

        Disk.FlushFolder(Path);

        static bool IsMine(string path) =>
            path.EndsWith(Extension, StringComparison.Ordinal) || path.EndsWith(SnapshotExtension, StringComparison.Ordinal)
            || path.EndsWith(ConfirmedExtension, StringComparison.Ordinal) || path.EndsWith(Disk.Unfinished, StringComparison.Ordinal);
    }

    /// <summary>0 when no segment was ever taken. One whose journal is gone counts as long as something else of it is there.</summary>
    /// <exception cref="IOException">The folder is missing or cannot be read.</exception>
    public long HighestSegment() => Directory.EnumerateFiles(Path, prefix + "*")
        .Select(path => (Path: path, Segment: SegmentOf(path)))
        .Where(file => file.Path == Journal(file.Segment) || file.Path == Confirmed(file.Segment))
        .Select(file => file.Segment).DefaultIfEmpty(0).Max();

    /// <summary>Was this segment ever taken?</summary>
    /// <exception cref="IOException">Nobody knows.</exception>
    public bool WasTaken(long segment) => Disk.Exists(Journal(segment));

    /// <summary>Who took a segment, by the beginning of its first line: the rest of that may be long.</summary>
    /// <returns>Null: its first line is not there yet.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public int? WriterOf(long segment)
    {
        const int Enough = 128;
        using var file = Open(Journal(segment));
        var beginning = new byte[Enough];
        var read = RandomAccess.Read(file, beginning, 0);
        return read > JournalLine.PrefixBytes ? ReadWriter(beginning.AsSpan(JournalLine.PrefixBytes, read - JournalLine.PrefixBytes)) : null;
    }

    /// <summary>Takes the segment after the highest one: nobody else gets it, and whoever writes an earlier one is fenced from here on.</summary>
    /// <returns>The segment and its file, still empty.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    internal (long Segment, SafeFileHandle File) Take()
    {
        for (var attempt = 1; attempt <= MostAttempts; attempt++)
        {
            var segment = HighestSegment() + 1;
            if (TryTake(segment) is { } file)
            {
                return (segment, file);
            }
        }

        throw new IOException($"others have taken {MostAttempts} segments of {Path} meanwhile");
    }

    /// <returns>Null: somebody else was quicker.</returns>
    /// <inheritdoc cref="Take"/>
    internal SafeFileHandle? TryTake(long segment)
    {
        try
        {
            return File.OpenHandle(Journal(segment), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (IOException) when (Disk.Exists(Journal(segment)))
        {
            return null;
        }
    }

    /// <summary>
    /// Gives back the space of earlier segments, when a later one has begun. Their names stay: by them their writers, and
    /// whoever stopped while it took one, learn that they are fenced.
    /// </summary>
    internal void EmptyBefore(long segment, ILogger logger)
    {
        try
        {
            foreach (var path in Directory.EnumerateFiles(Path, prefix + "*"))
            {
                var earlier = SegmentOf(path);
                if (earlier <= 0 || earlier >= segment)
                {
                    continue;
                }

                if (path == Confirmed(earlier) || path == Snapshot(earlier) || path == Snapshot(earlier) + Disk.Unfinished)
                {
                    File.Delete(path);
                }
                else if (path == Journal(earlier) && new FileInfo(path).Length > 0)
                {
                    using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                    RandomAccess.SetLength(file, 0);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning("earlier segments of {Path} still take space: {Reason}", Path, exception.Message);
        }
    }

    /// <summary>Open for reading, while others may write.</summary>
    internal static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    internal DamagedJournalException Damaged(string path, long at, string why, Exception? inner = null) => new(path, at, why, advice, inner);

    private string Name(long segment) => prefix + segment.ToString("D10", CultureInfo.InvariantCulture);

    /// <summary>The number in a file's name; 0: there is none.</summary>
    private long SegmentOf(string path)
    {
        var name = System.IO.Path.GetFileName(path.AsSpan())[prefix.Length..];
        var digits = name.IndexOf('.') is var dot and > 0 ? name[..dot] : name;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var segment) ? segment : 0;
    }

    private static int? ReadWriter(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, isFinalBlock: false, state: default);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("writer"u8))
                {
                    return reader.Read() && reader.TryGetInt32(out var writer) ? writer : null;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Nothing that a writer has begun with.
        }

        return null;
    }
}
