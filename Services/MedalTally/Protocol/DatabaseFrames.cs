using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Lab.MedalTally.Group;
using Lab.MedalTally.Tables;
using Lab.Transport.Frames;

namespace Lab.MedalTally.Protocol;

/// <summary>What a front-end asks the database server for.</summary>
internal enum DatabaseCall : byte
{
    /// <summary>First on every connection: the secret of the tiers.</summary>
    Hello = 1,

    /// <summary>Rows, any number at once.</summary>
    Read,

    /// <summary>Writes, any number at once: answered when all are durable.</summary>
    Write,

    /// <summary>The whole board.</summary>
    Board,

    /// <summary>Changes after a version; answered when there is one, or after a while.</summary>
    Updates,

    /// <summary>A question to the register of a group, as JSON.</summary>
    Register,
}

/// <summary>What became of one write.</summary>
internal enum WriteOutcome : byte
{
    Durable,
    NotDone,
    Unknown,
}

/// <summary>
/// Frames between front-ends and the database server (<c>docs/medal-tally.md</c>). A request is an id (8 bytes), a
/// <see cref="DatabaseCall"/> (1 byte) and what belongs to it; a reply the id, 0 or 1, and rows or a reason. Numbers are
/// big-endian.
/// </summary>
internal static class DatabaseFrames
{
    /// <summary>Requests of one frame: those that came while the frame before was on its way.</summary>
    public const int MostTogether = 1024;

    /// <summary>Changes of one frame.</summary>
    public const int MostUpdates = 4096;

    /// <summary>Instead of a version: it is another board now, whose changes begin with the oldest that are known.</summary>
    public const long OtherBoard = -1;

    public const int RowBytes = 34;

    private const int HeaderBytes = 9;
    private const int ReadBytes = 2;
    private const int WriteBytes = 19;
    private const int MostReasonBytes = 1024;

    public static OutgoingFrame Hello(long id, string secret)
    {
        var frame = Begin(id, DatabaseCall.Hello);
        frame.Write(Encoding.UTF8.GetBytes(secret));
        return frame;
    }

    public static OutgoingFrame Board(long id) => Begin(id, DatabaseCall.Board);

    public static OutgoingFrame Updates(long id, long after)
    {
        var frame = Begin(id, DatabaseCall.Updates);
        frame.WriteInt64(after);
        return frame;
    }

    public static OutgoingFrame Register(long id, RegisterRequest request)
    {
        var frame = Begin(id, DatabaseCall.Register);
        frame.Write(JsonSerializer.SerializeToUtf8Bytes(request, RegisterJson.Default.RegisterRequest));
        return frame;
    }

    /// <summary>Of <see cref="DatabaseCall.Register"/>.</summary>
    public static RegisterRequest? ReadRegisterRequest(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload[HeaderBytes..], RegisterJson.Default.RegisterRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static OutgoingFrame RegisterReply(long id, RegisterReply reply)
    {
        var frame = Done(id);
        frame.Write(JsonSerializer.SerializeToUtf8Bytes(reply, RegisterJson.Default.RegisterReply));
        return frame;
    }

    /// <exception cref="IOException">It is a refusal, or no reply.</exception>
    public static RegisterReply ReadRegisterReply(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(Body(payload), RegisterJson.Default.RegisterReply) ?? throw new IOException("the reply is empty");
        }
        catch (JsonException exception)
        {
            throw new IOException($"the reply cannot be read: {exception.Message}", exception);
        }
    }

    public static OutgoingFrame Read(long id, IReadOnlyList<(RowKind Kind, int Index)> rows)
    {
        var frame = Begin(id, DatabaseCall.Read);
        foreach (var (kind, index) in rows)
        {
            var bytes = frame.GetSpan(ReadBytes);
            (bytes[0], bytes[1]) = ((byte)kind, (byte)index);
            frame.Advance(ReadBytes);
        }

        return frame;
    }

    public static OutgoingFrame Write(long id, IReadOnlyList<TallyWrite> writes)
    {
        var frame = Begin(id, DatabaseCall.Write);
        foreach (var write in writes)
        {
            var bytes = frame.GetSpan(WriteBytes);
            (bytes[0], bytes[1], bytes[2]) = ((byte)write.Kind, (byte)write.Index, (byte)write.Medal);
            BinaryPrimitives.WriteInt64BigEndian(bytes[3..], write.Rome);
            BinaryPrimitives.WriteInt64BigEndian(bytes[11..], write.Gaul);
            frame.Advance(WriteBytes);
        }

        return frame;
    }

    /// <summary>The id of a request or reply; null: it is too short to have one, or the id is none.</summary>
    public static long? ReadId(ReadOnlySpan<byte> payload) =>
        payload.Length >= HeaderBytes && BinaryPrimitives.ReadInt64BigEndian(payload) is > 0 and var id ? id : null;

    /// <returns>Null: it is no request.</returns>
    public static DatabaseCall? ReadCall(ReadOnlySpan<byte> payload) =>
        ReadId(payload) is not null && (DatabaseCall)payload[HeaderBytes - 1] is >= DatabaseCall.Hello and <= DatabaseCall.Register and var call ? call : null;

    public static ReadOnlySpan<byte> Secret(ReadOnlySpan<byte> payload) => payload[HeaderBytes..];

    /// <summary>Of <see cref="DatabaseCall.Updates"/>.</summary>
    public static bool TryReadVersion(ReadOnlySpan<byte> payload, out long after) =>
        BinaryPrimitives.TryReadInt64BigEndian(payload[HeaderBytes..], out after) && payload.Length == HeaderBytes + sizeof(long) && after >= 0;

