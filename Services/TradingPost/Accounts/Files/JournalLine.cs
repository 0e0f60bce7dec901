using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>
/// A line: eight hexadecimal digits, the CRC-32C of the JSON; a space; the JSON; a newline. What is written at one time is
/// one line, so that it is there whole or not at all.
/// </summary>
internal static class JournalLine
{
    /// <summary>Longer lines are neither written nor read.</summary>
    public const int MostBytes = 64 << 20;

    private const int CheckDigits = 8;
    private const int PrefixBytes = CheckDigits + 1;

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
