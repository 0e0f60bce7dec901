using CsCheck;
using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.Coordination.Multicast;
using Lab.MedalTally.Group;
using Lab.MedalTally.Protocol;
using Lab.MedalTally.Tables;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Fuzzing;

/// <summary>What comes in at the database port and at a member's port is a request, or is refused.</summary>
public sealed class MedalTallyFuzz
{
    private static readonly Gen<string> Names = HostileJson.Names(
        "run", "node", "claimsTerm", "term", "leader", "view", "number", "era", "members", "cut", "id", "incarnation", "wasGiven", "leaders", "$type");

    [Fact]
    public void A_request_to_the_database_server_is_read_or_refused()
    {
        var row = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], (kind, index) => ((RowKind)kind, index));
        var write = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 4], Gen.Long, Gen.Long, (kind, index, medal, rome, gaul) =>
            new TallyWrite((RowKind)kind, index, (Medal)medal, rome, gaul));
        var request = Fuzz.Any(
            row.Array[0, 5].Select(rows => Payload(DatabaseFrames.Read(1, rows))),
            write.Array[0, 5].Select(writes => Payload(DatabaseFrames.Write(1, writes))),
            Gen.Long.Select(after => Payload(DatabaseFrames.Updates(1, after))),
            Gen.String.Select(secret => Payload(DatabaseFrames.Hello(1, secret))),
            HostileJson.Object(Names).Select(json => (byte[])[0, 0, 0, 0, 0, 0, 0, 1, (byte)DatabaseCall.Register, .. System.Text.Encoding.UTF8.GetBytes(json)]),
            Gen.Byte.Array[0, 60]);
        Fuzz.Check("DatabaseFrames", Fuzz.Damaged(request), payload =>
        {
            // As the database server asks, one after the other.
            if (DatabaseFrames.ReadCall(payload) is not { } call)
            {
                return;
            }

            Assert.InRange(DatabaseFrames.ReadId(payload)!.Value, 1, long.MaxValue);
            switch (call)
            {
                case DatabaseCall.Read when DatabaseFrames.TryReadRows(payload, out var rows):
                    Assert.InRange(rows.Length, 1, DatabaseFrames.MostTogether);
                    Assert.All(rows, row => new TallyTables().Read(row.Kind, row.Index));
                    break;
                case DatabaseCall.Write when DatabaseFrames.TryReadWrites(payload, out var writes):
                    Assert.All(writes, write => Assert.True(write.IsValid));
                    break;
                case DatabaseCall.Updates when DatabaseFrames.TryReadVersion(payload, out var after):
                    Assert.InRange(after, 0, long.MaxValue);
                    break;
                case DatabaseCall.Register when DatabaseFrames.ReadRegisterRequest(payload) is { View: { } view }:
                    // What is granted is written down, and every member goes by it.
                    Assert.NotEmpty(view.ToString());
                    break;
            }
        });
    }

    [Fact]
    public void A_reply_of_the_database_server_is_read_or_fails_as_a_connection_does()
    {
        var row = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 5], Gen.Long, Gen.Long, (kind, index, first, version) => new TallyRow((RowKind)kind, index, first, 0, 0, version));
        var reply = Fuzz.Any(
            row.Array[0, 5].Select(rows =>
            {
                var frame = DatabaseFrames.Done(1);
                foreach (var each in rows)
                {
                    frame.WriteRow(each);
                }

                return Payload(frame);
            }),
            HostileJson.Object(Names).Select(json => (byte[])[0, 0, 0, 0, 0, 0, 0, 1, 0, .. System.Text.Encoding.UTF8.GetBytes(json)]),
            Gen.String.Select(reason => Payload(DatabaseFrames.Refusal(1, reason))));
        Fuzz.Check("DatabaseReplies", Fuzz.Damaged(reply), payload =>
        {
            if (DatabaseFrames.ReadId(payload) is null)
            {
                _ = DatabaseFrames.Reason(payload);
                return;
            }

            Try(() => DatabaseFrames.ReadRows(DatabaseFrames.Body(payload)).Length);
            Try(() => DatabaseFrames.ReadRegisterReply(payload).View.ToString().Length);
        });

        static void Try(Func<int> read)
        {
            try
            {
                read();
            }
            catch (IOException)
            {
                // What whoever calls expects.
            }
        }
    }

    [Fact]
    public void A_frame_between_members_is_read_or_not_heard()
    {
        var frame = Fuzz.Any(
            Gen.Select(Gen.Int[0, 255], Gen.Long, Gen.String).Select(hello => Payload(GroupFrames.Hello(hello.Item1, hello.Item2, hello.Item3))),
            Gen.Select(Gen.Int[0, 255], Gen.Int[0, 5], Gen.Long).Select(said => Payload(GroupFrames.Of(said.Item1, new ElectionMessage((ElectionMessageKind)said.Item2, said.Item3)))),
            Gen.Select(Gen.Int[0, 255], Gen.Int[0, 5], Gen.Long, Gen.Int, Gen.Long).Select(said =>
                Payload(GroupFrames.Of(said.Item1, new ClockMessage((ClockMessageKind)said.Item2, said.Item3, said.Item5, said.Item4, said.Item3, said.Item5)))),
            Gen.Select(Gen.Int[0, 255], Gen.Int[0, 7], Gen.Byte.Array[0, 40]).Select(said =>
                Payload(GroupFrames.Of(said.Item1, new MulticastMessage { Kind = (MulticastMessageKind)said.Item2, Snapshot = said.Item3 }))),
            Gen.Byte.Array[0, 60]);
        Fuzz.Check("GroupFrames", Fuzz.Damaged(frame), payload =>
        {
            if (!GroupFrames.TryRead(payload, out var read))
            {
                Assert.Null(read);
                return;
            }

            Assert.Equal(payload[0], read.From);
            Assert.True(new object?[] { read.Secret, read.Election, read.Clock, read.Multicast }.Count(said => said is not null) <= 1);
        });
    }

    /// <summary>What a member that joins is given by another one, which is a member but may be of another version.</summary>
    [Fact]
    public void A_message_of_the_order_never_breaks_the_raffle() => Fuzz.Check(
        "Raffle", Fuzz.Any(Gen.Byte.Array[0, 100], Gen.String.Select(Raffle.RequestOf), Gen.Long.Select(Raffle.DrawOf)), message =>
        {
            var raffle = new Raffle();
            for (var place = 1; place <= 101; place++)
            {
                raffle.Deliver(place, sender: 1, message);
            }

            var other = new Raffle();
            other.Restore(raffle.Snapshot());
            Assert.Equal((raffle.Hash, raffle.Requests, raffle.Winner), (other.Hash, other.Requests, other.Winner));
            Assert.Equal(raffle.Entries, other.Entries);
        });

    private static byte[] Payload(OutgoingFrame frame)
    {
        using (frame)
        {
            return frame.Wire[FrameFormat.HeaderBytes..].ToArray();
        }
    }
}
