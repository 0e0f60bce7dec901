using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lab.Journal;

/// <summary>What a journal needs of the file system and the runtime does not offer (Linux; man 2 of each).</summary>
public static partial class Disk
{
    /// <summary>Added to the name of a file that is being written.</summary>
    internal const string Unfinished = ".unfinished";

    private const int NoSuchFile = 2;
    private const int Interrupted = 4;
    private const int MostAttempts = 100;

    /// <summary>
    /// The file's content and length are on the disk when it returns. Unlike fsync, which is what the runtime calls, it
    /// leaves the time of the change out, and so does not write the file system's own journal for it.
    /// </summary>
    /// <exception cref="IOException">The disk failed; what of the file is on it nobody knows.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        for (var attempt = 1; fdatasync(file) != 0; attempt++)
        {
            ThrowUnlessInterrupted(attempt, "write", path);
        }
    }

    /// <summary>The names in a folder are on the disk when it returns.</summary>
    /// <exception cref="IOException">It cannot be opened, or the disk failed.</exception>
    public static void FlushFolder(string folder)
    {
        const int ReadOnlyCloseOnExec = 0x80000;
        using var handle = open(folder, ReadOnlyCloseOnExec);
        if (handle.IsInvalid)
        {
            throw Failure("open", folder);
        }

        for (var attempt = 1; fsync(handle) != 0; attempt++)
        {
            ThrowUnlessInterrupted(attempt, "write", folder);
        }
    }

    /// <summary>
    /// A file's content, on the disk when it returns. It takes the place of the one before; at every moment one of the two is there, whole.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; the one before is still there.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var unfinished = path + Unfinished;
        using (var file = File.OpenHandle(unfinished, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, content, 0);
            Flush(file, unfinished);
        }

        File.Move(unfinished, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Is there such a file? The runtime's own question is answered with no when the answer is not known.</summary>
    /// <exception cref="IOException">Nobody knows.</exception>
    public static bool Exists(string path)
    {
        const int IsThere = 0;
        if (access(path, IsThere) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == NoSuchFile ? false : throw Failure("look for", path);
    }

    private static void ThrowUnlessInterrupted(int attempt, string what, string path)
    {
        if (Marshal.GetLastPInvokeError() != Interrupted || attempt == MostAttempts)
        {
            throw Failure(what, path);
        }
    }

    private static IOException Failure(string what, string path) =>
        new($"cannot {what} {path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);
}
