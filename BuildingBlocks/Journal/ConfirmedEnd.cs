using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Lab.Journal;

/// <summary>
/// Beside a segment: up to where its writer knows it to be durable, and may have said so to others. A file that ends
/// before that place has lost something; what is torn behind it was never acknowledged. In a file of its own, so that what
/// damages the end of the journal, or all of it, leaves this.
/// </summary>
/// <remarks>
/// Written after the line is durable and before it is acknowledged, and not waited for: the kernel has it at once, so it
/// outlives the process, and it is on the disk a little later. A machine that loses power in between shows an earlier place.
/// </remarks>
/// <param name="folder">Of the journal.</param>
/// <param name="segment">The writer's own.</param>
/// <param name="logger">Learns when it cannot be brought to the disk.</param>
internal sealed class ConfirmedEnd(JournalFolder folder, long segment, ILogger logger) : IDisposable
{
    /// <summary>So much later it is on the disk at the latest.</summary>
    private static readonly TimeSpan FlushAfter = TimeSpan.FromMilliseconds(250);

    private readonly string _path = folder.Confirmed(segment);
    private readonly MemoryStream _line = new();
    private readonly Lock _closing = new();
    private SafeFileHandle? _file;
    private int _isFlushDue;

    /// <summary>Everything before is durable, and its writer was not fenced then.</summary>
    /// <param name="end">In the segment, in bytes; never falls.</param>
    /// <exception cref="IOException">It cannot be written: then nothing may be acknowledged either.</exception>
    public void Write(long end)
    {
        // A later line is never shorter than an earlier one: it covers it.
        JournalLine.Write(_line, new SegmentEnd(end), JournalJson.Default.SegmentEnd);
        _file ??= System.IO.File.OpenHandle(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(_file, _line.GetBuffer().AsSpan(0, (int)_line.Length), 0);
        if (Interlocked.Exchange(ref _isFlushDue, 1) == 0)
        {
            _ = FlushLaterAsync();
        }
    }

    /// <returns>Null: nothing was confirmed, or the machine lost power before it was on the disk.</returns>
    /// <exception cref="DamagedJournalException">It is no such file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static long? Read(JournalFolder folder, long segment)
    {
        const int MostBytes = 256;
        const int MostAttempts = 10;
        var path = folder.Confirmed(segment);
        if (!Disk.Exists(path))
        {
            return null;
        }

        using var file = JournalFolder.Open(path);
        var content = new byte[MostBytes];
        for (var attempt = 1; ; attempt++)
        {
            var read = content.AsMemory(0, RandomAccess.Read(file, content, 0));
            if (read.Span.IndexOfAnyExcept((byte)0) < 0)
            {
                return null;
            }

            if (read.Span.IndexOf((byte)'\n') is var length and > 0 && JournalLine.TryParse(read[..length], out var json) && Parse(json) is { End: > 0 } found)
            {
                return found.End;
            }

            // Its writer may be at it just now.
            if (attempt == MostAttempts)
            {
                throw folder.Damaged(path, 0, "nobody can tell up to where its journal was acknowledged");
            }
        }
    }

    public void Dispose()
    {
        lock (_closing)
        {
            _file?.Dispose();
        }

        _line.Dispose();
    }

    private static SegmentEnd? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, JournalJson.Default.SegmentEnd);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task FlushLaterAsync()
    {
        await Task.Delay(FlushAfter);
        Volatile.Write(ref _isFlushDue, 0);
        lock (_closing)
        {
            try
            {
                if (_file is { IsClosed: false } file)
                {
                    Disk.Flush(file, _path);
                }
            }
            catch (IOException exception)
            {
                // The journal itself is durable. Only damage of its end would not be noticed.
                logger.LogWarning("{Path} is not on the disk: {Reason}", _path, exception.Message);
            }
        }
    }
}
