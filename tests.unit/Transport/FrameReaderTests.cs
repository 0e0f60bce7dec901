using System.Buffers;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Transport;

public class FrameReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public void Frames_come_out_as_they_went_in_however_they_arrive(int chunk)
    {
        var random = new Random(chunk);
        var frames = Enumerable.Range(0, 40).Select(index => Bytes(random, index % 8 == 0 ? random.Next(70_000) : random.Next(300))).ToList();
        var wire = frames.SelectMany(Wire).ToArray();
        using var reader = new FrameReader();
        var received = new List<byte[]>();
        for (var sent = 0; sent < wire.Length;)
        {
            var free = reader.Free();
            var count = Math.Min(Math.Min(chunk, free.Length), wire.Length - sent);
            wire.AsSpan(sent, count).CopyTo(free.Span);
            reader.Received(count);
            sent += count;
            while (reader.TryRead(out var payload) == FrameStatus.Complete)
            {
                received.Add(payload.ToArray());
            }
        }

        Assert.Equal(frames, received);
        Assert.Equal(0, reader.PartialBytes);
    }

    [Fact]
    public void The_largest_frame_is_taken_and_one_byte_more_is_not()
    {
        Assert.Equal(FrameStatus.Complete, StatusOf(new byte[FrameFormat.MaxPayloadBytes], out _));
        Assert.Equal(FrameStatus.TooLarge, StatusOf(new byte[FrameFormat.MaxPayloadBytes + 1], out _));
    }

    [Fact]
    public void A_length_that_is_only_claimed_costs_no_memory()
    {
        using var reader = new FrameReader();
        var header = new byte[FrameFormat.HeaderBytes];
        FrameFormat.WriteLength(header, FrameFormat.MaxPayloadBytes);
        header.CopyTo(reader.Free());
        reader.Received(header.Length);
        Assert.Equal(FrameStatus.Incomplete, reader.TryRead(out _));
        Assert.True(reader.Free().Length < 64 * 1024, $"{reader.Free().Length} bytes were reserved for 4 that came");
    }

    [Fact]
    public void After_a_large_frame_the_memory_is_given_back()
    {
        using var reader = new FrameReader();
        Feed(reader, Wire(new byte[500_000]));
        Assert.Equal(FrameStatus.Complete, reader.TryRead(out _));
        Assert.True(reader.Free().Length < 64 * 1024);
    }

    [Fact]
    public void Length_is_big_endian()
    {
        var header = new byte[4];
        FrameFormat.WriteLength(header, 0x010203);
        Assert.Equal([0, 1, 2, 3], header);
        Assert.Equal(0xFFFFFFFEu, FrameFormat.ReadLength([0xFF, 0xFF, 0xFF, 0xFE]));
    }

    [Fact]
    public void An_outgoing_frame_grows_and_can_be_begun_anew()
    {
        using var frame = new OutgoingFrame();
        frame.Write(new byte[10]);
        frame.Clear();
        var payload = Bytes(new Random(1), 100_000);
        foreach (var part in payload.Chunk(333))
        {
            frame.Write(part);
        }

        Assert.Equal(payload.Length, frame.PayloadBytes);
        Assert.Equal(Wire(payload), frame.Wire.ToArray());
    }

    internal static byte[] Wire(byte[] payload)
    {
        var wire = new byte[FrameFormat.HeaderBytes + payload.Length];
        FrameFormat.WriteLength(wire, payload.Length);
        payload.CopyTo(wire, FrameFormat.HeaderBytes);
        return wire;
    }

    private static FrameStatus StatusOf(byte[] payload, out int length)
    {
        using var reader = new FrameReader();
        Feed(reader, Wire(payload));
        var status = reader.TryRead(out var read);
        length = read.Length;
        return status;
    }

    private static void Feed(FrameReader reader, byte[] wire)
    {
        for (var sent = 0; sent < wire.Length;)
        {
            var free = reader.Free();
            var count = Math.Min(free.Length, wire.Length - sent);
            wire.AsSpan(sent, count).CopyTo(free.Span);
            reader.Received(count);
            sent += count;
        }
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
