using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

public class ParticipantTests
{
    private static readonly MarketSettings Market = new() { Peers = 4, Sellers = 1, BuyEveryMs = 20, Stock = 8 };

    private readonly Desk _desk = new();

    [Fact]
    public void A_buyer_joins_buys_notes_it_and_pauses()
    {
        var buyer = Joined(id: 2);
        var buy = Assert.IsType<Buy>(_desk.Last);
        Assert.Equal(new RequestId(2, 4, 1), buy.Request);
        buyer.Receive(new Done(buy.Request, 7, 0, 15));
        Assert.Equal([new Bought(buy.Request, buy.Good, buy.Quantity, 0, 15, 7)], _desk.Lines);
        Assert.Equal(20_000, _desk.Timers["participant-next"]);
        buyer.Fire("participant-next");
        Assert.Equal(new RequestId(2, 4, 2), Assert.IsType<Buy>(_desk.Last).Request);
    }

    [Fact]
    public void Nobody_asks_before_there_is_a_trader_and_only_who_has_a_reason()
    {
        var buyer = new Participant(_desk, 2, Market);
        buyer.Start();
        Assert.Empty(_desk.Asked);

        var idle = new Participant(_desk, 3, Market with { BuyEveryMs = null });
        idle.Start();
        idle.TraderChanged(hasTrader: true);
        Assert.Empty(_desk.Asked);
        Assert.Null(idle.Good);
    }

    [Fact]
    public void An_unanswered_request_is_repeated_and_the_silence_told()
    {
        var buyer = Joined(id: 2);
        var buy = _desk.Last;
        buyer.Fire("participant-repeat");
        Assert.Same(buy, _desk.Last);
        Assert.Equal(1, _desk.Silences);
        buyer.TraderChanged(hasTrader: false);
        Assert.Empty(_desk.Timers);
        buyer.TraderChanged(hasTrader: true);
        Assert.Same(buy, _desk.Last);
        Assert.Equal(4, _desk.Asked.Count);
    }

    [Fact]
    public void A_buyer_without_a_seller_wants_something_else()
    {
        var buyer = Joined(id: 2);
        var buy = (Buy)_desk.Last;
        buyer.Receive(new Refused(buy.Request, RefusalReason.NoSeller, 3, 7));
        Assert.NotEqual(buy.Good, buyer.Good);
        Assert.Equal([PeerEventKind.GoodChanged], _desk.Reports);
        buyer.Fire("participant-next");
        Assert.Equal(2, ((Buy)_desk.Last).Request.Number);

        // It had been repeated to a second trader, who found a seller.
        buyer.Receive(new Done(buy.Request, 8, 0, 15));
        Assert.Equal(buy.Request, ((Bought)Assert.Single(_desk.Lines)).Request);
    }

    [Fact]
    public void Whose_session_has_ended_joins_again()
    {
        var buyer = Joined(id: 2);
        buyer.Receive(new Refused(((Buy)_desk.Last).Request, RefusalReason.UnknownSession, 3, 7));
        buyer.Fire("participant-next");
        var join = Assert.IsType<Join>(_desk.Last);
        buyer.Receive(new Welcome(join.Nonce + 1, 9));
        Assert.Same(join, _desk.Last);
        buyer.Receive(new Welcome(join.Nonce, 9));
        Assert.Equal(new RequestId(2, 9, 1), ((Buy)_desk.Last).Request);
    }

    [Theory]
    [InlineData(RefusalReason.NotTrader)]
    [InlineData(RefusalReason.Busy)]
    public void Who_is_put_off_repeats_the_same_request(RefusalReason reason)
    {
        var buyer = Joined(id: 2);
        var buy = (Buy)_desk.Last;
        buyer.Receive(new Refused(buy.Request, reason, null, 7));
        buyer.Fire("participant-repeat");
        Assert.Same(buy, _desk.Last);
    }

    [Fact]
    public void A_seller_deposits_and_takes_another_good_when_all_is_sold()
    {
        var seller = Joined(id: 0);
        var deposit = Assert.IsType<Deposit>(_desk.Last);
        Assert.Equal(8, deposit.Quantity);
        seller.Receive(new Done(deposit.Request, 7, null, null));
        Assert.Equal([new Stored(deposit.Request, deposit.Good, 8, 7)], _desk.Lines);
        seller.Receive(new SaleNotice(new(2, 1, 1), deposit.Good, 5, 60, 3));
        Assert.Same(deposit, _desk.Last);
        Sold(seller, deposit.Good, new(2, 1, 2));
        var next = Assert.IsType<Deposit>(_desk.Last);
        Assert.NotEqual(deposit.Good, next.Good);
        seller.Receive(new Done(next.Request, 7, null, null));
        Assert.Equal([PeerEventKind.GoodChanged, PeerEventKind.Restocked], _desk.Reports);
        Assert.Equal(2, _desk.Lines.OfType<SoldForMe>().Count());
    }

    /// <summary>The answer to the deposit was lost or late; the trader tells again that all is sold.</summary>
    [Fact]
    public void News_that_come_before_the_answer_to_the_deposit_count_when_they_are_repeated()
    {
        var seller = Joined(id: 0);
        var deposit = (Deposit)_desk.Last;
        Sold(seller, deposit.Good, new(2, 1, 2));
        seller.Receive(new Done(deposit.Request, 7, null, null));
        Assert.Same(deposit, _desk.Last);
        Sold(seller, deposit.Good, new(2, 1, 2));
        Assert.NotSame(deposit, _desk.Last);
        Assert.Single(_desk.Lines.OfType<SoldForMe>());
    }

    [Fact]
    public void What_others_sell_is_nothing_to_a_buyer()
    {
        var buyer = Joined(id: 2);
        Sold(buyer, buyer.Good!.Value, new(3, 1, 1));
        Assert.Empty(_desk.Lines);
    }

    private static void Sold(Participant seller, Good good, RequestId request) => seller.Receive(new SaleNotice(request, good, 3, 36, 0));

    private Participant Joined(int id)
    {
        var participant = new Participant(_desk, id, Market);
        participant.Start();
        participant.TraderChanged(hasTrader: true);
        participant.Receive(new Welcome(Assert.IsType<Join>(_desk.Last).Nonce, 4));
        return participant;
    }

    private sealed class Desk : IParticipantDesk
    {
        public Random Random { get; } = new(1);

        public List<PeerMessage> Asked { get; } = [];

        public PeerMessage Last => Asked[^1];

        public Dictionary<string, long> Timers { get; } = new(StringComparer.Ordinal);

        public List<LedgerLine> Lines { get; } = [];

        public List<PeerEventKind> Reports { get; } = [];

        public int Silences { get; private set; }

        public void Ask(PeerMessage message) => Asked.Add(message);

        public void SetTimer(string timer, long delayUs) => Timers[timer] = delayUs;

        public void CancelTimer(string timer) => Timers.Remove(timer);

        public void Note(LedgerLine line) => Lines.Add(line);

        public void Report(PeerEventKind kind, string detail) => Reports.Add(kind);

        public void TraderIsSilent() => Silences++;
    }
}
