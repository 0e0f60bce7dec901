using System.Text;
using Lab.MedalTally.Group;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.MedalTally;

public class RaffleTests
{
    [Fact]
    public void Every_hundredth_request_enters_its_sender_at_every_member()
    {
        var raffles = new[] { new Raffle(), new Raffle() };
        foreach (var raffle in raffles)
        {
            Deliver(raffle, 1, 350);
        }

        Assert.Equal(350, raffles[0].Requests);
        Assert.Equal([new RaffleEntry(100, "client-100"), new RaffleEntry(200, "client-200"), new RaffleEntry(300, "client-300")], raffles[0].Entries);
        Assert.Equal(raffles[0].Entries, raffles[1].Entries);
        Assert.Equal(raffles[0].Hash, raffles[1].Hash);
        Assert.Null(raffles[0].Winner);
    }

    [Fact]
    public void A_draw_names_the_same_winner_everywhere_and_begins_anew()
    {
        var winners = new HashSet<RaffleEntry>();
        for (var seed = 0; seed < 50; seed++)
        {
            var (raffle, other) = (new Raffle(), new Raffle());
            Deliver(raffle, 1, 1000);
            Deliver(other, 1, 1000);
            raffle.Deliver(1001, 0, Raffle.DrawOf(seed));
            other.Deliver(1001, 0, Raffle.DrawOf(seed));
            Assert.Equal(raffle.Winner, other.Winner);
            Assert.Equal((0L, $"client-{raffle.Winner!.Place}"), (raffle.Winner.Place % 100, raffle.Winner.Client));
            Assert.Empty(raffle.Entries);
            winners.Add(raffle.Winner);
        }

        Assert.InRange(winners.Count, 8, 10);
    }

    [Fact]
    public void Nobody_wins_where_nobody_has_entered()
    {
        var raffle = new Raffle();
        Deliver(raffle, 1, 99);
        raffle.Deliver(100, 0, Raffle.DrawOf(1));
        Assert.Null(raffle.Winner);
        Assert.Equal(99, raffle.Requests);
    }

    [Fact]
    public void Another_order_another_sender_or_another_message_gives_another_hash()
    {
        var (a, b) = (Raffle.RequestOf("a"), Raffle.RequestOf("b"));
        var hashes = new[]
        {
            HashOf((1, 0, a), (2, 1, b)),
            HashOf((1, 0, b), (2, 1, a)),
            HashOf((1, 1, b), (2, 0, a)),
            HashOf((1, 0, a), (2, 0, b)),
            HashOf((1, 0, a), (3, 1, b)),
            HashOf((1, 0, a)),
            HashOf((1, 0, Raffle.RequestOf("a longer name")), (2, 1, b)),
            HashOf((1, 0, Raffle.RequestOf("a longer Name")), (2, 1, b)),
            HashOf((1, 0, a), (2, 1, Raffle.DrawOf(1))),
            HashOf((1, 0, a), (2, 1, Raffle.DrawOf(2))),
        };
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    [Fact]
    public void Who_joins_with_the_state_of_another_member_goes_on_as_it_does()
    {
        var raffle = new Raffle();
        Deliver(raffle, 1, 750);
        raffle.Deliver(751, 0, Raffle.DrawOf(4));
        Deliver(raffle, 752, 460);
        var joined = new Raffle();
        Deliver(joined, 1, 130);
        joined.Restore(raffle.Snapshot());

        foreach (var each in new[] { raffle, joined })
        {
            Deliver(each, 1212, 333);
            each.Deliver(1545, 2, Raffle.DrawOf(9));
            Deliver(each, 1546, 200);
        }

        Assert.Equal((raffle.Hash, raffle.Requests, raffle.Winner), (joined.Hash, joined.Requests, joined.Winner));
        Assert.Equal(raffle.Entries, joined.Entries);
        Assert.NotNull(joined.Winner);
        Assert.NotEmpty(joined.Entries);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("ü")]
    [InlineData("€")]
    [InlineData("\U0001F3C5")]
    public void A_long_name_is_cut_between_two_characters(string letter)
    {
        var raffle = new Raffle();
        for (var place = 1; place <= Raffle.Every; place++)
        {
            raffle.Deliver(place, 0, Raffle.RequestOf("a" + string.Concat(Enumerable.Repeat(letter, 100))));
        }

        var name = Assert.Single(raffle.Entries).Client;
        Assert.InRange(Encoding.UTF8.GetByteCount(name), 61, 64);
        Assert.DoesNotContain('\ufffd', name);
    }

    /// <summary>It goes to a member that joins in one frame, and a frame that is too large never arrives.</summary>
    [Fact]
    public void As_many_entries_as_there_can_be_with_the_worst_names_fit_into_a_frame()
    {
        var raffle = new Raffle();
        var worst = Raffle.RequestOf(new string('\u0001', 64));
        for (var place = 1; place <= 1_200_000; place++)
        {
            raffle.Deliver(place, 0, worst);
        }

        Assert.InRange(raffle.Entries.Count, 1000, 11_999);
        Assert.InRange(raffle.Snapshot().Length, 1, FrameFormat.MaxPayloadBytes - 1024);
    }

    private static void Deliver(Raffle raffle, long from, int count)
    {
        for (var place = from; place < from + count; place++)
        {
            raffle.Deliver(place, (int)(place % 3), Raffle.RequestOf($"client-{place}"));
        }
    }

    private static string HashOf(params (long Place, int Sender, byte[] Message)[] deliveries)
    {
        var raffle = new Raffle();
        foreach (var (place, sender, message) in deliveries)
        {
            raffle.Deliver(place, sender, message);
        }

        return raffle.Hash;
    }
}
