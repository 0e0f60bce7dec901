using System.Text;
using Lab.Coordination.Clocks;
using Lab.Tests.Unit.Coordination;
using Lab.TradingPost.Market;

namespace Lab.Tests.Unit.TradingPost;

public class LedgerTests
{
    private static readonly VectorClock Clock = VectorClock.Of((1, 1));

    /// <summary>Whatever happened before: written and read, a ledger is the same one, and goes on in the same way.</summary>
    [Fact]
    public void A_snapshot_holds_everything() => Seeds.Run(200, seed =>
    {
        var records = new RandomRecords(seed).Take(300).Where(entry => entry.Record is not null).ToList();
        var half = new Random(seed).Next(records.Count);
        var whole = new Ledger();
        records.Take(half).ToList().ForEach(entry => whole.Apply(entry.Record!, entry.Term));
        var read = Ledger.FromSnapshot(whole.ToSnapshot());
        Assert.Equal(whole.ToSnapshot(), read.ToSnapshot());
        foreach (var entry in records.Skip(half))
        {
            whole.Apply(entry.Record!, entry.Term);
            read.Apply(entry.Record!, entry.Term);
            foreach (var good in Goods.All)
            {
                Assert.Equal(whole.FindSeller(good, 2)?.Participant, read.FindSeller(good, 2)?.Participant);
            }
        }

        Assert.Equal(whole.ToSnapshot(), read.ToSnapshot());
        Assert.DoesNotContain((byte)'\n', read.ToSnapshot());
    }, typeof(LedgerTests));

    /// <summary>No record may be taken twice, nor after one that it did not follow; and what is refused changes nothing.</summary>
    [Fact]
    public void A_record_that_cannot_follow_is_refused_and_changes_nothing() => Seeds.Run(100, seed =>
    {
        var ledger = new Ledger();
        foreach (var entry in new RandomRecords(seed).Take(100).Where(entry => entry.Record is not null))
        {
            ledger.Apply(entry.Record!, entry.Term);
            var before = ledger.ToSnapshot();
            Assert.Throws<InvalidOperationException>(() => ledger.Apply(entry.Record!, entry.Term));
            Assert.Throws<InvalidOperationException>(() => ledger.Apply(new Joined(7, 1, 1), entry.Term - 1));
            Assert.Equal(before, ledger.ToSnapshot());
        }
    }, typeof(LedgerTests));

    public static TheoryData<string> Impossible => [.. ImpossibleRecords.Keys];

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Damaged_accounts_are_noticed(string what)
    {
        var ledger = Stocked();
        var before = ledger.ToSnapshot();
        Assert.Throws<InvalidOperationException>(() => ledger.Apply(ImpossibleRecords[what], 3));
        Assert.Equal(before, ledger.ToSnapshot());
    }

    [Fact]
    public void Everybody_gets_what_is_theirs()
    {
        var ledger = Stocked();
        ledger.Apply(Sale(), 3);
        var accounts = ledger.Summarise();
        Assert.Equal([1, 2, 5], accounts.Select(account => account.Participant));
        Assert.Equal((0, 24, 0), (accounts[0].Spent, accounts[0].Earned, accounts[0].Commission));
        Assert.Equal((30, 0, 0), (accounts[1].Spent, accounts[1].Earned, accounts[1].Commission));
        Assert.Equal((0, 0, 6), (accounts[2].Spent, accounts[2].Earned, accounts[2].Commission));
        Assert.Equal(8, accounts[0].Stock[Good.Salt]);
        Assert.Equal(2, accounts[1].Goods[Good.Salt]);
        Assert.Equal(new DoneRequest(new(2, 1, 1), 3, 1, 30), ledger.Find(2)!.LastDone);
        Assert.Equal((4, 3), (ledger.Records, ledger.Term));
    }

