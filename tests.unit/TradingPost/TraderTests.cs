using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

public class TraderTests
{
    private const int Seller = 0;
    private const int Id = 5;
    private const long Term = 3;

    private readonly FakePeerHost _host = new(Id);

    [Fact]
    public void Nothing_is_said_before_it_is_durable()
    {
        var trader = Open();
        trader.Receive(100, Buy(100, 1), At(1));
        Assert.Empty(Told);
        Assert.Single(_host.Appends);
        trader.Appended();
        Assert.Equal([(Seller, (PeerMessage)new SaleNotice(new(100, 1, 1), Good.Salt, 1, 12, 9)), (100, new Done(new(100, 1, 1), Term, Seller, 15))], Told);
        Assert.Equal([PeerEventKind.FirstSale], _host.Events.Select(happened => happened.Kind));
    }

    [Fact]
    public void What_waits_during_a_write_goes_into_the_next_one_together_and_in_vector_order()
    {
        var trader = Open();
        trader.Receive(103, Buy(103, 1), At(9));
        trader.Receive(102, Buy(102, 1), At(8));
        trader.Receive(101, Buy(101, 1), At(7));
        trader.Receive(100, Buy(100, 1), At(8));
        Assert.Single(_host.Appends);
        trader.Appended();
        Assert.Equal([101, 100, 102], _host.Appends[1].Records.Cast<Sold>().Select(sold => sold.Request.Participant));
        Assert.Equal([2, 2, 2], _host.Appends[1].Records.Cast<Sold>().Select(sold => sold.Round));
    }

    [Fact]
    public void As_published_one_write_holds_one_request()
    {
        var trader = Open(Design.AsPublished);
        foreach (var buyer in new[] { 103, 102, 101 })
        {
            trader.Receive(buyer, Buy(buyer, 1), At(200 - buyer));
        }

        trader.Appended();
        trader.Appended();
        trader.Appended();
        Assert.Equal([103, 102, 101], _host.Appends.Select(append => ((Sold)Assert.Single(append.Records)).Request.Participant).Order().Reverse());
        Assert.Equal(3, Told.Count(told => told.Message is Done));
    }

    [Fact]
    public void Of_concurrent_buys_the_first_one_gets_the_last_piece()
    {
        var trader = Open(stock: 2);
        trader.Receive(103, Buy(103, 1), At(9));
        trader.Receive(100, Buy(100, 1), At(8));
        trader.Receive(101, Buy(101, 1), At(7));
        trader.Appended();
        trader.Appended();
        Assert.Contains((101, new Done(new(101, 1, 1), Term, Seller, 15)), Told);
        Assert.Contains((100, new Refused(new(100, 1, 1), RefusalReason.NoSeller, Id, Term)), Told);
    }

    [Fact]
    public void A_request_that_is_repeated_is_done_once_and_answered_as_before()
    {
        var trader = Open();
        trader.Receive(100, Buy(100, 1), At(1));
        trader.Receive(100, Buy(100, 1), At(2));
        trader.Appended();
        trader.Receive(100, Buy(100, 1), At(3));
        Assert.Single(_host.Appends);
        Assert.Equal(2, Told.Count(told => told == (100, new Done(new(100, 1, 1), Term, Seller, 15))));
    }

    [Fact]
    public void A_later_trader_gives_the_same_answer()
    {
        var ledger = Stocked(10);
        ledger.Apply(new Sold(new(100, 1, 1), Good.Salt, 1, Seller, 4, 15, 3, At(1), 1), 1);
        var trader = Open(ledger);
        trader.Receive(100, Buy(100, 1), At(3));
        Assert.Empty(_host.Appends);
        Assert.Equal((100, new Done(new(100, 1, 1), 1, Seller, 15)), Told[^1]);
    }

    [Fact]
    public void A_session_is_given_once_for_a_nonce()
    {
        var trader = Open();
        trader.Receive(110, new Join(77), At(1));
        Assert.Empty(Told);
        trader.Appended();
        trader.Receive(110, new Join(77), At(2));
        trader.Receive(110, new Join(78), At(2));
        trader.Appended();
        Assert.Equal(
            [(110, (PeerMessage)new Welcome(77, 1)), (110, new Welcome(77, 1)), (110, new Welcome(78, 2))], Told);
    }

    [Fact]
    public void A_later_session_ends_the_earlier_one()
    {
        var trader = Open();
        trader.Receive(100, Buy(100, 2), At(1));
        trader.Appended();
        trader.Receive(100, new Join(99), At(2));
        trader.Appended();
        _host.Sent.Clear();
        trader.Receive(100, Buy(100, 2), At(3));
        trader.Receive(100, Buy(100, 3), At(4));
        trader.Receive(109, Buy(109, 1), At(4));
        Assert.Equal(
            [
                (100, (PeerMessage)new Done(new(100, 1, 2), Term, Seller, 15)),
                (100, new Refused(new(100, 1, 3), RefusalReason.UnknownSession, Id, Term)),
                (109, new Refused(new(109, 1, 1), RefusalReason.UnknownSession, Id, Term)),
            ],
            Told);
    }

