using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Lab.Journal;

/// <summary>Writes a segment: line, disk, then a look whether the next one is taken, then up to where it is confirmed.</summary>
internal sealed class SegmentFile(JournalFolder folder, long segment, SafeFileHandle file, ILogger logger) : IDisposable
{
    /// <summary>
    /// Space is written ahead in such steps, in bytes: a line into space that is there is durable sooner than one that makes
    /// the file grow, and a step costs little more than a line.
    /// </summary>
    private const long StepBytes = 256 * 1024;

    private readonly string _path = folder.Journal(segment);
    private readonly string _next = folder.Journal(segment + 1);
    private readonly MemoryStream _line = new();
    private readonly ConfirmedEnd _confirmed = new(folder, segment, logger);
    private long _size;

    /// <summary>In bytes: where the last line that is durable ends.</summary>
    public long Offset { get; private set; }

    /// <summary>One write, one wait for the disk.</summary>
    /// <exception cref="FencedException">The next segment was taken, perhaps before the line was durable.</exception>
    /// <exception cref="IOException">Nobody knows whether the line is there.</exception>
    public void Append<T>(T content, JsonTypeInfo<T> type)
    {
        JournalLine.Write(_line, content, type);
        var end = Offset + _line.Length;
        if (end > _size)
        {
            _size = (end + StepBytes - 1) / StepBytes * StepBytes;
            _line.SetLength(_size - Offset);
        }

        RandomAccess.Write(file, _line.GetBuffer().AsSpan(0, (int)_line.Length), Offset);
        Disk.Flush(file, _path);
        ThrowIfFenced();
        _confirmed.Write(end);
        Offset = end;
    }

    /// <exception cref="FencedException">The next segment is taken.</exception>
    /// <exception cref="IOException">Nobody knows, or the segment is no longer there.</exception>
    private void ThrowIfFenced()
    {
        if (Disk.Exists(_next))
        {
            throw Fenced();
        }

        // The next writer would not find it.
        if (!Disk.Exists(_path))
        {
            throw new IOException($"{_path} was removed while it was written");
        }
    }

    public FencedException Fenced() => new($"{_path} is over: {_next} is there");

    public void Dispose()
    {
        file.Dispose();
        _confirmed.Dispose();
        _line.Dispose();
    }
}
