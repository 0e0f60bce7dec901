using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

public class ParticipantTests
{
    private static readonly MarketSettings Market = new() { Peers = 4, Sellers = 1, BuyEveryMs = 20, Stock = 8 };

    private const int Trader = 1;
    private const long Term = 7;

    private FakePeerHost _host = new(0);
    private PeerContext _context = null!;

    private PeerMessage Last => _host.SentWithoutClocks[^1].Message;

    [Fact]
    public void A_buyer_joins_buys_notes_it_and_pauses()
    {
        var buyer = Joined(id: 2);
        var buy = Assert.IsType<Buy>(Last);
        Assert.Equal(new RequestId(2, 4, 1), buy.Request);
        buyer.Receive(new Done(buy.Request, 7, 0, 15));
        Assert.Equal([new Bought(buy.Request, buy.Good, buy.Quantity, 0, 15, 7)], _host.Lines);
        Assert.Equal(20_000, _host.Timers["participant-next"]);
        buyer.Fire("participant-next");
        Assert.Equal(new RequestId(2, 4, 2), Assert.IsType<Buy>(Last).Request);
    }

    [Fact]
    public void Nobody_asks_before_there_is_a_trader_and_only_who_has_a_reason()
    {
        New(2, Market).Start();
        Assert.Empty(_host.Sent);

        var idle = New(3, Market with { BuyEveryMs = null });
        idle.Start();
        Follow(idle, Trader);
        Assert.Empty(_host.Sent);
        Assert.Null(idle.Good);
    }

    [Fact]
    public void An_unanswered_request_is_repeated_and_the_silence_told()
    {
        var buyer = Joined(id: 2);
        var buy = Last;
        Assert.True(buyer.Fire("participant-repeat"));
        Assert.Equal(buy, Last);
        Follow(buyer, trader: null);
        Assert.Empty(_host.Timers);
        Follow(buyer, Trader);
        Assert.Equal(buy, Last);
        Assert.Equal(4, _host.Sent.Count);
    }

    [Fact]
    public void A_buyer_without_a_seller_wants_something_else()
    {
        var buyer = Joined(id: 2);
        var buy = (Buy)Last;
        buyer.Receive(new Refused(buy.Request, RefusalReason.NoSeller, 3, 7));
        Assert.NotEqual(buy.Good, buyer.Good);
        Assert.Equal([PeerEventKind.GoodChanged], _host.Events.Select(happened => happened.Kind));
        buyer.Fire("participant-next");
        Assert.Equal(2, ((Buy)Last).Request.Number);

        // It had been repeated to a second trader, who found a seller.
        buyer.Receive(new Done(buy.Request, 8, 0, 15));
        Assert.Equal(buy.Request, ((Bought)Assert.Single(_host.Lines)).Request);
    }

    [Fact]
    public void Whose_session_has_ended_joins_again()
    {
        var buyer = Joined(id: 2);
        buyer.Receive(new Refused(((Buy)Last).Request, RefusalReason.UnknownSession, 3, 7));
        buyer.Fire("participant-next");
        var join = Assert.IsType<Join>(Last);
        buyer.Receive(new Welcome(join.Nonce + 1, 9));
        Assert.Equal(join, Last);
        buyer.Receive(new Welcome(join.Nonce, 9));
        Assert.Equal(new RequestId(2, 9, 1), ((Buy)Last).Request);
    }

    [Theory]
    [InlineData(RefusalReason.NotTrader)]
    [InlineData(RefusalReason.Busy)]
    public void Who_is_put_off_repeats_the_same_request(RefusalReason reason)
    {
        var buyer = Joined(id: 2);
        var buy = (Buy)Last;
        buyer.Receive(new Refused(buy.Request, reason, null, 7));
        buyer.Fire("participant-repeat");
        Assert.Equal(buy, Last);
    }

    [Fact]
    public void A_seller_deposits_and_takes_another_good_when_all_is_sold()
    {
        var seller = Joined(id: 0);
        var deposit = Assert.IsType<Deposit>(Last);
        Assert.Equal(8, deposit.Quantity);
        seller.Receive(new Done(deposit.Request, 7, null, null));
        Assert.Equal([new Stored(deposit.Request, deposit.Good, 8, 7)], _host.Lines);
        seller.Receive(new SaleNotice(new(2, 1, 1), deposit.Good, 5, 60, 3));
        Assert.Equal(deposit, Last);
        Sold(seller, deposit.Good, new(2, 1, 2));
        var next = Assert.IsType<Deposit>(Last);
        Assert.NotEqual(deposit.Good, next.Good);
        seller.Receive(new Done(next.Request, 7, null, null));
        Assert.Equal([PeerEventKind.GoodChanged, PeerEventKind.Restocked], _host.Events.Select(happened => happened.Kind));
        Assert.Equal(2, _host.Lines.OfType<SoldForMe>().Count());
    }

    /// <summary>The answer to the deposit died with a trader; the next one tells that all is sold, and then answers.</summary>
    [Fact]
    public void News_that_come_before_the_answer_to_the_deposit_count_as_soon_as_it_is_there()
    {
        var seller = Joined(id: 0);
        var deposit = (Deposit)Last;
        Sold(seller, deposit.Good, new(2, 1, 2));
        Assert.Equal(deposit, Last);
        seller.Receive(new Done(deposit.Request, 7, null, null));
        var next = Assert.IsType<Deposit>(Last);
        Assert.NotEqual(deposit.Good, next.Good);

        // Repeated, they are old.
        Sold(seller, deposit.Good, new(2, 1, 2));
        seller.Receive(new Done(next.Request, 7, null, null));
        Assert.Equal(next, Last);
        Assert.Single(_host.Lines.OfType<SoldForMe>());
    }

    [Fact]
    public void What_others_sell_is_nothing_to_a_buyer()
    {
        var buyer = Joined(id: 2);
        Sold(buyer, buyer.Good!.Value, new(3, 1, 1));
        Assert.Empty(_host.Lines);
    }

    private static void Sold(Participant seller, Good good, RequestId request) => seller.Receive(new SaleNotice(request, good, 3, 36, 0));

    private Participant New(int id, MarketSettings market)
    {
        _host = new FakePeerHost(id);
        _context = new PeerContext(_host, market, _ => { });
        return new Participant(_context);
    }

    private void Follow(Participant participant, int? trader)
    {
        _context.Follow(trader, Term);
        participant.TraderChanged();
    }

    private Participant Joined(int id)
    {
        var participant = New(id, Market);
        participant.Start();
        Follow(participant, Trader);
        participant.Receive(new Welcome(Assert.IsType<Join>(Last).Nonce, 4));
        return participant;
    }
}