    [Fact]
    public void An_earlier_request_than_the_last_one_comes_too_late()
    {
        var trader = Open();
        trader.Receive(100, Buy(100, 5), At(1));
        trader.Appended();
        trader.Receive(100, Buy(100, 4), At(2));
        Assert.Equal((100, new Refused(new(100, 1, 4), RefusalReason.Superseded, Id, Term)), Told[^1]);
    }

    [Theory]
    [InlineData(100, 100, 1, 0, Good.Salt)]
    [InlineData(100, 100, 1, -1, Good.Salt)]
    [InlineData(100, 100, 1, int.MaxValue, Good.Salt)]
    [InlineData(100, 100, 1, 1, (Good)9)]
    [InlineData(100, 100, 1, 1, (Good)(-1))]
    [InlineData(100, 100, 0, 1, Good.Salt)]
    [InlineData(100, 100, long.MinValue, 1, Good.Salt)]
    [InlineData(101, 100, 1, 1, Good.Salt)]
    [InlineData(-3, -3, 1, 1, Good.Salt)]
    [InlineData(42, 42, 1, 1, Good.Salt)]
    public void What_cannot_be_is_refused(int from, int participant, long number, int quantity, Good good)
    {
        var trader = Open();
        trader.Receive(from, new Buy(new(participant, 1, number), good, quantity), At(1));
        trader.Receive(from, new Deposit(new(participant, 1, number), good, quantity), At(1));
        Assert.Empty(_host.Appends);
        Assert.Equal(2, Told.Count);
        Assert.All(Told, told => Assert.Equal(RefusalReason.Invalid, Assert.IsType<Refused>(told.Message).Reason));
    }

    [Fact]
    public void More_than_a_trader_can_keep_is_refused()
    {
        var trader = Open(stock: Ledger.MostPieces);
        trader.Receive(Seller, new Deposit(new(Seller, 1, 2), Good.Salt, 1), At(1));
        Assert.Equal(RefusalReason.Invalid, Assert.IsType<Refused>(Assert.Single(Told).Message).Reason);
    }

    [Fact]
    public void The_queue_has_an_end()
    {
        var trader = Open();
        for (var number = 1; number <= Trader.MostWaiting + 1; number++)
        {
            trader.Receive(100, Buy(100, number), At(1));
        }

        Assert.Empty(Told);
        trader.Receive(101, Buy(101, 1), At(1));
        Assert.Equal([(101, (PeerMessage)new Refused(new(101, 1, 1), RefusalReason.Busy, Id, Term))], Told);
    }

    [Fact]
    public void Whoever_waits_when_the_office_is_lost_is_sent_to_the_next_trader()
    {
        var trader = Open();
        trader.Receive(100, Buy(100, 1), At(1));
        trader.Receive(101, Buy(101, 1), At(1));
        trader.Receive(110, new Join(7), At(1));
        trader.Close();
        Assert.Equal(
            [
                (100, (PeerMessage)new Refused(new(100, 1, 1), RefusalReason.NotTrader, null, Term)),
                (101, new Refused(new(101, 1, 1), RefusalReason.NotTrader, null, Term)),
                (110, new Refused(default, RefusalReason.NotTrader, null, Term)),
            ],
            Told);
    }

    [Fact]
    public void A_new_trader_tells_sellers_of_their_last_sale_and_later_only_when_all_is_sold()
    {
        var ledger = Stocked(2);
        ledger.Apply(new Sold(new(100, 1, 1), Good.Salt, 1, Seller, 4, 15, 3, At(1), 1), 1);
        var trader = Open(ledger);
        trader.RemindSellers();
        Assert.Equal([(Seller, (PeerMessage)new SaleNotice(new(100, 1, 1), Good.Salt, 1, 12, 1))], Told);
        _host.Sent.Clear();
        trader.RemindSellers();
        Assert.Empty(Told);

        trader.Receive(101, Buy(101, 1), At(2));
        trader.RemindSellers();
        Assert.Empty(Told);
        trader.Appended();
        Assert.Equal(2, Told.Count(told => told == (Seller, new SaleNotice(new(101, 1, 1), Good.Salt, 1, 12, 0))));
    }

    private IReadOnlyList<(int To, PeerMessage Message)> Told => _host.SentWithoutClocks;

    private static VectorClock At(long sum) => VectorClock.Of((1, sum));

    private static Buy Buy(int buyer, long number) => new(new(buyer, 1, number), Good.Salt, 1);

    private static Ledger Stocked(int stock)
    {
        var ledger = new Ledger();
        ledger.Apply(new Joined(Seller, 1, 1), 1);
        ledger.Apply(new Deposited(new(Seller, 1, 1), Good.Salt, stock, At(1)), 1);
        for (var buyer = MarketSettings.FirstClient; buyer < MarketSettings.FirstClient + 4; buyer++)
        {
            ledger.Apply(new Joined(buyer, 1, buyer), 1);
        }

        return ledger;
    }

    private Trader Open(Design writes = Design.Improved, int stock = 10) => Open(Stocked(stock), writes);

    private Trader Open(Ledger ledger, Design writes = Design.Improved) =>
        new(new PeerContext(_host, new MarketSettings { Writes = writes }, _ => { }), Term, ledger);
}
