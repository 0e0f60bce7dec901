using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>
/// A peer in the trader's office, for one term. Requests that come while the accounts are being written wait; when that is
/// done all of them make a round, in vector order, and are written together (<c>docs/trading-post.md</c>).
/// </summary>
/// <remarks>
/// The ledger runs ahead: it has the records of the round that is being written, so that the round's later requests are
/// decided with what the earlier ones leave. Therefore nothing that a round decides, refusals and repeated answers
/// included, leaves before the round is durable; and when that fails, the ledger is thrown away with the term.
/// </remarks>
internal sealed class Trader(PeerContext context, long term, Ledger ledger)
{
    /// <summary>More requests are refused.</summary>
    public const int MostWaiting = 4096;

    private readonly bool _oneByOne = context.Market.Writes == Design.AsPublished;
    private readonly HashSet<RequestId> _known = [];
    private readonly List<(int To, PeerMessage Message)> _outbox = [];
    private List<Waiting> _waiting = [];
    private List<Waiting> _round = [];
    private List<AccountRecord> _records = [];
    private int _next;
    private long _rounds;
    private bool _writing;
    private bool _hasSold;
    private bool _remindAll = true;
    private bool _remind = true;

    public long Term => term;

    public Ledger Ledger => ledger;

    /// <summary>A request: <see cref="Join"/>, <see cref="Buy"/> or <see cref="Deposit"/>.</summary>
    /// <param name="from">Who sent it.</param>
    /// <param name="message">The request.</param>
    /// <param name="clock">The sender's, as far as it can be believed.</param>
    public void Receive(int from, PeerMessage message, VectorClock clock)
    {
        var request = IdOf(from, message);
        if (request.Participant != from || !IsParticipant(from))
        {
            context.Tell(from, Refusal(message, RefusalReason.Invalid));
            return;
        }

        if (_known.Contains(request))
        {
            // It waits already: the answer that it will get does for both.
            return;
        }

        if (_waiting.Count >= MostWaiting)
        {
            context.Tell(from, Refusal(message, RefusalReason.Busy));
            return;
        }

        _known.Add(request);
        _waiting.Add(new(request, message, clock, clock.Sum));
        GoOn();
    }

    /// <summary>What was being written is durable.</summary>
    public void Appended()
    {
        _writing = false;
        var sells = !_hasSold && _records.Exists(record => record is Sold);
        GoOn();
        if (sells)
        {
            _hasSold = true;
            context.Report(PeerEventKind.FirstSale);
        }
    }

    /// <summary>Tells sellers of what they may not have heard: that all is sold, and once in a term of their last sale.</summary>
    public void RemindSellers()
    {
        _remind = true;
        GoOn();
    }

    /// <summary>The office is lost: whoever waits shall ask the next trader.</summary>
    public void Close()
    {
        foreach (var waiting in _round.Concat(_waiting).Where(waiting => _known.Contains(waiting.Request)))
        {
            context.Tell(waiting.Request.Participant, Refusal(waiting.Message, RefusalReason.NotTrader));
        }

        _waiting.Clear();
        _round.Clear();
        _known.Clear();
        _outbox.Clear();
    }

    /// <summary>Answers a request that is not going to be done.</summary>
    public static Refused Refuse(PeerMessage message, RefusalReason reason, int? trader, long term) =>
        new(message is GoodsRequest asked ? asked.Request : default, reason, trader, term);

    private Refused Refusal(PeerMessage message, RefusalReason reason) =>
        Refuse(message, reason, reason == RefusalReason.NotTrader ? null : context.Id, term);

    /// <summary>Between two writes: sends what the last one has made true, decides the next round and writes it.</summary>
    private void GoOn()
    {
        while (!_writing)
        {
            Answer();
            if (_next == _round.Count && !NextRound())
            {
                return;
            }

            _records = [];
            while (_next < _round.Count && !(_oneByOne && _records.Count > 0))
            {
                Decide(_round[_next++]);
            }

            if (_records.Count > 0)
            {
                _writing = true;
                context.Append(term, _records);
            }
        }
    }

    private void Answer()
    {
        foreach (var (to, message) in _outbox)
        {
            context.Tell(to, message);
        }

        _outbox.Clear();
        for (var index = 0; index < _next; index++)
        {
            _known.Remove(_round[index].Request);
        }

        _round.RemoveRange(0, _next);
        _next = 0;
        if (_remind)
        {
            Remind();
        }
    }

    private bool NextRound()
    {
        if (_waiting.Count == 0)
        {
            return false;
        }

        (_round, _waiting) = (_waiting, _round);
        _round.Sort(InVectorOrder);
        _rounds++;
        return true;
    }

