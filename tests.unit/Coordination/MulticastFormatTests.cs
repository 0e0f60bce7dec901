using System.Buffers;
using CsCheck;
using Lab.Coordination.Multicast;
using Lab.Tests.Unit.Fuzzing;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Whatever bytes come, they are a message or are refused with a reason; and a message is the same afterwards.</summary>
public class MulticastFormatTests
{
    private static readonly Gen<long> Numbers = Gen.OneOf(Gen.Const(0L), Gen.Const(long.MaxValue), Gen.Long[0, 300], Gen.Long[0, long.MaxValue]);

    private static readonly Gen<MulticastRun> Runs = Gen.Select(Gen.Int[0, 40], Gen.Long[1, 1L << 40], Gen.Byte.Array[0, 200].List[1, 5], (sender, first, payloads) =>
        new MulticastRun(sender, first, payloads.Count, payloads.SelectMany(payload => (byte[])[.. Length(payload.Length), .. payload]).ToArray()));

    private static readonly Gen<MulticastBatch?> Batches = Gen.Select(Gen.Long[1, 1L << 40], Numbers, Runs.List[1, 4], Gen.Bool, (number, clock, runs, isThere) =>
        isThere ? new MulticastBatch(number, clock, runs) : null);

    private static readonly Gen<MulticastMessage> Messages = Gen.Select(
        Gen.Select(Gen.Int[0, (int)MulticastMessageKind.State], Gen.Bool), Numbers.Array[5], Numbers.Array[0, 17], Gen.Byte.Array[0, 50], Batches, (kind, numbers, received, snapshot, batch) =>
            new MulticastMessage
            {
                Kind = (MulticastMessageKind)kind.Item1,
                Asks = kind.Item2,
                View = numbers[0],
                Clock = numbers[1],
                Stable = numbers[2],
                Incarnation = numbers[3],
                Place = numbers[4],
                Numbers = received,
                Snapshot = snapshot,
                Batch = batch,
            });

    [Fact]
    public void A_message_is_the_same_afterwards() => Messages.Sample(message => Assert.Equal(Show(message), Show(Read(Write(message)))), iter: 2_000, threads: 1);

    [Fact]
    public void Hostile_bytes_are_read_or_refused_with_a_reason() => Fuzz.Check("Multicast", Fuzz.Damaged(Messages.Select(Write)), bytes =>
    {
        if (!MulticastFormat.TryRead(bytes, out var message, out var error))
        {
            Assert.NotEmpty(error);
            Assert.Null(message);
            return;
        }

        // There is one way to write a message, so what was read is what was written; and no more is kept than came.
        Assert.Equal(bytes, Write(message));
        foreach (var run in message.Batch?.Runs ?? [])
        {
            var content = run.Content;
            for (var index = 0; index < run.Count; index++)
            {
                MulticastFormat.TakePayload(ref content);
            }

            Assert.Equal(0, content.Length);
        }
    });

    [Theory]
    [InlineData(new byte[0], "first bytes")]
    [InlineData(new byte[] { 99, 0 }, "first bytes")]
    [InlineData(new byte[] { 0, 4 }, "first bytes")]
    [InlineData(new byte[] { 0, 0, 1, 2 }, "a number that is none")]
    [InlineData(new byte[] { 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0 }, "a number that is none")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 200, 0 }, "a number that is none")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 5, 1 }, "snapshot")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 }, "1 bytes too many")]
    [InlineData(new byte[] { 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 }, "no or too many runs")]
    [InlineData(new byte[] { 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 100 }, "no or too many runs")]
    [InlineData(new byte[] { 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 3, 1, 1, 9, 1 }, "longer than the batch")]
    [InlineData(new byte[] { 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 3, 1, 2, 2, 1, 7 }, "does not consist of 2 messages")]
    public void A_message_that_is_none_is_refused(byte[] bytes, string reason)
    {
        Assert.False(MulticastFormat.TryRead(bytes, out _, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    private static byte[] Length(int length)
    {
        var bytes = new byte[5];
        return bytes[..MulticastFormat.WriteLength(bytes, length)];
    }

    private static byte[] Write(MulticastMessage message)
    {
        var writer = new ArrayBufferWriter<byte>();
        MulticastFormat.Write(message, writer);
        return writer.WrittenSpan.ToArray();
    }

    private static MulticastMessage Read(byte[] bytes) => MulticastFormat.TryRead(bytes, out var message, out var error) ? message : throw new InvalidOperationException(error);

    private static string Show(MulticastMessage message) => string.Join(
        '|',
        [
            message.Kind, message.Asks, message.View, message.Clock, message.Stable, message.Incarnation, message.Place, string.Join(' ', message.Numbers),
            Convert.ToHexString(message.Snapshot.Span), message.Batch?.Number, message.Batch?.Clock,
            .. (message.Batch?.Runs ?? []).Select(run => $"{run.Sender}/{run.First}/{run.Count}/{Convert.ToHexString(run.Content.Span)}"),
        ]);
}
