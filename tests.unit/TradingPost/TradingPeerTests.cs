using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.Tests.Unit.Coordination;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

public class TradingPeerTests
{
    private const int Client = 100;

    private readonly FakePeerHost _host = new(2);

    [Fact]
    public void The_highest_claims_and_trades_and_tells_of_its_first_durable_sale()
    {
        var peer = Trading();
        Assert.Equal(
            [PeerEventKind.Started, PeerEventKind.ElectionBegun, PeerEventKind.Claiming, PeerEventKind.Trades], _host.Events.Select(happened => happened.Kind));
        _host.Sent.Clear();
        peer.Receive(Client, new Buy(new(Client, 1, 1), Good.Salt, 1) { Clock = VectorClock.Of((Client, 3)) });
        Assert.Empty(_host.Sent);
        peer.Appended(7);
        Assert.Equal(new PeerEvent(PeerEventKind.FirstSale, 7), _host.Events[^1]);
        var (to, done) = _host.Sent[^1];
        Assert.Equal((Client, 15), (to, ((Done)done).Price));
        Assert.Equal(3, done.Clock[Client]);
        Assert.True(done.Clock[2] > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_is_fenced_or_cannot_write_trades_no_longer(bool fenced)
    {
        var peer = Trading();
        peer.Receive(Client, new Buy(new(Client, 1, 1), Good.Salt, 1));
        if (fenced)
        {
            peer.Fenced(7);
        }
        else
        {
            peer.AppendFailed(7, "the disk is full");
        }

        Assert.Equal(fenced ? PeerEventKind.Fenced : PeerEventKind.AccountsFailed, _host.Events.Last(happened => happened.Kind != PeerEventKind.Follows).Kind);
        Assert.Contains(_host.Sent, sent => sent.To == Client && sent.Message is Refused { Reason: RefusalReason.NotTrader });
        Assert.DoesNotContain(_host.Sent, sent => sent.Message is Done);
        peer.Receive(Client, new Buy(new(Client, 1, 2), Good.Salt, 1));
        Assert.Single(_host.Appends);
    }

    /// <summary>The accounts do one thing at a time.</summary>
    [Fact]
    public void A_claim_waits_for_the_write_of_an_earlier_term()
    {
        var peer = Trading();
        peer.Receive(Client, new Buy(new(Client, 1, 1), Good.Salt, 1));
        peer.Receive(1, new Electing(ElectionMessageKind.Coordinator, 8));
        Assert.Contains(_host.Events, happened => happened is { Kind: PeerEventKind.Follows, Other: 1, Term: 8 });
        FireUntilClaiming(peer);
        Assert.Equal(1, _host.Claims);
        peer.Appended(7);
        Assert.Equal(2, _host.Claims);
        Assert.DoesNotContain(_host.Sent, sent => sent.Message is Done);
    }

    [Fact]
    public void A_claim_that_comes_to_accounts_of_a_higher_term_is_worth_nothing()
    {
        var peer = Peer();
        peer.Start();
        var ledger = Stocked();
        ledger.Apply(new Joined(1, 1, 1), 9);
        peer.Claimed(new ClaimedAccounts(8, ledger));
        Assert.DoesNotContain(_host.Events, happened => happened.Kind == PeerEventKind.Trades);
        peer.Receive(Client, new Buy(new(Client, 1, 1), Good.Salt, 1));
        Assert.Empty(_host.Appends);
    }

    [Fact]
    public void Whoever_asks_who_trades_is_told_when_there_is_somebody()
    {
        var peer = Peer();
        peer.Start();
        peer.Receive(Client, new WhoTrades(11, 6));
        peer.Receive(Client + 1, new WhoTrades(12, 7));
        Assert.DoesNotContain(_host.Sent, sent => sent.Message is TraderIs);
        peer.Claimed(new ClaimedAccounts(7, Stocked()));
        Assert.Equal([(Client, new TraderIs(11, 2, 7))], _host.Sent.Where(sent => sent.Message is TraderIs).Select(sent => (sent.To, (TraderIs)sent.Message)));
        _host.Sent.Clear();
        peer.Receive(Client, new WhoTrades(13, 0));
        Assert.Equal([(Client, (PeerMessage)new TraderIs(13, 2, 7))], _host.Sent);
    }

    [Fact]
    public void Questions_do_not_wait_without_end()
    {
        var peer = Peer();
        peer.Start();
        for (var client = Client; client < Client + (2 * TraderQuestions.MostWaiting); client++)
        {
            peer.Receive(client, new WhoTrades(client, 0));
        }

        _host.NowUs += TraderQuestions.PatienceUs + 1;
        peer.Receive(Client + 1, new WhoTrades(7, 0));
        peer.Fire("peer-remind");
        peer.Receive(Client + 2, new WhoTrades(8, 0));
        peer.Claimed(new ClaimedAccounts(7, Stocked()));
        Assert.Equal([7, 8], _host.Sent.Select(sent => sent.Message).OfType<TraderIs>().Select(answer => answer.Nonce).Order());
    }

    [Fact]
    public void A_trader_that_resigns_sends_everybody_away()
    {
        var peer = Trading();
        peer.Receive(Client, new Buy(new(Client, 1, 1), Good.Salt, 1));
        peer.Receive(-1, new Resign());
        Assert.Contains(_host.Events, happened => happened.Kind == PeerEventKind.Resigned);
        Assert.Contains(_host.Sent, sent => sent.To == Client && sent.Message is Refused { Reason: RefusalReason.NotTrader });
        peer.Receive(Client, new AskStatus(5));
        Assert.Null(((Status)_host.Sent[^1].Message).Trader);
        Assert.Null(((Status)_host.Sent[^1].Message).Accounts);
    }

    [Fact]
    public void The_end_of_the_traders_connection_is_told_at_once()
    {
        var peer = Following(Design.Improved);
        peer.Disconnected(2);
        Assert.Contains(_host1.Events, happened => happened is { Kind: PeerEventKind.TraderLost, Other: 2, Term: 7 });
        Assert.Equal(PeerEventKind.Claiming, _host1.Events[^1].Kind);
    }

    [Fact]
    public void As_published_only_a_request_or_a_look_tells_that_the_trader_is_lost()
    {
        var peer = Following(Design.AsPublished);
        peer.Disconnected(2);
        peer.Fire("peer-tick");
        Assert.Equal((2, new Heartbeat(7, 2)), _host1.Sent[^1]);
        peer.Receive(2, new Heartbeat(7, 2));
        peer.Fire("peer-tick");
        Assert.DoesNotContain(_host1.Events, happened => happened.Kind == PeerEventKind.TraderLost);
        peer.Fire("peer-tick");
        Assert.Contains(_host1.Events, happened => happened is { Kind: PeerEventKind.TraderLost, Other: 2 });
    }

    /// <summary>Anything may come, from anybody, in any state: nothing is thrown, nothing grows without bound.</summary>
    [Fact]
    public void No_message_breaks_a_peer() => Seeds.Run(300, seed =>
    {
        var messages = new HostileMessages(seed);
        var host = new FakePeerHost(2);
        var peer = new TradingPeer(host, Settings with { Sellers = (int)((uint)seed % 4), BuyEveryMs = 5 });
        host.Confirming = (term, _) => peer.Confirmed(term < 1000);
        peer.Start();
        for (var number = 0; number < 1000; number++)
        {
            peer.Receive(messages.Sender(), messages.Next());
            if (host.Claims > 0 && number % 100 == 7)
            {
                peer.Claimed(new ClaimedAccounts(number, Stocked()));
            }

            if (host.Appends.Count > 0)
            {
                peer.Appended(host.Appends[^1].Term);
                host.Appends.Clear();
            }

            if (number % 10 == 0)
            {
                host.NowUs += 20_000;
                host.Timers.Keys.ToList().ForEach(peer.Fire);
            }

            host.Sent.RemoveAll(sent => sent.Message.Clock.Entries.Count <= Settings.Peers + Ledger.MostParticipants);
            Assert.Empty(host.Sent);
        }
    }, typeof(TradingPeerTests));

    private static MarketSettings Settings { get; } = new() { Peers = 3, Sellers = 1 };

    private readonly FakePeerHost _host1 = new(1);

    private TradingPeer Peer()
    {
        var peer = new TradingPeer(_host, Settings);
        _host.Confirming = (_, _) => peer.Confirmed(true);
        return peer;
    }

    private TradingPeer Trading()
    {
        var peer = Peer();
        peer.Start();
        Assert.Equal(1, _host.Claims);
        peer.Claimed(new ClaimedAccounts(7, Stocked()));
        return peer;
    }

    private TradingPeer Following(Design election)
    {
        var peer = new TradingPeer(_host1, Settings with { Election = election });
        _host1.Confirming = (_, _) => peer.Confirmed(true);
        peer.Start();
        peer.Receive(2, new Electing(ElectionMessageKind.Coordinator, 7));
        Assert.Equal(new PeerEvent(PeerEventKind.Follows, 7, 2), _host1.Events[^1]);
        return peer;
    }

    private static void FireUntilClaiming(TradingPeer peer)
    {
        peer.Disconnected(1);
        peer.Fire("election");
    }

    private static Ledger Stocked()
    {
        var ledger = new Ledger();
        ledger.Apply(new Joined(0, 1, 1), 1);
        ledger.Apply(new Joined(Client, 1, 1), 1);
        ledger.Apply(new Deposited(new(0, 1, 1), Good.Salt, 10, VectorClock.Zero), 1);
        return ledger;
    }
}
