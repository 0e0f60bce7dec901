using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>
/// A peer as seller or buyer. It has one request under way, and repeats it, to whoever trades by then, until it is
/// answered: the accounts know what is done already (<c>docs/trading-post.md</c>).
/// </summary>
internal sealed class Participant(IParticipantDesk desk, int id, MarketSettings market)
{
    /// <summary>An answer is waited for so long before the request is repeated.</summary>
    public const long RepeatUs = 500_000;

    /// <summary>The pause before somebody who was refused asks for something else.</summary>
    public const long RefusedPauseUs = 50_000;

    /// <summary>A peer buys one to so many pieces at a time.</summary>
    public const int MostBought = 3;

    private const string RepeatTimer = "participant-repeat";
    private const string NextTimer = "participant-next";

    private bool _hasTrader;
    private int _session;
    private long _number;
    private PeerMessage? _asked;

    /// <summary>A buy that one trader has refused; another one, to whom it had been repeated, may still do it.</summary>
    private Buy? _refused;

    /// <summary>A seller's goods are with the trader, and not sold out as far as it knows.</summary>
    private bool _hasStock;
    private RequestId _lastSale;

    /// <summary>The sale that took the last piece; the default value before the first time.</summary>
    private RequestId _soldOutBy;

    /// <summary>The good it sells or wants; null when it does neither.</summary>
    public Good? Good { get; private set; }

    public bool IsSeller { get; } = id < market.Sellers;

    private bool IsBuyer => !IsSeller && market.BuyEveryMs is not null;

    public void Start()
    {
        if (IsSeller || IsBuyer)
        {
            Good = (Good)desk.Random.Next(Goods.All.Count);
        }
    }

    /// <summary>Whom to ask has changed; null: nobody, for now.</summary>
    public void TraderChanged(bool hasTrader)
    {
        _hasTrader = hasTrader;
        if (!hasTrader)
        {
            desk.CancelTimer(RepeatTimer);
            desk.CancelTimer(NextTimer);
        }
        else if (_asked is not null)
        {
            Ask(_asked);
        }
        else
        {
            Next();
        }
    }

    /// <summary>True when the timer was one of the participant's.</summary>
    public bool Fire(string timer)
    {
        switch (timer)
        {
            case NextTimer when _hasTrader && _asked is null:
                Next();
                return true;
            case RepeatTimer when _hasTrader && _asked is not null:
                Ask(_asked);
                desk.TraderIsSilent();
                return true;
            default:
                return timer is NextTimer or RepeatTimer;
        }
    }

    public void Receive(Welcome welcome)
    {
        if (_asked is Join join && join.Nonce == welcome.Nonce && welcome.Session > 0)
        {
            (_session, _number) = (welcome.Session, 0);
            Answered(0);
        }
    }

    public void Receive(Done done)
    {
        if (_refused is { } refused && refused.Request == done.Request)
        {
            _refused = null;
            Note(refused, done);
        }
        else if (_asked is Buy buy && buy.Request == done.Request)
        {
            Note(buy, done);
            Answered((market.BuyEveryMs ?? 0) * 1000L);
        }
        else if (_asked is Deposit deposit && deposit.Request == done.Request)
        {
            desk.Note(new Stored(deposit.Request, deposit.Good, deposit.Quantity, done.Term));
            if (_soldOutBy != default)
            {
                desk.Report(PeerEventKind.Restocked, $"{deposit.Quantity} {deposit.Good}");
            }

            _hasStock = true;
            Answered(0);
        }
    }

    public void Receive(Refused refused)
    {
        if (_asked is null || refused.Request != (_asked is GoodsRequest asked ? asked.Request : default))
        {
            return;
        }

        switch (refused.Reason)
        {
            case RefusalReason.NotTrader or RefusalReason.Busy:
                // The next trader, or the same one a little later: it is repeated anyway.
                break;
            case RefusalReason.UnknownSession:
                _session = 0;
                Answered(RefusedPauseUs);
                break;
            case RefusalReason.NoSeller or RefusalReason.Invalid when _asked is not Join:
                _refused = _asked as Buy;
                ChangeGood();
                Answered(Math.Max(RefusedPauseUs, (market.BuyEveryMs ?? 0) * 1000L));
                break;
            default:
                Answered(RefusedPauseUs);
                break;
        }
    }

    public void Receive(SaleNotice notice)
    {
        if (!IsSeller)
        {
            return;
        }

        if (notice.Request != _lastSale)
        {
            _lastSale = notice.Request;
            desk.Note(new SoldForMe(notice.Request, notice.Good, notice.Quantity, notice.Earned));
        }

        // The news may come before the answer to the deposit; then it will be told again. And it may be old.
        if (notice.Left == 0 && notice.Good == Good && _hasStock && notice.Request != _soldOutBy)
        {
            (_hasStock, _soldOutBy) = (false, notice.Request);
            ChangeGood();
            if (_hasTrader && _asked is null)
            {
                Next();
            }
        }
    }

    private void Next()
    {
        if (!IsSeller && !IsBuyer)
        {
            return;
        }

        if (_session == 0)
        {
            Ask(new Join(desk.Random.NextInt64(1, long.MaxValue)));
        }
        else if (IsBuyer)
        {
            var quantity = 1 + desk.Random.Next(Math.Clamp(market.Stock, 1, MostBought));
            Ask(new Buy(new(id, _session, ++_number), Good!.Value, quantity));
        }
        else if (!_hasStock)
        {
            Ask(new Deposit(new(id, _session, ++_number), Good!.Value, market.Stock));
        }
    }

    private void Ask(PeerMessage message)
    {
        _asked = message;
        desk.CancelTimer(NextTimer);
        desk.SetTimer(RepeatTimer, RepeatUs);
        desk.Ask(message);
    }

    private void Answered(long pauseUs)
    {
        _asked = null;
        desk.CancelTimer(RepeatTimer);
        if (pauseUs == 0)
        {
            Next();
        }
        else
        {
            desk.SetTimer(NextTimer, pauseUs);
        }
    }

    private void ChangeGood()
    {
        var old = Good!.Value;
        Good = (Good)(((int)old + 1 + desk.Random.Next(Goods.All.Count - 1)) % Goods.All.Count);
        desk.Report(PeerEventKind.GoodChanged, $"{old} to {Good}");
    }

    private void Note(Buy buy, Done done)
    {
        if (done is { Seller: { } seller, Price: { } price })
        {
            desk.Note(new Bought(buy.Request, buy.Good, buy.Quantity, seller, price, done.Term));
        }
    }
}
