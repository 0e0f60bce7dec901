using System.Runtime.InteropServices;
using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Checking;

/// <summary>
/// Reads the whole history of a market and what participants were told, and says whether both can be
/// (<c>docs/trading-post.md</c>). It does its own bookkeeping: a mistake of <see cref="Ledger"/> must not excuse itself.
/// </summary>
/// <remarks>Streams: history first, then lines and accounts, in any order. Remembers a few dozen bytes of every request.</remarks>
public sealed class MarketChecker
{
    /// <summary>More are counted, not described.</summary>
    public const int MostFindings = 50;

    private readonly Findings _findings = new();
    private readonly Dictionary<int, Books> _books = [];
    private readonly Dictionary<RequestId, DoneBefore> _done = [];
    private readonly List<Books>[] _sellers = [.. Goods.All.Select(_ => new List<Books>())];
    private readonly Dictionary<long, int> _claims = [];

    private long _term;
    private int _trader = -1;
    private Sold? _lastSold;
    private long _lastSoldTerm;
    private bool _roundIsShared;
    private long _joins;
    private long _deposits;
    private long _sales;
    private long _sharedRounds;
    private long _spent;
    private long _lines;

    /// <summary>All at once.</summary>
    /// <param name="history">In the order in which it happened.</param>
    /// <param name="lines">Of everybody's own ledger.</param>
    public static MarketVerdict Check(IEnumerable<JournalEntry> history, IEnumerable<OwnLine> lines)
    {
        var checker = new MarketChecker();
        foreach (var entry in history)
        {
            checker.Add(entry);
        }

        foreach (var line in lines)
        {
            checker.Add(line);
        }

        return checker.Finish();
    }

    /// <summary>The next entry of the history.</summary>
    public void Add(JournalEntry entry)
    {
        if (entry.Record is null)
        {
            AddClaim(entry);
            return;
        }

        // What a trader writes after its successor's claim is what fencing is there to prevent.
        _findings.Unless(entry.Term == _term, () => $"term {entry.Term} wrote after term {_term} was claimed: {entry.Record}");
        _findings.Unless(
            entry.Term != _term || entry.Trader == _trader,
            () => $"two traders in term {entry.Term}: {_trader} has claimed it, {entry.Trader} wrote {entry.Record}");
        switch (entry.Record)
        {
            case Joined joined:
                Add(joined);
                break;
            case Deposited deposited:
                Add(deposited, entry.Term);
                break;
            case Sold sold:
                Add(sold, entry);
                break;
        }
    }

    /// <summary>A line of a participant's own ledger: what it was told must be in the history, exactly.</summary>
    public void Add(OwnLine own)
    {
        _lines++;
        var (participant, line) = own;
        var (request, said) = line switch
        {
            Bought bought => (bought.Request, new DoneBefore(bought.Term, bought.Good, bought.Quantity, bought.Seller, bought.Price, 0)),
            Stored stored => (stored.Request, new DoneBefore(stored.Term, stored.Good, stored.Quantity, -1, 0, 0)),
            SoldForMe sold => (sold.Request, new DoneBefore(0, sold.Good, sold.Quantity, participant, 0, sold.Earned)),
            _ => (default, default),
        };
        if (!_done.TryGetValue(request, out var done))
        {
            _findings.Add($"{participant} was told of {line}, and the accounts know nothing of it");
            return;
        }

        var agrees = line is SoldForMe
            ? said == done with { Term = 0, Price = 0 }
            : participant == request.Participant && said == done with { Earned = 0 };
        _findings.Unless(agrees, () => $"{participant} was told of {line}, and the accounts say {done}");
    }

    /// <summary>The accounts as the trader tells them when nothing is under way any more.</summary>
    public void Add(IEnumerable<AccountSummary> accounts)
    {
        foreach (var told in accounts)
        {
            var books = _books.GetValueOrDefault(told.Participant) ?? new Books(told.Participant);
            var agrees = told.Spent == books.Spent && told.Earned == books.Earned && told.Commission == books.Commission
                && Goods.All.All(good =>
                    told.Goods.GetValueOrDefault(good) == books.Bought[(int)good]
                    && told.Stock.GetValueOrDefault(good) == books.Stock[(int)good]);
            _findings.Unless(agrees, () => $"the trader's accounts of {told.Participant} are not what its history comes to: {told}");
        }
    }

    /// <summary>The verdict so far.</summary>
    public MarketVerdict Finish()
    {
        long spent = 0, gained = 0;
        foreach (var books in _books.Values)
        {
            spent += books.Spent;
            gained += books.Earned + books.Commission;
        }

        var counts = new MarketCounts(_claims.Count, _joins, _deposits, _sales, _sharedRounds, _spent, _lines);
        return spent == gained
            ? _findings.ToVerdict(counts)
            : _findings.With($"buyers have spent {spent} coins, sellers and traders got {gained}").ToVerdict(counts);
    }

    private void AddClaim(JournalEntry claim)
    {
        _findings.Unless(
            _claims.TryAdd(claim.Term, claim.Trader),
            () => $"term {claim.Term} was claimed twice, by {_claims[claim.Term]} and by {claim.Trader}");
        _findings.Unless(claim.Term > _term, () => $"term {claim.Term} was claimed after term {_term}");
        (_term, _trader) = (claim.Term, claim.Trader);
    }

    private void Add(Joined joined)
    {
        _joins++;
        var books = BooksOf(joined.Participant);
        _findings.Unless(joined.Session == books.Session + 1, () => $"{joined} follows session {books.Session}");
        (books.Session, books.Number) = (joined.Session, 0);
    }

