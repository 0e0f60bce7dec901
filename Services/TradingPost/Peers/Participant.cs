using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>
/// A peer as seller or buyer. It has one request under way, and repeats it, to whoever trades by then, until it is
/// answered: the accounts know what is done already (<c>docs/trading-post.md</c>).
/// </summary>
internal sealed class Participant(PeerContext context)
{
    /// <summary>An answer is waited for so long before the request is repeated.</summary>
    public const long RepeatUs = 500_000;

    /// <summary>The pause before somebody who was refused asks for something else.</summary>
    public const long RefusedPauseUs = 50_000;

    /// <summary>A peer buys one to so many pieces at a time.</summary>
    public const int MostBought = 3;

    private const string RepeatTimer = "participant-repeat";
    private const string NextTimer = "participant-next";

    private int _session;
    private long _number;
    private PeerMessage? _asked;

    /// <summary>A buy that one trader has refused; another one, to whom it had been repeated, may still do it.</summary>
    private Buy? _refused;

    /// <summary>A seller's goods are with the trader, and not sold out as far as it knows.</summary>
    private bool _hasStock;
    private RequestId _lastSale;

    /// <summary>
    /// News that all is sold which came before the answer to the deposit: a trader that died had done both, and the one that
    /// follows tells of the sale before the deposit is asked for again.
    /// </summary>
    private SaleNotice? _early;

    /// <summary>The sale that took the last piece; the default value before the first time.</summary>
    private RequestId _soldOutBy;

    /// <summary>The good it sells or wants; null when it does neither.</summary>
    public Good? Good { get; private set; }

    public bool IsSeller { get; } = context.Id < context.Market.Sellers;

    private bool IsBuyer => !IsSeller && context.Market.BuyEveryMs is not null;

    /// <summary>Whom to ask; null while nobody else trades.</summary>
    private int? Trader => context.Trader == context.Id ? null : context.Trader;

    public void Start()
    {
        if (IsSeller || IsBuyer)
        {
            Good = (Good)context.Host.Random.Next(Goods.All.Count);
        }
    }

    /// <summary>Somebody else is to be asked, or nobody for now.</summary>
    public void TraderChanged()
    {
        if (Trader is null)
        {
            context.Host.CancelTimer(RepeatTimer);
            context.Host.CancelTimer(NextTimer);
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

    /// <summary>True when the trader has not answered in time.</summary>
    public bool Fire(string timer)
    {
        switch (timer)
        {
            case NextTimer when Trader is not null && _asked is null:
                Next();
                return false;
            case RepeatTimer when Trader is not null && _asked is not null:
                Ask(_asked);
                return true;
            default:
                return false;
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
            Answered((context.Market.BuyEveryMs ?? 0) * 1000L);
        }
        else if (_asked is Deposit deposit && deposit.Request == done.Request)
        {
            context.Host.Note(new Stored(deposit.Request, deposit.Good, deposit.Quantity, done.Term));
            if (_soldOutBy != default)
            {
                context.Report(PeerEventKind.Restocked, detail: $"{deposit.Quantity} {deposit.Good}");
            }

            _hasStock = true;
            if (_early is { } early && early.Good == deposit.Good)
            {
                SoldOut(early);
            }

            _early = null;
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
                Answered(Math.Max(RefusedPauseUs, (context.Market.BuyEveryMs ?? 0) * 1000L));
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
            context.Host.Note(new SoldForMe(notice.Request, notice.Good, notice.Quantity, notice.Earned));
        }

        // It may be old.
        if (notice.Left > 0 || notice.Good != Good || notice.Request == _soldOutBy)
        {
            return;
        }

        if (!_hasStock)
        {
            _early = _asked is Deposit ? notice : null;
            return;
        }

        SoldOut(notice);
        if (Trader is not null && _asked is null)
        {
            Next();
        }
    }

    private void SoldOut(SaleNotice notice)
    {
        (_hasStock, _soldOutBy) = (false, notice.Request);
        ChangeGood();
    }

    private void Next()
    {
        if (!IsSeller && !IsBuyer)
        {
            return;
        }

        if (_session == 0)
        {
            Ask(new Join(context.Host.Random.NextInt64(1, long.MaxValue)));
        }
        else if (IsBuyer)
        {
            var quantity = 1 + context.Host.Random.Next(Math.Clamp(context.Market.Stock, 1, MostBought));
            Ask(new Buy(new(context.Id, _session, ++_number), Good!.Value, quantity));
        }
        else if (!_hasStock)
        {
            Ask(new Deposit(new(context.Id, _session, ++_number), Good!.Value, context.Market.Stock));
        }
    }

    private void Ask(PeerMessage message)
    {
        _asked = message;
        context.Host.CancelTimer(NextTimer);
        context.Host.SetTimer(RepeatTimer, RepeatUs);
        if (Trader is { } trader)
        {
            context.Tell(trader, message);
        }
    }

    private void Answered(long pauseUs)
    {
        _asked = null;
        context.Host.CancelTimer(RepeatTimer);
        if (pauseUs == 0)
        {
            Next();
        }
        else
        {
            context.Host.SetTimer(NextTimer, pauseUs);
        }
    }

    private void ChangeGood()
    {
        var old = Good!.Value;
        Good = (Good)(((int)old + 1 + context.Host.Random.Next(Goods.All.Count - 1)) % Goods.All.Count);
        context.Report(PeerEventKind.GoodChanged, detail: $"{old} to {Good}");
    }

    private void Note(Buy buy, Done done)
    {
        if (done is { Seller: { } seller, Price: { } price })
        {
            context.Host.Note(new Bought(buy.Request, buy.Good, buy.Quantity, seller, price, done.Term));
        }
    }
}
