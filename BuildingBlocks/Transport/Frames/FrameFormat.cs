using System.Buffers.Binary;

namespace Lab.Transport.Frames;

/// <summary>A frame is a 4-byte big-endian payload length followed by the payload (<c>docs/protocol.md</c>).</summary>
public static class FrameFormat
{
    public const int HeaderBytes = 4;

    /// <summary>A longer payload is refused: 1 MiB.</summary>
    public const int MaxPayloadBytes = 1024 * 1024;

    /// <summary>Length as sent: a value over <see cref="MaxPayloadBytes"/> is possible, the peer is not trusted.</summary>
    public static uint ReadLength(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32BigEndian(header);

    public static void WriteLength(Span<byte> header, int payloadBytes) =>
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)payloadBytes);
}