    private void Add(Deposited deposited, long term)
    {
        _deposits++;
        var good = (int)deposited.Good;
        AddRequest(deposited, deposited.Request, new(term, deposited.Good, deposited.Quantity, -1, 0, 0));
        var books = BooksOf(deposited.Request.Participant);
        if (!books.Sells[good])
        {
            books.Sells[good] = true;
            _sellers[good].Add(books);
        }

        if (books.Stock[good] <= 0)
        {
            books.Since[good] = SumOf(deposited.Clock);
        }

        books.Stock[good] += deposited.Quantity;
    }

    private void Add(Sold sold, JournalEntry entry)
    {
        _sales++;
        var good = (int)sold.Good;
        var earned = sold.Price - sold.Commission;
        AddRequest(sold, sold.Request, new(entry.Term, sold.Good, sold.Quantity, sold.Seller, sold.Price, earned));
        AddToRound(sold, entry.Term);

        // A fifth, without asking the code that took it.
        var (price, commission) = (Prices.Of(sold.Good) * sold.Quantity, Prices.Of(sold.Good) * sold.Quantity / 5);
        _findings.Unless(
            sold.Price == price && sold.Commission == commission,
            () => $"{sold} should cost {price} coins, and the trader get {commission} of them");
        _findings.Unless(sold.Trader == entry.Trader, () => $"{sold} pays {sold.Trader}, and {entry.Trader} trades");

        var seller = BooksOf(sold.Seller);
        var first = FirstSeller(sold.Good, sold.Quantity);
        _findings.Unless(seller.Stock[good] >= sold.Quantity, () => $"{sold} sells what is not there: {seller.Stock[good]} pieces are left");
        _findings.Unless(
            first is null || first == seller || seller.Stock[good] < sold.Quantity,
            () => $"{sold} passes over seller {first!.Participant}, who deposited before");
        seller.Stock[good] -= sold.Quantity;
        seller.Earned += earned;
        BooksOf(sold.Trader).Commission += commission;
        var buyer = BooksOf(sold.Request.Participant);
        buyer.Spent += sold.Price;
        buyer.Bought[good] += sold.Quantity;
        _spent += sold.Price;
    }

    /// <summary>Done once, in a session that has begun and not ended, after all earlier ones.</summary>
    private void AddRequest(AccountRecord record, RequestId request, DoneBefore done)
    {
        ref var before = ref CollectionsMarshal.GetValueRefOrAddDefault(_done, request, out var twice);
        if (twice)
        {
            _findings.Add($"done twice: {record}");
        }

        before = done;
        var books = BooksOf(request.Participant);
        _findings.Unless(
            request.Session == books.Session && request.Number > books.Number,
            () => $"{record} follows request {books.Number} of session {books.Session}");
        _findings.Unless(done.Quantity >= 1, () => $"{record} is about nothing");
        books.Number = Math.Max(books.Number, request.Number);
    }

    /// <summary>Within a round what happened before comes first, and of what is concurrent the lower participant.</summary>
    private void AddToRound(Sold sold, long term)
    {
        var last = _lastSoldTerm == term ? _lastSold : null;
        (_lastSold, _lastSoldTerm) = (sold, term);
        if (last is null || last.Round != sold.Round)
        {
            _roundIsShared = false;
            _findings.Unless(last is null || last.Round < sold.Round, () => $"{sold} follows round {last!.Round}");
            return;
        }

        _sharedRounds += _roundIsShared ? 0 : 1;
        _roundIsShared = true;
        var (one, other) = (SumOf(last.Clock), SumOf(sold.Clock));
        var inOrder = one != other ? one < other
            : last.Request.Participant != sold.Request.Participant ? last.Request.Participant < sold.Request.Participant
            : last.Request.Number < sold.Request.Number;
        _findings.Unless(inOrder, () => $"{last} came before {sold} in their round, against the vector order");
    }

    private Books? FirstSeller(Good good, int quantity)
    {
        Books? first = null;
        foreach (var seller in _sellers[(int)good])
        {
            if (seller.Stock[(int)good] >= quantity && (first is null || seller.IsBefore(first, good)))
            {
                first = seller;
            }
        }

        return first;
    }

    private Books BooksOf(int participant)
    {
        ref var books = ref CollectionsMarshal.GetValueRefOrAddDefault(_books, participant, out _);
        return books ??= new Books(participant);
    }

    private static long SumOf(VectorClock clock)
    {
        var sum = 0L;
        var entries = clock.Entries;
        for (var index = 0; index < entries.Count; index++)
        {
            sum = unchecked(sum + entries[index].Events);
        }

        return sum;
    }

    /// <summary>What is remembered of a request that is done. A deposit has no seller (-1).</summary>
    private readonly record struct DoneBefore(long Term, Good Good, int Quantity, int Seller, int Price, int Earned);

    /// <summary>One participant's accounts, kept a second time.</summary>
    private sealed class Books(int participant)
    {
        public int Participant { get; } = participant;

        public int Session { get; set; }

        public long Number { get; set; }

        public long Spent { get; set; }

        public long Earned { get; set; }

        public long Commission { get; set; }

        public long[] Bought { get; } = new long[Goods.All.Count];

        public long[] Stock { get; } = new long[Goods.All.Count];

        /// <summary>The sum of the clock of the deposit since which there is stock.</summary>
        public long[] Since { get; } = new long[Goods.All.Count];

        public bool[] Sells { get; } = new bool[Goods.All.Count];

        public bool IsBefore(Books other, Good good)
        {
            var (mine, theirs) = (Since[(int)good], other.Since[(int)good]);
            return mine != theirs ? mine < theirs : Participant < other.Participant;
        }
    }
}
