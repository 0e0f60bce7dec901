using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;

namespace Lab.Tests.Unit.TradingPost;

public class PeerClockTests
{
    private readonly PeerClock _clock = new(id: 2, peers: 6);

    [Fact]
    public void Receiving_merges_and_ticks_and_sending_ticks()
    {
        Assert.Equal(VectorClock.Of((2, 1)), _clock.Sending());
        Assert.Equal(VectorClock.Of((1, 7)), _clock.Received(VectorClock.Of((1, 7)), fromPeer: true, null));
        Assert.Equal(VectorClock.Of((1, 7), (2, 2)), _clock.Now);
    }

    [Fact]
    public void Nobody_can_bring_in_participants_who_are_none()
    {
        var claimed = VectorClock.Of((-5, 3), (1, 1), (6, 3), (99, 3), (100, 3), (int.MaxValue, 3));
        Assert.Equal(VectorClock.Of((1, 1)), _clock.Received(claimed, fromPeer: false, null));

        var ledger = new Ledger();
        ledger.Apply(new Joined(100, 1, 1), 1);
        Assert.Equal(VectorClock.Of((1, 1), (100, 3)), _clock.Received(claimed, fromPeer: false, ledger));
        Assert.Equal([1, 2, 100], _clock.Now.Entries.Select(entry => entry.Node));
    }

    [Fact]
    public void A_peer_is_believed_about_clients_but_not_without_end()
    {
        for (var from = 0; from < 20; from++)
        {
            _clock.Received(VectorClock.Of([.. Enumerable.Range(100 + (from * 100), 200).Select(node => (node, 1L))]), fromPeer: true, null);
        }

        Assert.InRange(_clock.Now.Entries.Count, 200, 6 + Ledger.MostParticipants);
    }

    [Fact]
    public void A_counter_does_not_run_over()
    {
        Assert.Equal(VectorClock.Zero, _clock.Received(VectorClock.Of((0, long.MaxValue), (2, PeerClock.MostEvents + 1)), fromPeer: true, null));
        _clock.Received(VectorClock.Of([.. Enumerable.Range(0, 6).Select(node => (node, PeerClock.MostEvents))]), fromPeer: true, null);
        Assert.Equal(PeerClock.MostEvents, _clock.Sending()[2]);
        Assert.Equal(6 * PeerClock.MostEvents, _clock.Now.Sum);
    }
}
