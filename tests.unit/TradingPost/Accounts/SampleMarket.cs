using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;

namespace Lab.Tests.Unit.TradingPost.Accounts;

/// <summary>Makes records that a ledger takes: of a seller and a buyer. No two are equal, whoever makes them.</summary>
/// <param name="claimed">Is written on.</param>
public sealed class SampleMarket(ClaimedAccounts claimed)
{
    private const int Seller = 1;
    private const int Buyer = 120;

    public Ledger Ledger => claimed.Ledger;

    public long Term => claimed.Term;

    /// <summary>The next ones; the ledger has them already.</summary>
    public IReadOnlyList<AccountRecord> Records(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private AccountRecord Next()
    {
        var record = Make();
        Ledger.Apply(record, Term);
        return record;
    }

    private AccountRecord Make()
    {
        var clock = VectorClock.Of((Seller, 1), (Buyer, Random.Shared.NextInt64(1, 1L << 40)));
        var (seller, buyer) = (Ledger.Find(Seller), Ledger.Find(Buyer));
        return (seller, buyer) switch
        {
            (null, _) => new Joined(Seller, 1, Random.Shared.NextInt64()),
            (_, null) => new Joined(Buyer, 1, Random.Shared.NextInt64()),
            _ when Ledger.FindSeller(Good.Boar, 2) is null =>
                new Deposited(new RequestId(Seller, seller.Session, seller.LastNumber + 1), Good.Boar, 20, clock),
            _ => new Sold(
                new RequestId(Buyer, buyer.Session, buyer.LastNumber + 1), Good.Boar, 2, Seller, Trader: 5, Price: 60, Commission: 12, clock, Ledger.Records),
        };
    }
}
