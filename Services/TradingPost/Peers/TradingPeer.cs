using Lab.Coordination;
using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.Coordination.Failures;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>A peer of the market, whole, without I/O: election, failure detector, trader, seller, buyer.</summary>
/// <remarks>
/// Messages may say anything: whatever cannot be is refused or ignored, and nothing is thrown. What the host answers (terms,
/// appends) is believed.
/// </remarks>
public sealed partial class TradingPeer : INode<PeerMessage>
{
    /// <summary>How often a trader tells sellers again what they may have missed.</summary>
    public const long RemindEveryUs = 500_000;

    /// <summary>As published: how often a peer looks whether its trader answers.</summary>
    public const long CheckTraderEveryUs = 1_000_000;

    private const string TickTimer = "peer-tick";
    private const string RemindTimer = "peer-remind";

    private static readonly FailureDetectorOptions Detection = new();

    private readonly IPeerHost _host;
    private readonly MarketSettings _market;
    private readonly BullyElection _election;

    /// <summary>Null as published: a lost trader is noticed by whoever asks it.</summary>
    private readonly FailureDetector? _detector;
    private readonly Participant _participant;
    private readonly TraderQuestions _questions;
    private readonly PeerClock _clock;

    private Trader? _trader;
    private ClaimedAccounts? _claimed;
    private bool _appending;
    private bool _claimWaits;
    private bool _askedTrader;
    private bool _hasSold;

    public TradingPeer(IPeerHost host, MarketSettings market)
    {
        _host = host;
        _market = market;
        var improved = _market.Election == Design.Improved;
        _election = new BullyElection(this, [.. Enumerable.Range(0, _market.Peers)], new ElectionOptions { Parallel = improved });
        _detector = improved ? new FailureDetector(Detection) : null;
        _participant = new Participant(this, host.Id, _market);
        _questions = new TraderQuestions(_host.Send);
        _clock = new PeerClock(host.Id, _market.Peers);
    }

    public void Start()
    {
        Report(PeerEventKind.Started);
        foreach (var peer in Others())
        {
            _detector?.Watch(peer, _host.NowUs);
        }

        Tick();
        _host.SetTimer(RemindTimer, RemindEveryUs);
        _participant.Start();
        _election.Start();
    }

    public void Receive(int from, PeerMessage message)
    {
        var fromPeer = _market.IsPeer(from) && from != _host.Id;
        if (fromPeer)
        {
            Heard(from);
        }

        switch (message)
        {
            case Electing electing when fromPeer:
                _election.Receive(from, new ElectionMessage(electing.Kind, electing.Term));
                break;
            case Heartbeat heartbeat when fromPeer && _detector is null && IsTrader && heartbeat.Trader == _host.Id:
                _host.Send(from, new Heartbeat(_election.Term, _election.Leader));
                break;
            case Join or GoodsRequest:
                Ask(from, message, _clock.Received(message.Clock, fromPeer, _trader?.Ledger));
                break;
            case Welcome or Done or Refused or SaleNotice when fromPeer:
                _clock.Received(message.Clock, fromPeer, _trader?.Ledger);
                Answer(message);
                break;
            case WhoTrades question:
                _questions.Ask(from, question, _election.Leader, _election.Term, _host.NowUs);
                break;
            case AskStatus question:
                _host.Send(from, StatusFor(question));
                break;
            case Protocol.Resign:
                GiveUp();
                break;
        }
    }

    public void Fire(string timer)
    {
        switch (timer)
        {
            case TickTimer:
                Tick();
                break;
            case RemindTimer:
                _host.SetTimer(RemindTimer, RemindEveryUs);
                _trader?.RemindSellers();
                _questions.DropOld(_host.NowUs);
                break;
            default:
                _ = _election.Fire(timer) || _participant.Fire(timer);
                break;
        }
    }

    /// <remarks>As published nobody makes anything of it.</remarks>
    public void Disconnected(int node)
    {
        if (_detector is not null && _market.IsPeer(node) && node != _host.Id)
        {
            _detector.Suspect(node);
            Suspect(node, "its connection has ended");
        }
    }

