using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>A term's last snapshot, in a file beside its journal.</summary>
internal static class SnapshotFile
{
    /// <summary>Takes the place of the one before; at every moment one of the two is there, whole.</summary>
    /// <param name="folder">Of the journal.</param>
    /// <param name="term">The writer's own.</param>
    /// <param name="offset">In the term's file, in bytes: all before is durable, and in the ledger.</param>
    /// <param name="ledger">The snapshot.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(JournalFolder folder, long term, long offset, byte[] ledger)
    {
        using var line = new MemoryStream();
        using (var document = JsonDocument.Parse(ledger))
        {
            JournalLine.Write(line, new TermSnapshot(offset, document.RootElement), AccountsJson.Default.TermSnapshot);
        }

        Disk.Replace(folder.Snapshot(term), line.GetBuffer().AsSpan(0, (int)line.Length));
    }

    /// <returns>Null when there is none, or none that can be used: the journal has everything, too.</returns>
    public static TermSnapshot? TryRead(JournalFolder folder, long term, ILogger logger)
    {
        var path = folder.Snapshot(term);
        if (!Disk.Exists(path))
        {
            return null;
        }

        try
        {
            using var file = JournalFolder.Open(path);
            if (new JournalLineReader(file, path, 0).TryRead(out var json)
                && JsonSerializer.Deserialize(json.Span, AccountsJson.Default.TermSnapshot) is { } snapshot)
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
