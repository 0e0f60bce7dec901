using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;

namespace Lab.Journal;

/// <summary>
/// A line: eight hexadecimal digits, the CRC-32C of the JSON; a space; the JSON; a newline. What is written at one time is
/// one line, so that it is there whole or not at all.
/// </summary>
internal static class JournalLine
{
    /// <summary>Longer lines are neither written nor read.</summary>
    public const int MostBytes = 64 << 20;

    private const int CheckDigits = 8;

    /// <summary>Before the JSON.</summary>
    public const int PrefixBytes = CheckDigits + 1;

    /// <summary>Writes a line into a buffer, instead of whatever that held.</summary>
    /// <exception cref="IOException">It would be longer than <see cref="MostBytes"/>.</exception>
    public static void Write<T>(MemoryStream buffer, T content, JsonTypeInfo<T> type)
    {
        buffer.SetLength(PrefixBytes);
        buffer.Position = PrefixBytes;
        JsonSerializer.Serialize(buffer, content, type);
        buffer.WriteByte((byte)'\n');
        if (buffer.Length > MostBytes)
        {
            throw new IOException($"a line of {buffer.Length} bytes is more than a journal takes ({MostBytes})");
        }

        var line = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        Utf8Formatter.TryFormat(Crc32C(line[PrefixBytes..^1]), line, out _, new('x', CheckDigits));
        line[CheckDigits] = (byte)' ';
    }

    /// <summary>The JSON of a line.</summary>
    /// <param name="line">Without its newline.</param>
    /// <param name="json">Matches the digits.</param>
    /// <returns>False when it is no whole line.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> line, out ReadOnlyMemory<byte> json)
    {
        json = line.Length > PrefixBytes ? line[PrefixBytes..] : default;
        var prefix = line.Span;
        return json.Length > 0 && prefix[CheckDigits] == ' '
            && Utf8Parser.TryParse(prefix[..CheckDigits], out uint check, out var digits, 'x')
            && digits == CheckDigits && check == Crc32C(json.Span);
    }

    /// <summary>As in iSCSI and ext4: Castagnoli's polynomial, for which processors have an instruction.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}

/// <summary>Reads lines of a segment, which its writer may be writing at the same time.</summary>
/// <param name="folder">Of the journal.</param>
/// <param name="file">Open for reading; the caller's.</param>
/// <param name="path">Of it, for messages.</param>
/// <param name="offset">Where a line begins.</param>
internal sealed class JournalLineReader(JournalFolder folder, SafeFileHandle file, string path, long offset)
{
    private byte[] _buffer = new byte[256 * 1024];
    private int _filled;
    private int _taken;

    /// <summary>In bytes: where the last line that was read ends.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The next line.</summary>
    /// <param name="json">Its content, until the next call.</param>
    /// <returns>False at the end: nothing more, empty space, or a line of which only a part was written.</returns>
    /// <exception cref="IOException">It cannot be read, or a line in the middle is damaged.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> json)
    {
        if (TryReadWhole(out json))
        {
            return true;
        }

        if (!WholeLines().Any())
        {
            return false;
        }

        // A line is written when the one before it is durable. So this one was, too, by the time the later one was read: it
        // was either written in between, or is damaged.
        _filled = _taken = 0;
        return TryReadWhole(out json)
            ? true
            : throw folder.Damaged(path, Offset, "the line there is not whole, but later ones are");
    }

    private bool TryReadWhole(out ReadOnlyMemory<byte> json)
    {
        json = default;
        if (!TryFindLine(out var line) || !JournalLine.TryParse(line, out json))
        {
            return false;
        }

        Skip(line);
        return true;
    }

    /// <summary>Contents of all whole lines from here on, whatever lies between them. Each is valid until the next one is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> WholeLines()
    {
        var rest = new JournalLineReader(folder, file, path, Offset);
        while (rest.TryFindLine(out var line))
        {
            // A part of the file that was lost reads as zeros, and a line may begin right behind it.
            var begin = line.Span.LastIndexOf((byte)0) + 1;
            if (JournalLine.TryParse(line[begin..], out var json))
            {
                yield return json;
            }

            rest.Skip(line);
        }
    }

    /// <summary>Everything up to the next newline.</summary>
    private bool TryFindLine(out ReadOnlyMemory<byte> line)
    {
        for (var searched = 0; ;)
        {
            var newline = _buffer.AsSpan(_taken + searched, _filled - _taken - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                line = _buffer.AsMemory(_taken, searched + newline);
                return true;
            }

            searched = _filled - _taken;
            if (!TryFill())
            {
                line = default;
                return false;
            }
        }
    }

    private void Skip(ReadOnlyMemory<byte> line)
    {
        _taken += line.Length + 1;
        Offset += line.Length + 1;
    }

    private bool TryFill()
    {
        _buffer.AsSpan(_taken, _filled - _taken).CopyTo(_buffer);
        _filled -= _taken;
        _taken = 0;
        if (_filled == _buffer.Length)
        {
            if (_filled >= JournalLine.MostBytes)
            {
                return false;
            }

            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        var read = RandomAccess.Read(file, _buffer.AsSpan(_filled), Offset + _filled);
        _filled += read;
        return read > 0;
    }
}