    /// <summary>The accounts have given a term.</summary>
    public void Claimed(ClaimedAccounts accounts)
    {
        if (accounts.Ledger.Term > accounts.Term)
        {
            // Claimed long ago and read late: somebody has traded in a higher term meanwhile.
            Report(PeerEventKind.Fenced);
            _election.TermRefused();
            return;
        }

        _claimed = accounts;
        _election.TermGranted(accounts.Term);
        _claimed = null;
    }

    /// <summary>The accounts could not be reached.</summary>
    public void ClaimFailed(string reason)
    {
        Report(PeerEventKind.AccountsFailed, detail: reason);
        _election.TermRefused();
    }

    /// <summary>The records of the oldest <see cref="IPeerHost.Append"/> under way are durable.</summary>
    public void Appended(long term)
    {
        if (AppendEnded(term) is not { } trader)
        {
            // Whoever asked has been sent to the next trader, who knows that it is done.
            return;
        }

        trader.Appended();
        if (trader.Sales > 0 && !_hasSold)
        {
            _hasSold = true;
            Report(PeerEventKind.FirstSale);
        }
    }

    /// <summary>They are not, and never will be: a higher term has been claimed.</summary>
    public void Fenced(long term)
    {
        if (AppendEnded(term) is not null)
        {
            Report(PeerEventKind.Fenced);
            _election.Fenced();
        }
    }

    /// <summary>Nobody knows whether they are.</summary>
    public void AppendFailed(long term, string reason)
    {
        if (AppendEnded(term) is not null)
        {
            Report(PeerEventKind.AccountsFailed, detail: reason);
            _election.Fenced();
        }
    }

    private bool IsTrader => _trader is not null;

    /// <summary>The trader whose append it was, if it still trades. A claim may have waited for this.</summary>
    private Trader? AppendEnded(long term)
    {
        _appending = false;
        if (_claimWaits)
        {
            _claimWaits = false;
            _host.Claim();
        }

        return _trader?.Term == term ? _trader : null;
    }

    private void Ask(int from, PeerMessage request, VectorClock clock)
    {
        if (_trader is not null)
        {
            _trader.Receive(from, request, clock);
        }
        else
        {
            Tell(from, Trader.Refuse(request, RefusalReason.NotTrader, _election.Leader, _election.Term));
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
        return new(question.Nonce, _election.Leader, _election.Term, selling, buying, _trader?.Ledger.Summarise());
    }

    private void GiveUp()
    {
        if (IsTrader)
        {
            Report(PeerEventKind.Resigned);
            _election.Resign();
        }
    }

    private void Heard(int peer)
    {
        _askedTrader &= peer != _election.Leader;
        if (_detector is null || _detector.Heard(peer, _host.NowUs))
        {
            _election.Trust(peer);
        }
    }

    private void Suspect(int peer, string why)
    {
        if (_election.Leader == peer)
        {
            Report(PeerEventKind.TraderLost, peer, why);
        }

        _election.Suspect(peer);
    }

    /// <summary>Improved: a heartbeat to everybody. As published: a look at the trader.</summary>
    private void Tick()
    {
        _host.SetTimer(TickTimer, _detector is null ? CheckTraderEveryUs : Detection.HeartbeatUs);
        if (_detector is null)
        {
            CheckTrader();
            return;
        }

        var heartbeat = new Heartbeat(_election.Term, _election.Leader);
        foreach (var peer in Others())
        {
            _host.Send(peer, heartbeat);
        }

        foreach (var peer in _detector.Check(_host.NowUs))
        {
            Suspect(peer, "it has been silent for too long");
        }
    }

    private void CheckTrader()
    {
        if (_election.Leader is not { } trader || trader == _host.Id)
        {
            _askedTrader = false;
        }
        else if (_askedTrader)
        {
            _askedTrader = false;
            Suspect(trader, "it does not answer");
        }
        else
        {
            _askedTrader = true;
            _host.Send(trader, new Heartbeat(_election.Term, trader));
        }
    }

    private IEnumerable<int> Others() => Enumerable.Range(0, _market.Peers).Where(peer => peer != _host.Id);

    private void Report(PeerEventKind kind, int? other = null, string? detail = null) =>
        _host.Report(new PeerEvent(kind, _election.Term, other, detail));
}
