using Lab.Coordination.Clocks;
using Lab.Journal;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Market;

/// <summary>The accounts of the market: a pure function of its records. Can be written down whole (snapshots).</summary>
public sealed class Ledger : IJournalState<Ledger, AccountRecord>
{
    /// <summary>More participants are refused.</summary>
    public const int MostParticipants = 512;

    /// <summary>More pieces of a good are not kept for one seller, so nobody can ask for more either.</summary>
    public const int MostPieces = 1_000_000;

    private readonly SortedDictionary<int, Account> _accounts = [];

    /// <summary>The same accounts, quicker to find.</summary>
    private readonly Dictionary<int, Account> _index = [];

    /// <summary>By good: whoever has ever deposited some.</summary>
    private readonly List<Account>[] _sellers = [.. Goods.All.Select(_ => new List<Account>())];

    /// <summary>Records applied since the market began.</summary>
    public long Records { get; private set; }

    /// <summary>The term of the last record; 0 before the first.</summary>
    public long Term { get; private set; }

    /// <summary>By rising participant.</summary>
    internal IReadOnlyCollection<Account> Accounts => _accounts.Values;

    /// <summary>Is there room for one more?</summary>
    internal bool IsFull => _accounts.Count >= MostParticipants;

    /// <summary>Takes a record in; nothing has changed when it throws.</summary>
    /// <param name="record">The next one.</param>
    /// <param name="term">In which it was written.</param>
    /// <exception cref="InvalidOperationException">The record cannot follow what is there: the accounts are damaged.</exception>
    public void Apply(AccountRecord record, long term)
    {
        Must(term >= 1 && term >= Term, record, $"it is of term {term}, and term {Term} has begun");
        switch (record)
        {
            case Joined joined:
                Apply(joined);
                break;
            case Deposited deposited:
                Apply(deposited, term);
                break;
            case Sold sold:
                Apply(sold, term);
                break;
            default:
                throw new InvalidOperationException($"damaged accounts: {record} is no record");
        }

        Term = term;
        Records++;
    }

    void IJournalState<Ledger, AccountRecord>.Apply(AccountRecord record, long segment) => Apply(record, segment);

    /// <inheritdoc/>
    public byte[] ToSnapshot() => LedgerSnapshot.Write(this);

    /// <inheritdoc/>
    public static Ledger FromSnapshot(ReadOnlySpan<byte> snapshot) => LedgerSnapshot.Read(snapshot);

    /// <summary>Everybody's accounts, by rising participant.</summary>
    public IReadOnlyList<AccountSummary> Summarise() => [.. _accounts.Values.Select(account => account.Summarise())];

    internal Account? Find(int participant) => _index.GetValueOrDefault(participant);

    /// <summary>Of those with enough pieces the seller who deposited first, in vector order; null when there is none.</summary>
    internal Account? FindSeller(Good good, int quantity)
    {
        Account? first = null;
        foreach (var seller in _sellers[(int)good])
        {
            if (seller.Offers[(int)good] is { } offer && offer.Left >= quantity
                && (first is null || IsEarlier(seller, offer, first, first.Offers[(int)good]!)))
            {
                first = seller;
            }
        }

        return first;
    }

    /// <summary>Puts an account back that a snapshot holds.</summary>
    internal void Restore(Account account)
    {
        _accounts.Add(account.Participant, account);
        _index.Add(account.Participant, account);
        foreach (var good in Goods.All.Where(good => account.Offers[(int)good] is not null))
        {
            _sellers[(int)good].Add(account);
        }
    }

    internal void Restore(long records, long term) => (Records, Term) = (records, term);

    private static bool IsEarlier(Account one, Offer offer, Account other, Offer otherOffer) =>
        offer.Order != otherOffer.Order ? offer.Order < otherOffer.Order : one.Participant < other.Participant;

    private void Apply(Joined joined)
    {
        var account = Find(joined.Participant);
        Must(joined.Participant >= 0, joined, "there is no such participant");
        Must(joined.Session == (account?.Session ?? 0) + 1, joined, $"session {account?.Session ?? 0} is the last");
        Must(account is not null || !IsFull, joined, $"there are {_accounts.Count} participants");
        account ??= Open(joined.Participant);
        account.Session = joined.Session;
        account.Nonce = joined.Nonce;
    }

    private void Apply(Deposited deposited, long term)
    {
        var account = MayAsk(deposited, deposited.Request, deposited.Good, deposited.Quantity);
        var offer = account.Offers[(int)deposited.Good];
        Must((offer?.Left ?? 0) + deposited.Quantity <= MostPieces, deposited, "nobody keeps so much");
        if (offer is null)
        {
            _sellers[(int)deposited.Good].Add(account);
        }

        account.Offers[(int)deposited.Good] = offer is { Left: > 0 }
            ? offer with { Left = offer.Left + deposited.Quantity }
            : new Offer(deposited.Quantity, deposited.Clock, deposited.Clock.Sum, null);
        account.LastDone = new(deposited.Request, term, null, null);
    }

