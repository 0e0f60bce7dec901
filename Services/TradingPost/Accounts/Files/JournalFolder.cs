using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>The folder of a market's journal: names of its files, and how a term is taken.</summary>
internal sealed class JournalFolder(string folder)
{
    private const string Prefix = "term-";
    private const string Extension = ".journal";
    private const string SnapshotExtension = ".snapshot";
    private const string ConfirmedExtension = ".confirmed";

    /// <summary>Added to the name of a snapshot that is being written.</summary>
    public const string Unfinished = ".unfinished";

    /// <summary>So many others may take a term before this one gets one.</summary>
    private const int MostAttempts = 100;

    public string Path { get; } = System.IO.Path.GetFullPath(folder);

    /// <summary>Holds everything of a term.</summary>
    public string Journal(long term) => System.IO.Path.Combine(Path, Name(term) + Extension);

    /// <summary>Holds the accounts at some place of the term's journal; may be missing.</summary>
    public string Snapshot(long term) => System.IO.Path.Combine(Path, Name(term) + SnapshotExtension);

    /// <summary>Holds up to where the term's journal was acknowledged (<see cref="ConfirmedEnd"/>).</summary>
    public string Confirmed(long term) => System.IO.Path.Combine(Path, Name(term) + ConfirmedExtension);

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
        foreach (var path in Directory.EnumerateFiles(Path, Prefix + "*").Where(IsMine))
        {
            File.Delete(path);
        }

        Disk.FlushFolder(Path);

        static bool IsMine(string path) =>
            path.EndsWith(Extension, StringComparison.Ordinal) || path.EndsWith(SnapshotExtension, StringComparison.Ordinal)
            || path.EndsWith(ConfirmedExtension, StringComparison.Ordinal) || path.EndsWith(Unfinished, StringComparison.Ordinal);
    }

    /// <summary>0 when no term was ever taken. A term whose journal is gone counts as long as something else of it is there.</summary>
    /// <exception cref="IOException">The folder is missing or cannot be read.</exception>
    public long HighestTerm()
    {
        var highest = 0L;
        foreach (var path in Directory.EnumerateFiles(Path, Prefix + "*"))
        {
            var digits = System.IO.Path.GetFileNameWithoutExtension(path.AsSpan())[Prefix.Length..];
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var term) && term > highest
                && (path == Journal(term) || path == Confirmed(term)))
            {
                highest = term;
            }
        }

        return highest;
    }

    /// <summary>Takes the term after the highest one: nobody else gets it, and whoever writes an earlier one is fenced from here on.</summary>
    /// <returns>The term and its file, still empty.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public (long Term, SafeFileHandle File) TakeTerm()
    {
        for (var attempt = 1; ; attempt++)
        {
            var term = HighestTerm() + 1;
            try
            {
                return (term, File.OpenHandle(Journal(term), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
            }
            catch (IOException) when (attempt < MostAttempts && Disk.Exists(Journal(term)))
            {
                // Somebody else was quicker.
            }
        }
    }

    /// <summary>Open for reading, while others may write.</summary>
    public static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private static string Name(long term) => Prefix + term.ToString("D10", CultureInfo.InvariantCulture);
}
