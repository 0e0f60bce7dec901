using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Lab.Coordination.Multicast;

/// <summary>
/// Messages of multicast as bytes: the kind, then numbers as varints (LEB128, 1 to 9 bytes), no tags and no gaps. A batch's content is
/// copied as it is.
/// </summary>
public static class MulticastFormat
{
    private const int MostNumbers = 1024;

    /// <summary>A sender, a first message, how many, how long, and a message without content.</summary>
    private const int LeastRunBytes = 5;
    private const int MostVarintBytes = 9;

    /// <summary>Writes a message.</summary>
    public static void Write(MulticastMessage message, IBufferWriter<byte> writer)
    {
        Span<byte> head = [(byte)message.Kind, (byte)((message.Asks ? 1 : 0) | (message.Batch is null ? 0 : 2))];
        writer.Write(head);
        WriteNumber(writer, message.View);
        WriteNumber(writer, message.Clock);
        WriteNumber(writer, message.Stable);
        WriteNumber(writer, message.Incarnation);
        WriteNumber(writer, message.Place);
        WriteNumber(writer, message.Numbers.Count);
        foreach (var number in message.Numbers)
        {
            WriteNumber(writer, number);
        }

        WriteNumber(writer, message.Snapshot.Length);
        writer.Write(message.Snapshot.Span);
        if (message.Batch is { } batch)
        {
            WriteNumber(writer, batch.Number);
            WriteNumber(writer, batch.Clock);
            WriteNumber(writer, batch.Runs.Count);
            foreach (var run in batch.Runs)
            {
                WriteNumber(writer, run.Sender);
                WriteNumber(writer, run.First);
                WriteNumber(writer, run.Count);
                WriteNumber(writer, run.Content.Length);
                writer.Write(run.Content.Span);
            }
        }
    }

    /// <summary>Reads a message from anybody: false, and why, when it is none. What it keeps is copied, and not larger than the bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MulticastMessage? message, [NotNullWhen(false)] out string? error)
    {
        message = null;
        var reader = new Reader(bytes);
        if (bytes.Length < 2 || bytes[0] > (byte)MulticastMessageKind.State || bytes[1] > 3)
        {
            error = "not a message of multicast: its first bytes are no kind and flags";
            return false;
        }

        reader.Skip(2);
        var kind = (MulticastMessageKind)bytes[0];
        if (!reader.TryNumber(out var view) || !reader.TryNumber(out var clock) || !reader.TryNumber(out var stable)
            || !reader.TryNumber(out var incarnation) || !reader.TryNumber(out var place) || !reader.TryNumbers(out var numbers))
        {
            error = $"a {kind} message with a number that is none, negative or cut off";
            return false;
        }

        if (!reader.TryBytes(out var snapshot))
        {
            error = $"a {kind} message with a snapshot that is cut off";
            return false;
        }

        MulticastBatch? batch = null;
        if ((bytes[1] & 2) != 0 && !TryReadBatch(ref reader, out batch, out error))
        {
            return false;
        }

        if (reader.Left != 0)
        {
            error = $"a {kind} message with {reader.Left} bytes too many";
            return false;
        }

        error = null;
        message = new MulticastMessage
        {
            Kind = kind,
            Asks = (bytes[1] & 1) != 0,
            View = view,
            Clock = clock,
            Stable = stable,
            Incarnation = incarnation,
            Place = place,
            Numbers = numbers,
            Snapshot = snapshot,
            Batch = batch,
        };
        return true;
    }