    private void Apply(Sold sold, long term)
    {
        var buyer = MayAsk(sold, sold.Request, sold.Good, sold.Quantity);
        var seller = Find(sold.Seller);
        var offer = seller?.Offers[(int)sold.Good];
        Must(offer is not null && offer.Left >= sold.Quantity, sold, $"the seller has {offer?.Left ?? 0} pieces");
        Must(sold.Price == Prices.Of(sold.Good) * sold.Quantity, sold, "the price is another");
        Must(sold.Commission == Prices.CommissionOf(sold.Price), sold, "the commission is another");
        Must(sold.Trader is >= 0 and < MarketSettings.FirstClient, sold, "no peer has such an id");

        buyer.Spent += sold.Price;
        buyer.Goods[(int)sold.Good] += sold.Quantity;
        buyer.LastDone = new(sold.Request, term, sold.Seller, sold.Price);
        seller!.Earned += sold.Price - sold.Commission;
        seller.Offers[(int)sold.Good] = offer! with
        {
            Left = offer.Left - sold.Quantity,
            LastSale = new(sold.Request, sold.Quantity, sold.Price - sold.Commission),
        };
        (Find(sold.Trader) ?? Open(sold.Trader)).Commission += sold.Commission;
    }

    /// <summary>What holds for every request.</summary>
    private Account MayAsk(AccountRecord record, RequestId request, Good good, int quantity)
    {
        var account = Find(request.Participant);
        Must(account is not null && account.Session == request.Session, record, $"session {account?.Session ?? 0} is the last");
        Must(request.Number > account!.LastNumber, record, $"request {account.LastNumber} is done already");
        Must(Goods.Exists(good), record, "there is no such good");
        Must(quantity is >= 1 and <= MostPieces, record, "there is no such quantity");
        return account;
    }

    /// <remarks>Opened for a trader's commission, too: so there can be a few more than <see cref="MostParticipants"/>.</remarks>
    private Account Open(int participant)
    {
        var account = new Account(participant);
        _accounts.Add(participant, account);
        _index.Add(participant, account);
        return account;
    }

    private static void Must(bool holds, AccountRecord record, string why)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"damaged accounts: {record} cannot be, {why}");
        }
    }
}

/// <summary>What a new trader begins with.</summary>
/// <param name="Term">Given to nobody else.</param>
/// <param name="Ledger">The accounts as of now; the caller's own.</param>
public sealed record ClaimedAccounts(long Term, Ledger Ledger);

/// <summary>What the ledger knows of one participant.</summary>
internal sealed class Account(int participant)
{
    public int Participant { get; } = participant;

    /// <summary>The last one; 0 for a trader that has only earned commission.</summary>
    public int Session { get; set; }

    /// <summary>With which the session was asked for.</summary>
    public long Nonce { get; set; }

    public long Spent { get; set; }

    public long Earned { get; set; }

    public long Commission { get; set; }

    /// <summary>Pieces bought, by good.</summary>
    public long[] Goods { get; } = new long[Market.Goods.All.Count];

    /// <summary>In the trader's keeping, by good; null where it never deposited any.</summary>
    public Offer?[] Offers { get; } = new Offer?[Market.Goods.All.Count];

    /// <summary>So that it is answered again when it is asked again.</summary>
    public DoneRequest? LastDone { get; set; }

    /// <summary>The highest number done in the last session; 0 before the first.</summary>
    public long LastNumber => LastDone is { } last && last.Request.Session == Session ? last.Request.Number : 0;

    public AccountSummary Summarise() => new(
        Participant, Spent, Earned, Commission,
        ByGood(good => Goods[(int)good]),
        ByGood(good => Offers[(int)good]?.Left ?? 0));

    private static Dictionary<Good, long> ByGood(Func<Good, long> count) =>
        Market.Goods.All.Where(good => count(good) > 0).ToDictionary(good => good, count);
}

/// <summary>Pieces of one good that a seller has in the trader's keeping.</summary>
/// <param name="Left">How many.</param>
/// <param name="Clock">Of the oldest deposit since it last had none.</param>
/// <param name="Order">The clock's sum: sellers take turns by it.</param>
/// <param name="LastSale">Of these pieces, so that the seller can be told of it again.</param>
internal sealed record Offer(int Left, VectorClock Clock, long Order, LastSale? LastSale);

/// <summary>A request that is done, with what is needed to say so again.</summary>
internal sealed record DoneRequest(RequestId Request, long Term, int? Seller, int? Price);

/// <summary>What a seller is told of a sale.</summary>
internal sealed record LastSale(RequestId Request, int Quantity, int Earned);