    /// <summary>Of <see cref="DatabaseCall.Read"/>: rows that there are.</summary>
    public static bool TryReadRows(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out (RowKind Kind, int Index)[]? rows)
    {
        rows = null;
        var body = payload[HeaderBytes..];
        if (body.Length % ReadBytes != 0 || body.Length / ReadBytes is 0 or > MostTogether)
        {
            return false;
        }

        var read = new (RowKind Kind, int Index)[body.Length / ReadBytes];
        for (var number = 0; number < read.Length; number++)
        {
            read[number] = ((RowKind)body[number * ReadBytes], body[(number * ReadBytes) + 1]);
            if (!IsRow(read[number].Kind, read[number].Index))
            {
                return false;
            }
        }

        rows = read;
        return true;
    }

    /// <summary>Of <see cref="DatabaseCall.Write"/>: valid ones.</summary>
    public static bool TryReadWrites(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out TallyWrite[]? writes)
    {
        writes = null;
        var body = payload[HeaderBytes..];
        if (body.Length % WriteBytes != 0 || body.Length / WriteBytes is 0 or > MostTogether)
        {
            return false;
        }

        var read = new TallyWrite[body.Length / WriteBytes];
        for (var number = 0; number < read.Length; number++)
        {
            var bytes = body.Slice(number * WriteBytes, WriteBytes);
            read[number] = new TallyWrite(
                (RowKind)bytes[0], bytes[1], (Medal)bytes[2], BinaryPrimitives.ReadInt64BigEndian(bytes[3..]), BinaryPrimitives.ReadInt64BigEndian(bytes[11..]));
            if (!read[number].IsValid)
            {
                return false;
            }
        }

        writes = read;
        return true;
    }

    /// <summary>A reply without anything but its id: it is done.</summary>
    public static OutgoingFrame Done(long id) => BeginReply(id, isError: false);

    /// <summary>A reply with a reason instead of rows.</summary>
    /// <param name="id">Null: it is about the connection.</param>
    /// <param name="reason">In words.</param>
    public static OutgoingFrame Refusal(long? id, string reason)
    {
        var frame = BeginReply(id ?? 0, isError: true);
        var bytes = Encoding.UTF8.GetBytes(reason);
        frame.Write(bytes.AsSpan(0, Math.Min(bytes.Length, MostReasonBytes)));
        return frame;
    }

    public static void WriteRow(this OutgoingFrame frame, in TallyRow row)
    {
        var bytes = frame.GetSpan(RowBytes);
        (bytes[0], bytes[1]) = ((byte)row.Kind, (byte)row.Index);
        BinaryPrimitives.WriteInt64BigEndian(bytes[2..], row.First);
        BinaryPrimitives.WriteInt64BigEndian(bytes[10..], row.Second);
        BinaryPrimitives.WriteInt64BigEndian(bytes[18..], row.Third);
        BinaryPrimitives.WriteInt64BigEndian(bytes[26..], row.Version);
        frame.Advance(RowBytes);
    }

    /// <summary>One write's part of a reply: what became of it, and the row.</summary>
    public static void WriteOutcome(this OutgoingFrame frame, WriteOutcome outcome, in TallyRow row)
    {
        frame.GetSpan(1)[0] = (byte)outcome;
        frame.Advance(1);
        frame.WriteRow(row);
    }

    public static void WriteInt64(this OutgoingFrame frame, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(frame.GetSpan(sizeof(long)), value);
        frame.Advance(sizeof(long));
    }

    /// <summary>The body of a reply.</summary>
    /// <exception cref="IOException">It is a refusal, whose reason is the message.</exception>
    public static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> payload) => payload[HeaderBytes - 1] == 0
        ? payload[HeaderBytes..]
        : throw new IOException(Reason(payload));

    public static string Reason(ReadOnlySpan<byte> payload) => payload.Length > HeaderBytes ? Encoding.UTF8.GetString(payload[HeaderBytes..]) : "it gives no reason";

    /// <exception cref="IOException">These are not so many rows.</exception>
    public static TallyRow[] ReadRows(ReadOnlySpan<byte> body)
    {
        var rows = new TallyRow[body.Length / RowBytes];
        for (var number = 0; number < rows.Length; number++)
        {
            rows[number] = ReadRow(body[(number * RowBytes)..]);
        }

        return body.Length % RowBytes == 0 ? rows : throw new IOException("the reply ends within a row");
    }

    /// <exception cref="IOException">This is none.</exception>
    public static TallyRow ReadRow(ReadOnlySpan<byte> bytes) => bytes.Length >= RowBytes && IsRow((RowKind)bytes[0], bytes[1])
        ? new TallyRow(
            (RowKind)bytes[0],
            bytes[1],
            BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[10..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[18..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[26..]))
        : throw new IOException("the reply has a row that there is not");

    /// <summary>Whether there is such a row.</summary>
    private static bool IsRow(RowKind kind, int index) => TallyWrite.Increment(index, default) with { Kind = kind } is { IsValid: true };

    private static OutgoingFrame Begin(long id, DatabaseCall call)
    {
        var frame = new OutgoingFrame();
        var header = frame.GetSpan(HeaderBytes);
        BinaryPrimitives.WriteInt64BigEndian(header, id);
        header[HeaderBytes - 1] = (byte)call;
        frame.Advance(HeaderBytes);
        return frame;
    }

    private static OutgoingFrame BeginReply(long id, bool isError) => Begin(id, (DatabaseCall)(isError ? 1 : 0));
}
