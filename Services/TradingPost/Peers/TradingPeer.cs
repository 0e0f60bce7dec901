using Lab.Coordination;
using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>A peer of the market, whole, without I/O: election, failure detector, trader, seller, buyer.</summary>
/// <remarks>
/// Messages may say anything: whatever cannot be is refused or ignored, and nothing is thrown. What the host answers (terms,
/// appends) is believed.
/// </remarks>
public sealed class TradingPeer : INode<PeerMessage>
{
    /// <summary>How often a trader tells sellers again what they may have missed.</summary>
    public const long RemindEveryUs = 500_000;

    private const string RemindTimer = "peer-remind";

    private readonly PeerContext _context;
    private readonly TraderElection _election;
    private readonly Participant _participant;
    private readonly TraderQuestions _questions;

    /// <summary>While this peer trades.</summary>
    private Trader? _trader;

    public TradingPeer(IPeerHost host, MarketSettings market)
    {
        _context = new PeerContext(host, market, Answer);
        _election = new TraderElection(_context, TraderChanged);
        _participant = new Participant(_context);
        _questions = new TraderQuestions(_context);
    }

    public void Start()
    {
        _context.Report(PeerEventKind.Started);
        _context.Host.SetTimer(RemindTimer, RemindEveryUs);
        _participant.Start();
        _election.Start();
    }

    public void Receive(int from, PeerMessage message)
    {
        var fromPeer = IsOther(from);
        if (fromPeer)
        {
            _election.Heard(from);
        }

        switch (message)
        {
            case Electing electing when fromPeer:
                _election.Receive(from, electing);
                break;
            case Heartbeat heartbeat when fromPeer:
                _election.Receive(from, heartbeat);
                break;
            case Join or GoodsRequest:
                Ask(from, message, _context.Clock.Received(message.Clock, fromPeer, _trader?.Ledger));
                break;
            case Welcome or Done or Refused or SaleNotice when fromPeer:
                _context.Clock.Received(message.Clock, fromPeer, _trader?.Ledger);
                Answer(message);
                break;
            case WhoTrades question:
                _questions.Ask(from, question);
                break;
            case AskStatus question:
                _context.Host.Send(from, StatusFor(question));
                break;
            case Resign when _trader is not null:
                _context.Report(PeerEventKind.Resigned);
                _election.Resign();
                break;
        }
    }

    public void Fire(string timer)
    {
        if (timer == RemindTimer)
        {
            _context.Host.SetTimer(RemindTimer, RemindEveryUs);
            _trader?.RemindSellers();
            _questions.DropOld();
        }
        else if (!_election.Fire(timer) && _participant.Fire(timer))
        {
            _election.TraderIsSilent();
        }
    }

    public void Disconnected(int node)
    {
        if (IsOther(node))
        {
            _election.Disconnected(node);
        }
    }

    /// <inheritdoc cref="TraderElection.Claimed"/>
    public void Claimed(ClaimedAccounts accounts) => _election.Claimed(accounts);

    /// <inheritdoc cref="TraderElection.ClaimFailed"/>
    public void ClaimFailed(string reason) => _election.ClaimFailed(reason);

    /// <inheritdoc cref="TraderElection.Confirmed"/>
    public void Confirmed(bool isSo) => _election.Confirmed(isSo);

    /// <summary>The records of the <see cref="IPeerHost.Append"/> under way are durable.</summary>
    /// <remarks>When their term is over, whoever asked has been sent to the next trader, who knows that it is done.</remarks>
    public void Appended(long term)
    {
        if (AppendEnded(term) is { } trader)
        {
            _election.Appended();
            trader.Appended();
        }
    }

    /// <summary>They are not, and never will be: a higher term has been claimed.</summary>
    public void Fenced(long term)
    {
        if (AppendEnded(term) is not null)
        {
            _context.Report(PeerEventKind.Fenced);
            _election.Fenced();
        }
    }

    /// <summary>Nobody knows whether they are.</summary>
    public void AppendFailed(long term, string reason)
    {
        if (AppendEnded(term) is not null)
        {
            _context.Report(PeerEventKind.AccountsFailed, detail: reason);
            _election.AppendFailed();
        }
    }

    /// <summary>The trader whose append it was, if it still trades.</summary>
    private Trader? AppendEnded(long term)
    {
        _context.AppendEnded();
        return _trader?.Term == term ? _trader : null;
    }

    private void TraderChanged(Ledger? accounts)
    {
        // Whatever is being written will find nobody who waits for it.
        var former = _trader;
        _trader = null;
        former?.Close();
        if (accounts is null && _context.Trader is { } other)
        {
            _context.Report(PeerEventKind.Follows, other);
        }

        _participant.TraderChanged();
        if (accounts is not null)
        {
            _trader = new Trader(_context, _context.Term, accounts);
            _context.Report(PeerEventKind.Trades);
            _trader.RemindSellers();
        }

        _questions.Answer();
    }

    private void Ask(int from, PeerMessage request, VectorClock clock)
    {
        if (_trader is not null)
        {
            _trader.Receive(from, request, clock);
        }
        else
        {
            _context.Tell(from, Trader.Refuse(request, RefusalReason.NotTrader, _context.Trader, _context.Term));
        }
    }

    private void Answer(PeerMessage message)
    {
        switch (message)
        {
            case Welcome welcome:
                _participant.Receive(welcome);
                break;
            case Done done:
                _participant.Receive(done);
                break;
            case Refused refused:
                _participant.Receive(refused);
                break;
            case SaleNotice notice:
                _participant.Receive(notice);
                break;
        }
    }

    private Status StatusFor(AskStatus question)
    {
        var (selling, buying) = _participant.IsSeller ? (_participant.Good, (Good?)null) : (null, _participant.Good);
        return new(question.Nonce, _context.Trader, _context.Term, selling, buying, _trader?.Ledger.Summarise());
    }

    private bool IsOther(int participant) => _context.Market.IsPeer(participant) && participant != _context.Id;
}
