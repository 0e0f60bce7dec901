using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Coordination.Clocks;

namespace Lab.TradingPost.Market;

/// <summary>A <see cref="Ledger"/> written down: everything it holds, so that what is read behaves as what was written.</summary>
internal sealed record LedgerSnapshot(long Records, long Term, IReadOnlyList<LedgerSnapshot.AccountPart> Accounts)
{
    public static byte[] Write(Ledger ledger) => JsonSerializer.SerializeToUtf8Bytes(
        new LedgerSnapshot(ledger.Records, ledger.Term, [.. ledger.Accounts.Select(ToPart)]),
        LedgerSnapshotJson.Default.LedgerSnapshot);

    /// <exception cref="FormatException">It is none.</exception>
    public static Ledger Read(ReadOnlySpan<byte> json)
    {
        LedgerSnapshot snapshot;
        try
        {
            snapshot = JsonSerializer.Deserialize(json, LedgerSnapshotJson.Default.LedgerSnapshot) ?? throw Damaged("it is empty");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"damaged snapshot: {exception.Message}", exception);
        }

        return snapshot.ToLedger();
    }

    private Ledger ToLedger()
    {
        Must(Records >= 0 && Term >= 0, "negative numbers");
        Must(Accounts.Count <= Ledger.MostParticipants + MarketSettings.FirstClient, "too many participants");
        var ledger = new Ledger();
        var last = -1;
        foreach (var part in Accounts)
        {
            Must(part.Participant > last, "participants do not rise");
            last = part.Participant;
            ledger.Restore(FromPart(part));
        }

        ledger.Restore(Records, Term);
        return ledger;
    }

    private static AccountPart ToPart(Account account) => new(
        account.Participant, account.Session, account.Nonce, account.Spent, account.Earned, account.Commission, account.Goods,
        [.. Goods.All.Where(good => account.Offers[(int)good] is not null).Select(good => ToPart(good, account.Offers[(int)good]!))],
        account.LastDone);

    private static OfferPart ToPart(Good good, Offer offer) => new(good, offer.Left, offer.Clock, offer.LastSale);

    private static Account FromPart(AccountPart part)
    {
        Must(part.Session >= 0 && part.Spent >= 0 && part.Earned >= 0 && part.Commission >= 0, "negative numbers");
        Must(part.Goods.Count == Goods.All.Count && part.Goods.All(pieces => pieces >= 0), "goods that cannot be");
        var account = new Account(part.Participant)
        {
            Session = part.Session,
            Nonce = part.Nonce,
            Spent = part.Spent,
            Earned = part.Earned,
            Commission = part.Commission,
            LastDone = part.LastDone,
        };
        foreach (var good in Goods.All)
        {
            account.Goods[(int)good] = part.Goods[(int)good];
        }

        foreach (var offer in part.Offers)
        {
            Must(offer.Left is >= 0 and <= Ledger.MostPieces && account.Offers[(int)offer.Good] is null, "an offer that cannot be");
            account.Offers[(int)offer.Good] = new Offer(offer.Left, offer.Clock, offer.Clock.Sum, offer.LastSale);
        }

        return account;
    }

    private static void Must(bool holds, string why)
    {
        if (!holds)
        {
            throw Damaged(why);
        }
    }

    private static FormatException Damaged(string why) => new($"damaged snapshot: {why}");

    internal sealed record AccountPart(
        int Participant,
        int Session,
        long Nonce,
        long Spent,
        long Earned,
        long Commission,
        IReadOnlyList<long> Goods,
        IReadOnlyList<OfferPart> Offers,
        DoneRequest? LastDone);

    internal sealed record OfferPart(Good Good, int Left, VectorClock Clock, LastSale? LastSale);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LedgerSnapshot))]
internal sealed partial class LedgerSnapshotJson : JsonSerializerContext;
