using Lab.Coordination.Multicast;
using Lab.MedalTally.Group;
using Lab.MedalTally.Protocol;
using Lab.MedalTally.Tables;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.MedalTally;

public class DatabaseFramesTests
{
    [Fact]
    public void Requests_are_the_same_afterwards()
    {
        (RowKind, int)[] rows = [(RowKind.Team, 3), (RowKind.Event, 2), (RowKind.Team, 0)];
        TallyWrite[] writes = [TallyWrite.Increment(3, Medal.Bronze), TallyWrite.SetScore(2, long.MaxValue, 0)];

        var read = Payload(DatabaseFrames.Read(7, rows));
        Assert.Equal((7, DatabaseCall.Read), (DatabaseFrames.ReadId(read), DatabaseFrames.ReadCall(read)));
        Assert.True(DatabaseFrames.TryReadRows(read, out var readRows));
        Assert.Equal(rows, readRows);

        var write = Payload(DatabaseFrames.Write(long.MaxValue, writes));
        Assert.Equal((long.MaxValue, DatabaseCall.Write), (DatabaseFrames.ReadId(write), DatabaseFrames.ReadCall(write)));
        Assert.True(DatabaseFrames.TryReadWrites(write, out var readWrites));
        Assert.Equal(writes, readWrites);

        var hello = Payload(DatabaseFrames.Hello(1, "geheim ü"));
        Assert.Equal(DatabaseCall.Hello, DatabaseFrames.ReadCall(hello));
        Assert.Equal("geheim ü"u8, DatabaseFrames.Secret(hello));
        Assert.Equal(DatabaseCall.Board, DatabaseFrames.ReadCall(Payload(DatabaseFrames.Board(2))));

        var updates = Payload(DatabaseFrames.Updates(3, 1234));
        Assert.True(DatabaseFrames.TryReadVersion(updates, out var after));
        Assert.Equal((DatabaseCall.Updates, 1234), (DatabaseFrames.ReadCall(updates), after));
    }

    [Fact]
    public void Questions_to_the_register_and_its_answers_are_the_same_afterwards()
    {
        var view = new GroupView(3, 1, [new(0, 5), new(2, 9)], [4, 0]);
        var request = Payload(DatabaseFrames.Register(4, new RegisterRequest(8, 2, Term: 5, Leader: 1, View: view)));
        var read = DatabaseFrames.ReadRegisterRequest(request)!;
        Assert.Equal((8, 2, false, 5, 1, view.ToString()), (read.Run, read.Node, read.ClaimsTerm, read.Term, read.Leader, read.View!.ToString()));

        var reply = DatabaseFrames.ReadRegisterReply(Payload(DatabaseFrames.RegisterReply(4, new RegisterReply(6, true, view))));
        Assert.Equal((6, true, view.ToString()), (reply.Term, reply.WasGiven, reply.View.ToString()));
    }

    [Fact]
    public void Replies_are_the_same_afterwards()
    {
        TallyRow[] rows = [new(RowKind.Team, 3, 1, 2, 3, 4), new(RowKind.Event, 0, long.MaxValue, 0, 0, 9)];
        using var frame = DatabaseFrames.Done(5);
        foreach (var row in rows)
        {
            frame.WriteRow(row);
        }

        var reply = Payload(frame);
        Assert.Equal(5, DatabaseFrames.ReadId(reply));
        Assert.Equal(rows, DatabaseFrames.ReadRows(DatabaseFrames.Body(reply)));
        Assert.Throws<IOException>(() => DatabaseFrames.ReadRows(DatabaseFrames.Body(reply)[1..]));
    }

    [Fact]
    public void A_refusal_says_why_and_a_long_reason_is_cut()
    {
        Assert.Equal("not so", Assert.Throws<IOException>(() => DatabaseFrames.Body(Payload(DatabaseFrames.Refusal(5, "not so"))).Length).Message);
        Assert.Null(DatabaseFrames.ReadId(Payload(DatabaseFrames.Refusal(null, "about the connection"))));
        Assert.InRange(Payload(DatabaseFrames.Refusal(5, new string('x', 100_000))).Length, 1000, 1100);
    }

    public static TheoryData<byte[]> NoRequests => [
        (byte[])[],
        (byte[])[1, 2, 3],
        (byte[])[0, 0, 0, 0, 0, 0, 0, 0, 2],
        (byte[])[0xff, 0, 0, 0, 0, 0, 0, 1, 2],
        (byte[])[0, 0, 0, 0, 0, 0, 0, 1],
        (byte[])[0, 0, 0, 0, 0, 0, 0, 1, 0],
        (byte[])[0, 0, 0, 0, 0, 0, 0, 1, 7],
        (byte[])[0, 0, 0, 0, 0, 0, 0, 1, 255]];

    [Theory]
    [MemberData(nameof(NoRequests))]
    public void Without_an_id_or_of_an_unknown_kind_it_is_no_request(byte[] payload) => Assert.Null(DatabaseFrames.ReadCall(payload));

    [Fact]
    public void Rows_that_there_are_not_and_too_many_at_once_are_refused()
    {
        foreach (var (kind, index) in new[] { (RowKind.Team, 4), (RowKind.Event, 3), ((RowKind)2, 0), (RowKind.Team, 255) })
        {
            Assert.False(DatabaseFrames.TryReadRows(Payload(DatabaseFrames.Read(1, [(RowKind.Team, 0), (kind, index)])), out _));
            Assert.False(DatabaseFrames.TryReadWrites(Payload(DatabaseFrames.Write(1, [new TallyWrite(kind, index, Medal.Gold, 0, 0)])), out _));
        }

        Assert.False(DatabaseFrames.TryReadWrites(Payload(DatabaseFrames.Write(1, [TallyWrite.Increment(0, (Medal)3)])), out _));
        Assert.False(DatabaseFrames.TryReadWrites(Payload(DatabaseFrames.Write(1, [TallyWrite.SetScore(0, -1, 0)])), out _));
        Assert.False(DatabaseFrames.TryReadVersion(Payload(DatabaseFrames.Updates(1, -1)), out _));

        foreach (var (count, isTaken) in new[] { (0, false), (1, true), (DatabaseFrames.MostTogether, true), (DatabaseFrames.MostTogether + 1, false) })
        {
            Assert.Equal(isTaken, DatabaseFrames.TryReadRows(Payload(DatabaseFrames.Read(1, [.. Enumerable.Repeat((RowKind.Team, 0), count)])), out _));
            Assert.Equal(isTaken, DatabaseFrames.TryReadWrites(Payload(DatabaseFrames.Write(1, [.. Enumerable.Repeat(TallyWrite.Increment(0, Medal.Gold), count)])), out _));
        }
    }

    private static byte[] Payload(OutgoingFrame frame)
    {
        using (frame)
        {
            return frame.Wire[FrameFormat.HeaderBytes..].ToArray();
        }
    }
}
