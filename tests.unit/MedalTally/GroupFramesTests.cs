using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.Coordination.Multicast;
using Lab.MedalTally.Group;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.MedalTally;

public class GroupFramesTests
{
    [Fact]
    public void What_members_say_is_the_same_afterwards()
    {
        var hello = Read(GroupFrames.Hello(3, run: -5, "secret"));
        Assert.Equal((3, -5), (hello.From, hello.Run));
        Assert.Equal("secret"u8, hello.Secret!);

        var heartbeat = Read(GroupFrames.Heartbeat(2));
        Assert.Equal((2, null, null, null, null), (heartbeat.From, heartbeat.Secret, heartbeat.Election, heartbeat.Clock, heartbeat.Multicast));

        Assert.All(Enum.GetValues<ElectionMessageKind>(), kind =>
            Assert.Equal(new ElectionMessage(kind, 77), Read(GroupFrames.Of(1, new ElectionMessage(kind, 77))).Election));
        Assert.All(Enum.GetValues<ClockMessageKind>(), kind =>
        {
            var message = new ClockMessage(kind, 1, 2, 3, 4, -5);
            Assert.Equal(message, Read(GroupFrames.Of(1, message)).Clock);
        });

        var multicast = Read(GroupFrames.Of(1, new MulticastMessage { Kind = MulticastMessageKind.State, View = 4, Place = 9, Snapshot = new byte[] { 1, 2 } })).Multicast!;
        Assert.Equal((MulticastMessageKind.State, 4, 9), (multicast.Kind, multicast.View, multicast.Place));
        Assert.Equal([1, 2], multicast.Snapshot.ToArray());
    }

    public static TheoryData<byte[]> Nothing => [
        (byte[])[],
        (byte[])[0],
        (byte[])[0, 5],
        (byte[])[0, 255],
        (byte[])[0, 0],
        (byte[])[0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
        (byte[])[0, 1, 0],
        (byte[])[0, 2, 0, 0, 0, 0, 0, 0, 0, 0],
        (byte[])[0, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0],
        (byte[])[0, 3, .. new byte[36]],
        (byte[])[0, 3, .. new byte[38]],
        (byte[])[0, 3, 99, .. new byte[36]],
        (byte[])[0, 4],
        (byte[])[0, 4, 99, 0]];

    [Theory]
    [MemberData(nameof(Nothing))]
    public void What_no_member_says_is_not_heard(byte[] payload)
    {
        Assert.False(GroupFrames.TryRead(payload, out var frame));
        Assert.Null(frame);
    }

    [Fact]
    public async Task Nobody_is_heard_who_has_not_said_the_secret_and_then_only_as_who_it_said_it_was()
    {
        var heard = new List<int>();
        var secret = "secret"u8.ToArray();
        var handler = new GroupHandler(run: 7, secret, frame =>
        {
            heard.Add(frame.From);
            return true;
        });
        var (member, stranger) = (handler.ForConnection(), handler.ForConnection());

        await Tell(member, GroupFrames.Heartbeat(1));
        await Tell(member, GroupFrames.Hello(1, 7, "Secret"));
        await Tell(member, GroupFrames.Heartbeat(1));
        await Tell(member, GroupFrames.Hello(1, 8, "secret"));
        await Tell(member, GroupFrames.Heartbeat(1));
        Assert.Empty(heard);

        await Tell(member, GroupFrames.Hello(1, 7, "secret"));
        await Tell(member, GroupFrames.Heartbeat(1));
        await Tell(member, GroupFrames.Heartbeat(2));
        await Tell(stranger, GroupFrames.Heartbeat(1));
        Assert.Equal([1], heard);

        static async Task Tell(IFrameHandler to, OutgoingFrame frame)
        {
            using (frame)
            {
                Assert.Null(await to.HandleAsync(frame.Wire[FrameFormat.HeaderBytes..], CancellationToken.None));
            }
        }
    }

    private static GroupFrame Read(OutgoingFrame frame)
    {
        using (frame)
        {
            Assert.True(GroupFrames.TryRead(frame.Wire.Span[FrameFormat.HeaderBytes..], out var read));
            return read;
        }
    }
}