    /// <summary>A message of a run: its length, then its bytes.</summary>
    internal static int WriteLength(Span<byte> target, int length)
    {
        var count = 0;
        for (var rest = (uint)length; ; rest >>= 7)
        {
            target[count++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
            {
                return count;
            }
        }
    }

    /// <summary>Takes the next message of a run, which <see cref="TryRead"/> has seen or <see cref="OwnMessages"/> has made.</summary>
    internal static ReadOnlyMemory<byte> TakePayload(ref ReadOnlyMemory<byte> content)
    {
        var span = content.Span;
        var (length, at, shift) = (0, 0, 0);
        byte next;
        do
        {
            next = span[at++];
            length |= (next & 0x7f) << shift;
            shift += 7;
        }
        while (next >= 0x80);

        var payload = content.Slice(at, length);
        content = content[(at + length)..];
        return payload;
    }

    private static bool TryReadBatch(ref Reader reader, out MulticastBatch? batch, [NotNullWhen(false)] out string? error)
    {
        batch = null;
        if (!reader.TryNumber(out var number) || !reader.TryNumber(out var clock) || !reader.TryNumber(out var count) || number == 0 || count == 0 || count > reader.Left / LeastRunBytes)
        {
            error = "a batch without a number, or with no or too many runs";
            return false;
        }

        // One piece of memory for the whole batch.
        ReadOnlyMemory<byte> rest = reader.Rest.ToArray();
        var runs = new MulticastRun[count];
        for (var index = 0; index < runs.Length; index++)
        {
            if (!reader.TryNumber(out var sender) || sender > int.MaxValue || !reader.TryNumber(out var first) || first == 0
                || !reader.TryNumber(out var messages) || !reader.TryNumber(out var length) || length > reader.Left || messages > length || messages == 0)
            {
                error = $"run {index} of a batch without a sender or a first message, or longer than the batch";
                return false;
            }

            runs[index] = new MulticastRun((int)sender, first, (int)messages, rest.Slice(rest.Length - reader.Left, (int)length));
            reader.Skip((int)length);
            if (first > long.MaxValue - messages || !HasPayloads(runs[index]))
            {
                error = $"run {index} of a batch does not consist of {messages} messages";
                return false;
            }
        }

        error = null;
        batch = new MulticastBatch(number, clock, runs);
        return true;
    }

    private static bool HasPayloads(MulticastRun run)
    {
        var reader = new Reader(run.Content.Span);
        for (var index = 0; index < run.Count; index++)
        {
            if (!reader.TryNumber(out var length) || length > reader.Left)
            {
                return false;
            }

            reader.Skip((int)length);
        }

        return reader.Left == 0;
    }

    private static void WriteNumber(IBufferWriter<byte> writer, long number)
    {
        var target = writer.GetSpan(MostVarintBytes);
        var count = 0;
        for (var rest = (ulong)number; ; rest >>= 7)
        {
            target[count++] = (byte)(rest < 0x80 ? rest : rest | 0x80);
            if (rest < 0x80)
            {
                break;
            }
        }

        writer.Advance(count);
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly int Left => _rest.Length;

        public readonly ReadOnlySpan<byte> Rest => _rest;

        public void Skip(int count) => _rest = _rest[count..];

        /// <summary>0 to 2^63 - 1, in as few bytes as it takes.</summary>
        public bool TryNumber(out long number)
        {
            number = 0;
            for (var index = 0; index < Math.Min(MostVarintBytes, _rest.Length); index++)
            {
                number |= (long)(_rest[index] & 0x7f) << (7 * index);
                if (_rest[index] < 0x80)
                {
                    var isShortest = index == 0 || _rest[index] != 0;
                    _rest = _rest[(index + 1)..];
                    return isShortest;
                }
            }

            return false;
        }

        public bool TryNumbers(out long[] numbers)
        {
            numbers = [];
            if (!TryNumber(out var count) || count > MostNumbers || count > Left)
            {
                return false;
            }

            numbers = new long[count];
            for (var index = 0; index < numbers.Length; index++)
            {
                if (!TryNumber(out numbers[index]))
                {
                    return false;
                }
            }

            return true;
        }

        public bool TryBytes(out byte[] bytes)
        {
            bytes = [];
            if (!TryNumber(out var length) || length > Left)
            {
                return false;
            }

            bytes = _rest[..(int)length].ToArray();
            Skip((int)length);
            return true;
        }
    }
}
