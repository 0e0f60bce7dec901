using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.Coordination.Multicast;
using Lab.Transport.Frames;

namespace Lab.MedalTally.Group;

/// <summary>
/// Frames between members: who it is from (1 byte), what it is (1 byte), and the message; numbers are big-endian. The first on every
/// connection is a hello with the group's run and the secret of the tiers.
/// </summary>
internal static class GroupFrames
{
    private const int HeaderBytes = 2;
    private const int ElectionBytes = HeaderBytes + 9;
    private const int ClockBytes = HeaderBytes + 37;

    private enum Kind : byte
    {
        Hello,
        Heartbeat,
        Election,
        Clock,
        Multicast,
    }

    public static OutgoingFrame Hello(int from, long run, string secret)
    {
        var frame = Begin(from, Kind.Hello);
        BinaryPrimitives.WriteInt64BigEndian(frame.GetSpan(sizeof(long)), run);
        frame.Advance(sizeof(long));
        frame.Write(Encoding.UTF8.GetBytes(secret));
        return frame;
    }

    public static OutgoingFrame Heartbeat(int from) => Begin(from, Kind.Heartbeat);

    public static OutgoingFrame Of(int from, ElectionMessage message)
    {
        var frame = Begin(from, Kind.Election);
        var bytes = frame.GetSpan(9);
        bytes[0] = (byte)message.Kind;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], message.Term);
        frame.Advance(9);
        return frame;
    }

    public static OutgoingFrame Of(int from, ClockMessage message)
    {
        var frame = Begin(from, Kind.Clock);
        var bytes = frame.GetSpan(37);
        bytes[0] = (byte)message.Kind;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], message.Term);
        BinaryPrimitives.WriteInt64BigEndian(bytes[9..], message.Round);
        BinaryPrimitives.WriteInt32BigEndian(bytes[17..], message.Sample);
        BinaryPrimitives.WriteInt64BigEndian(bytes[21..], message.Session);
        BinaryPrimitives.WriteInt64BigEndian(bytes[29..], message.ValueUs);
        frame.Advance(37);
        return frame;
    }

    public static OutgoingFrame Of(int from, MulticastMessage message)
    {
        var frame = Begin(from, Kind.Multicast);
        MulticastFormat.Write(message, frame);
        return frame;
    }

    /// <summary>Reads what a member, or anybody, has sent.</summary>
    /// <returns>False: it is nothing that a member says.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out GroupFrame? frame)
    {
        frame = null;
        if (payload.Length < HeaderBytes)
        {
            return false;
        }

        var from = payload[0];
        var body = payload[HeaderBytes..];
        frame = (Kind)payload[1] switch
        {
            Kind.Hello when body.Length > sizeof(long) => new GroupFrame(from) { Run = BinaryPrimitives.ReadInt64BigEndian(body), Secret = body[sizeof(long)..].ToArray() },
            Kind.Heartbeat when body.Length == 0 => new GroupFrame(from),
            Kind.Election when payload.Length == ElectionBytes && Enum.IsDefined((ElectionMessageKind)body[0]) =>
                new GroupFrame(from) { Election = new ElectionMessage((ElectionMessageKind)body[0], BinaryPrimitives.ReadInt64BigEndian(body[1..])) },
            Kind.Clock when payload.Length == ClockBytes && Enum.IsDefined((ClockMessageKind)body[0]) => new GroupFrame(from) { Clock = ReadClock(body) },
            Kind.Multicast when MulticastFormat.TryRead(body, out var message, out _) => new GroupFrame(from) { Multicast = message },
            _ => null,
        };
        return frame is not null;
    }

    private static ClockMessage ReadClock(ReadOnlySpan<byte> body) => new(
        (ClockMessageKind)body[0],
        BinaryPrimitives.ReadInt64BigEndian(body[1..]),
        BinaryPrimitives.ReadInt64BigEndian(body[9..]),
        BinaryPrimitives.ReadInt32BigEndian(body[17..]),
        BinaryPrimitives.ReadInt64BigEndian(body[21..]),
        BinaryPrimitives.ReadInt64BigEndian(body[29..]));

    private static OutgoingFrame Begin(int from, Kind kind)
    {
        var frame = new OutgoingFrame();
        var header = frame.GetSpan(HeaderBytes);
        (header[0], header[1]) = ((byte)from, (byte)kind);
        frame.Advance(HeaderBytes);
        return frame;
    }
}

/// <summary>A frame between members; what it has none of is null.</summary>
/// <param name="From">Who says that it is from.</param>
internal sealed record GroupFrame(int From)
{
    /// <summary>Of a hello.</summary>
    public long Run { get; init; }

    /// <summary>Likewise; whoever has it is a member.</summary>
    public byte[]? Secret { get; init; }

    public ElectionMessage? Election { get; init; }

    public ClockMessage? Clock { get; init; }

    public MulticastMessage? Multicast { get; init; }
}