    /// <summary>What happened before has a smaller sum; what is concurrent goes by participant, as in the report.</summary>
    private static int InVectorOrder(Waiting one, Waiting other)
    {
        var order = one.Order.CompareTo(other.Order);
        order = order != 0 ? order : one.Request.Participant.CompareTo(other.Request.Participant);
        return order != 0 ? order : one.Request.Number.CompareTo(other.Request.Number);
    }

    private void Decide(Waiting waiting)
    {
        var message = waiting.Message switch
        {
            Join join => Decide(waiting.Request.Participant, join),
            GoodsRequest asked when AnswerBefore(asked) is { } answer => answer,
            Deposit deposit => Decide(deposit, waiting.Clock),
            Buy buy => Decide(buy, waiting.Clock),
            _ => Refusal(waiting.Message, RefusalReason.Invalid),
        };
        _outbox.Add((waiting.Request.Participant, message));
    }

    private PeerMessage Decide(int participant, Join join)
    {
        var account = ledger.Find(participant);
        if (account is { Session: > 0 } && account.Nonce == join.Nonce)
        {
            return new Welcome(join.Nonce, account.Session);
        }

        if (account is null ? ledger.IsFull : account.Session == int.MaxValue)
        {
            return Refusal(join, RefusalReason.Invalid);
        }

        Write(new Joined(participant, (account?.Session ?? 0) + 1, join.Nonce));
        return new Welcome(join.Nonce, ledger.Find(participant)!.Session);
    }

    /// <summary>The answer to a request that is done already, or cannot be.</summary>
    private PeerMessage? AnswerBefore(GoodsRequest asked)
    {
        var request = asked.Request;
        var account = ledger.Find(request.Participant);
        if (account?.LastDone is { } last && last.Request == request)
        {
            return new Done(last.Request, last.Term, last.Seller, last.Price);
        }

        RefusalReason? reason =
            request.Number < 1 || asked.Quantity is < 1 or > Ledger.MostPieces || !Goods.Exists(asked.Good) ? RefusalReason.Invalid
            : account is null || account.Session != request.Session || account.Session == 0 ? RefusalReason.UnknownSession
            : request.Number <= account.LastNumber ? RefusalReason.Superseded
            : null;
        return reason is null ? null : Refusal(asked, reason.Value);
    }

    private PeerMessage Decide(Deposit deposit, VectorClock clock)
    {
        var offer = ledger.Find(deposit.Request.Participant)!.Offers[(int)deposit.Good];
        if ((offer?.Left ?? 0) + deposit.Quantity > Ledger.MostPieces)
        {
            return Refusal(deposit, RefusalReason.Invalid);
        }

        Write(new Deposited(deposit.Request, deposit.Good, deposit.Quantity, clock));
        return new Done(deposit.Request, term, null, null);
    }

    private PeerMessage Decide(Buy buy, VectorClock clock)
    {
        if (ledger.FindSeller(buy.Good, buy.Quantity) is not { } seller)
        {
            return Refusal(buy, RefusalReason.NoSeller);
        }

        var price = Prices.Of(buy.Good) * buy.Quantity;
        Write(new Sold(
            buy.Request, buy.Good, buy.Quantity, seller.Participant, context.Id, price, Prices.CommissionOf(price), clock, _rounds));
        _outbox.Add((seller.Participant, Notice(buy.Good, seller.Offers[(int)buy.Good]!)));
        return new Done(buy.Request, term, seller.Participant, price);
    }

    private void Write(AccountRecord record)
    {
        ledger.Apply(record, term);
        _records.Add(record);
    }

    /// <remarks>Called while nothing is being written: every sale in the ledger is durable.</remarks>
    private void Remind()
    {
        foreach (var account in ledger.Accounts)
        {
            foreach (var good in Goods.All)
            {
                if (account.Offers[(int)good] is { LastSale: not null } offer && (_remindAll || offer.Left == 0))
                {
                    context.Tell(account.Participant, Notice(good, offer));
                }
            }
        }

        (_remind, _remindAll) = (false, false);
    }

    private static SaleNotice Notice(Good good, Offer offer) =>
        new(offer.LastSale!.Request, good, offer.LastSale.Quantity, offer.LastSale.Earned, offer.Left);

    private bool IsParticipant(int participant) =>
        participant >= MarketSettings.FirstClient || context.Market.IsPeer(participant);

    /// <remarks>Session 0 is nobody's: a join cannot be taken for a request.</remarks>
    private static RequestId IdOf(int from, PeerMessage message) => message switch
    {
        GoodsRequest asked => asked.Request,
        Join join => new(from, 0, join.Nonce),
        _ => new(-1, 0, 0),
    };

    /// <param name="Request">Which; its participant is who sent it.</param>
    /// <param name="Message">The request itself.</param>
    /// <param name="Clock">The sender's.</param>
    /// <param name="Order">The clock's sum.</param>
    private readonly record struct Waiting(RequestId Request, PeerMessage Message, VectorClock Clock, long Order);
}
