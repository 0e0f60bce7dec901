using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Lab.Journal;

/// <summary>A segment's last snapshot, in a file beside its journal.</summary>
internal static class SnapshotFile
{
    /// <summary>Takes the place of the one before; at every moment one of the two is there, whole.</summary>
    /// <param name="folder">Of the journal.</param>
    /// <param name="segment">The writer's own.</param>
    /// <param name="offset">In the segment, in bytes: all before is durable, and in the state.</param>
    /// <param name="state">The snapshot.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(JournalFolder folder, long segment, long offset, byte[] state)
    {
        using var line = new MemoryStream();
        using (var document = JsonDocument.Parse(state))
        {
            JournalLine.Write(line, new SegmentSnapshot(offset, document.RootElement), JournalJson.Default.SegmentSnapshot);
        }

        Disk.Replace(folder.Snapshot(segment), line.GetBuffer().AsSpan(0, (int)line.Length));
    }

    /// <returns>Null when there is none, or none that can be used: the journal has everything, too.</returns>
    public static SegmentSnapshot? TryRead(JournalFolder folder, long segment, ILogger logger)
    {
        var path = folder.Snapshot(segment);
        if (!Disk.Exists(path))
        {
            return null;
        }

        try
        {
            using var file = JournalFolder.Open(path);
            if (new JournalLineReader(folder, file, path, 0).TryRead(out var json)
                && JsonSerializer.Deserialize(json.Span, JournalJson.Default.SegmentSnapshot) is { } snapshot)
            {
                return snapshot;
            }
        }
        catch (Exception exception) when (exception is IOException or JsonException)
        {
            logger.LogWarning("{Path} cannot be used: {Reason}", path, exception.Message);
        }

        return null;
    }
}
