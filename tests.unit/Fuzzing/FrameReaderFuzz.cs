using System.Buffers.Binary;
using CsCheck;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Fuzzing;

/// <summary>However a stream is cut, it gives the same frames, and no more memory than has come.</summary>
public class FrameReaderFuzz
{
    private const int MaxCuts = 16;
    private const int LeastBufferBytes = 8192;

    [Fact]
    public void Frames_are_the_same_however_the_stream_is_cut()
    {
        var frame = Fuzz.Weighted(
            (6, Gen.Byte.Array[0, 40].Select(payload => Frame((uint)payload.Length, payload))),
            (1, Gen.Byte.Array[4000, 9000].Select(payload => Frame((uint)payload.Length, payload))),
            (1, Gen.Select(Gen.OneOf(0u, 41u, 20_000u, 0x7FFFFFFFu, 0x80000000u, uint.MaxValue, 0x00100000u, 0x00100001u), Gen.Byte.Array[0, 20], Frame)));
        var stream = frame.Array[0, 12].Select(frames => frames.SelectMany(bytes => bytes).ToArray());
        var input = Gen.Select(Gen.Byte, Gen.Byte.Array[1, MaxCuts], stream, (settings, cuts, bytes) => (byte[])[settings, (byte)cuts.Length, .. cuts, .. bytes]);
        Fuzz.Check("FrameReader", Fuzz.Damaged(input), Check);
    }

    private static byte[] Frame(uint length, byte[] payload)
    {
        var bytes = new byte[FrameFormat.HeaderBytes + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, length);
        payload.CopyTo(bytes, FrameFormat.HeaderBytes);
        return bytes;
    }

    /// <param name="input">Settings, the number of cuts, the sizes of the pieces in turn, the stream.</param>
    private static void Check(byte[] input)
    {
        if (input.Length < 3)
        {
            return;
        }

        var (mostBytes, framing) = ((input[0] & 1) == 0 ? 10_000 : 40, (input[0] & 2) == 0 ? Framing.LengthPrefixed : Framing.None);
        var cuts = input.AsSpan(2, Math.Min(Math.Max((int)input[1], 1), input.Length - 2)).ToArray();
        var stream = input.AsSpan(2 + cuts.Length).ToArray();
        var (frames, isTooLarge) = Expected(stream, mostBytes, framing);

        using var reader = new FrameReader(mostBytes, framing);
        var read = new List<byte[]>();
        var (status, mostHeld) = (FrameStatus.Incomplete, 0);
        for (var (at, piece) = (0, 0); at < stream.Length && status != FrameStatus.TooLarge; piece++)
        {
            var room = reader.Free();
            Assert.NotEqual(0, room.Length);
            Assert.InRange(room.Length + reader.PartialBytes, 1, Math.Max(LeastBufferBytes, 4 * mostHeld));
            var count = Math.Min(Math.Min(room.Length, stream.Length - at), 1 + (cuts[piece % cuts.Length] * cuts[piece % cuts.Length]));
            stream.AsSpan(at, count).CopyTo(room.Span);
            reader.Received(count);

            // A buffer that has grown is kept until it is empty.
            mostHeld = reader.PartialBytes == count ? count : Math.Max(mostHeld, reader.PartialBytes);
            at += count;
            while ((status = reader.TryRead(out var payload)) == FrameStatus.Complete)
            {
                if (read.Count % 3 == 0)
                {
                    reader.PutBack();
                    Assert.Equal(FrameStatus.Complete, reader.TryRead(out payload));
                }

                read.Add(payload.ToArray());
            }

            if (piece % 2 == 0)
            {
                reader.Rest();
            }
        }

        Assert.Equal(isTooLarge, status == FrameStatus.TooLarge);
        Assert.Equal(framing == Framing.None ? [read.SelectMany(bytes => bytes).ToArray()] : read, frames);
    }

    private static (List<byte[]> Frames, bool IsTooLarge) Expected(ReadOnlySpan<byte> stream, int mostBytes, Framing framing)
    {
        var frames = new List<byte[]>();
        if (framing == Framing.None)
        {
            return ([stream.ToArray()], false);
        }

        while (stream.Length >= FrameFormat.HeaderBytes)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(stream);
            stream = stream[FrameFormat.HeaderBytes..];
            if (length > mostBytes)
            {
                return (frames, true);
            }

            if (stream.Length < length)
            {
                break;
            }

            frames.Add(stream[..(int)length].ToArray());
            stream = stream[(int)length..];
        }

        return (frames, false);
    }
}
