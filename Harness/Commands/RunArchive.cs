using Lab.Harness.Archive;
using Lab.Harness.Reports;

namespace Lab.Harness.Commands;

/// <summary>
/// Where the results of a run go, as they come. A folder that cannot be written any more ends nothing: everything then goes to
/// another one in the lab's state folder, and the run says so at its end.
/// </summary>
internal sealed class RunArchive
{
    /// <summary>More than any file system keeps back for names: a full disk is noticed before anything is measured.</summary>
    private const int ProbeBytes = 1 << 20;

    private readonly string _wanted;
    private readonly string _fallback;

    private RunArchive(string folder, string fallback) => (_wanted, _fallback, Folder) = (folder, fallback, folder);

    /// <summary>Where everything stands that could be written.</summary>
    public string Folder { get; private set; }

    /// <summary>What could not be written, why, and where it stands instead, in one line; null when all is as wanted.</summary>
    public string? Problem { get; private set; }

    /// <summary>Makes sure that a folder can be written.</summary>
    /// <param name="folder">Created where it is missing.</param>
    /// <param name="fallback">For results that cannot be written there later on.</param>
    /// <exception cref="ReportFolderException">It cannot.</exception>
    public static RunArchive Open(string folder, string fallback)
    {
        var probe = Path.Combine(folder, ".writable");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(probe, new byte[ProbeBytes]);
            File.Delete(probe);
            return new RunArchive(folder, fallback);
        }
        catch (Exception exception) when (IsOfDisk(exception))
        {
            Delete(probe);
            throw new ReportFolderException($"the report cannot be written to {LabFolders.Show(folder)}: {exception.Message}; nothing was measured. Choose another folder with --out", exception);
        }
    }

    /// <summary>Writes what was measured so far; the reports of an earlier run in the same folder go.</summary>
    public Task SaveAsync(RunResults results) => WriteAsync(async folder =>
    {
        await ReportWriter.SaveAsync(results, folder, CancellationToken.None);
        foreach (var file in ReportWriter.MadeFiles)
        {
            File.Delete(Path.Combine(folder, file));
        }
    });

    /// <summary>Writes archive and reports.</summary>
    public Task FinishAsync(RunResults results) => WriteAsync(folder => ReportWriter.WriteAsync(results, folder, CancellationToken.None));

    /// <summary>What a disk or its rights can be the reason of.</summary>
    internal static bool IsOfDisk(Exception exception) => exception is IOException or UnauthorizedAccessException or NotSupportedException;

    private async Task WriteAsync(Func<string, Task> write)
    {
        try
        {
            await write(Folder);
            return;
        }
        catch (Exception exception) when (IsOfDisk(exception))
        {
            Problem ??= $"the report could not be written to {LabFolders.Show(_wanted)}: {exception.Message}";
        }

        try
        {
            await write(_fallback);
            if (Folder != _fallback)
            {
                Problem += $"; everything that was measured stands in {LabFolders.Show(_fallback)} (./lab report makes reports of it)";
            }
        }
        catch (Exception exception) when (IsOfDisk(exception))
        {
            Problem += Folder == _fallback ? "" : $"; nor to {LabFolders.Show(_fallback)}: {exception.Message}";
        }

        Folder = _fallback;
    }

    private static void Delete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception exception) when (IsOfDisk(exception))
        {
            // It was never there.
        }
    }
}

/// <summary>A report's folder cannot be written, or a run's cannot be read; the message says why and what to do.</summary>
public sealed class ReportFolderException(string message, Exception? inner = null) : Exception(message, inner);