    [Fact]
    public void The_seller_is_who_deposited_first_of_those_who_have_enough()
    {
        var ledger = Stocked();
        ledger.Apply(new Deposited(new(2, 1, 1), Good.Salt, 100, VectorClock.Of((1, 1), (2, 1))), 3);
        Assert.Equal(1, ledger.FindSeller(Good.Salt, 10)!.Participant);
        Assert.Equal(2, ledger.FindSeller(Good.Salt, 11)!.Participant);
        Assert.Null(ledger.FindSeller(Good.Salt, 101));
        Assert.Null(ledger.FindSeller(Good.Fish, 1));
    }

    [Fact]
    public void There_is_an_end_to_participants()
    {
        var ledger = new Ledger();
        for (var participant = 0; participant < Ledger.MostParticipants; participant++)
        {
            Assert.False(ledger.IsFull);
            ledger.Apply(new Joined(participant, 1, 1), 1);
        }

        Assert.True(ledger.IsFull);
        Assert.Throws<InvalidOperationException>(() => ledger.Apply(new Joined(1000, 1, 1), 1));
        ledger.Apply(new Joined(7, 2, 1), 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"records":-1,"term":1,"accounts":[]}""")]
    [InlineData("""{"records":1,"term":1,"accounts":[],"more":1}""")]
    [InlineData("""{"records":1,"term":1,"accounts":[{"participant":1,"session":1,"nonce":1,"spent":0,"earned":0,"commission":0,"goods":[0],"offers":[],"lastDone":null}]}""")]
    [InlineData("""{"records":1,"term":1,"accounts":[{"participant":1,"session":1,"nonce":1,"spent":0,"earned":0,"commission":0,"goods":[0,0,0],"offers":[{"good":"gold","left":1,"clock":[],"lastSale":null}],"lastDone":null}]}""")]
    [InlineData("""{"records":1,"term":1,"accounts":[{"participant":1,"session":1,"nonce":1,"spent":0,"earned":0,"commission":0,"goods":[0,0,0],"offers":[{"good":"salt","left":-1,"clock":[],"lastSale":null}],"lastDone":null}]}""")]
    public void What_is_no_snapshot_is_refused(string json) =>
        Assert.Throws<FormatException>(() => Ledger.FromSnapshot(Encoding.UTF8.GetBytes(json)));

    private static Dictionary<string, AccountRecord> ImpossibleRecords { get; } = new(StringComparer.Ordinal)
    {
        ["a session is left out"] = new Joined(1, 3, 9),
        ["a session begins again"] = new Joined(1, 1, 9),
        ["a participant below zero"] = new Joined(-1, 1, 9),
        ["a request of nobody"] = new Deposited(new(9, 1, 1), Good.Salt, 1, Clock),
        ["a request of another session"] = new Deposited(new(1, 2, 2), Good.Salt, 1, Clock),
        ["a request that is done"] = new Deposited(new(1, 1, 1), Good.Salt, 1, Clock),
        ["nothing deposited"] = new Deposited(new(1, 1, 2), Good.Salt, 0, Clock),
        ["too much deposited"] = new Deposited(new(1, 1, 2), Good.Salt, Ledger.MostPieces, Clock),
        ["an unknown good"] = new Deposited(new(1, 1, 2), (Good)7, 1, Clock),
        ["more sold than there is"] = Sale() with { Quantity = 11, Price = 165, Commission = 33 },
        ["goods of nobody"] = Sale() with { Seller = 9 },
        ["goods of somebody without"] = Sale() with { Seller = 2 },
        ["a price too low"] = Sale() with { Price = 29 },
        ["a commission too low"] = Sale() with { Commission = 0 },
        ["a trader who is no peer"] = Sale() with { Trader = 100 },
        ["less than nothing sold"] = Sale() with { Quantity = -1, Price = -15, Commission = -3 },
    };

    private static Sold Sale() => new(new(2, 1, 1), Good.Salt, 2, 1, 5, 30, 6, Clock, 1);

    /// <summary>1 has deposited ten pieces of salt, 2 has joined.</summary>
    private static Ledger Stocked()
    {
        var ledger = new Ledger();
        ledger.Apply(new Joined(1, 1, 7), 3);
        ledger.Apply(new Joined(2, 1, 8), 3);
        ledger.Apply(new Deposited(new(1, 1, 1), Good.Salt, 10, Clock), 3);
        return ledger;
    }
}
