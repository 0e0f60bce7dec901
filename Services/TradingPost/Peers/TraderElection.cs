using Lab.Coordination.Elections;
using Lab.Coordination.Failures;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>Who trades: notices that a trader is lost, elects the next one, and claims a term of the accounts for a peer that wins.</summary>
internal sealed class TraderElection : IElectionHost
{
    /// <summary>As published: how often a peer looks whether its trader answers.</summary>
    public const long CheckTraderEveryUs = 1_000_000;

    private const string TickTimer = "peer-tick";

    private static readonly FailureDetectorOptions Detection = new();

    private readonly PeerContext _context;
    private readonly Action<Ledger?> _traderChanged;
    private readonly BullyElection _election;

    /// <summary>Null as published: a lost trader is noticed by whoever asks it.</summary>
    private readonly FailureDetector? _detector;
    private ClaimedAccounts? _claimed;
    private bool _askedTrader;

    /// <param name="context">Of the peer; learns who trades.</param>
    /// <param name="traderChanged">Called afterwards; gets the accounts when it is this peer that trades.</param>
    public TraderElection(PeerContext context, Action<Ledger?> traderChanged)
    {
        (_context, _traderChanged) = (context, traderChanged);
        var improved = context.Market.Election == Design.Improved;
        _election = new BullyElection(this, [.. Enumerable.Range(0, context.Market.Peers)], new ElectionOptions { Parallel = improved });
        _detector = improved ? new FailureDetector(Detection) : null;
    }

    public int Id => _context.Id;

    public Random Random => _context.Host.Random;

    public void Start()
    {
        foreach (var peer in _context.Others)
        {
            _detector?.Watch(peer, _context.Host.NowUs);
        }

        Tick();
        _election.Start();
    }

    /// <summary>A peer has said something, whatever it is.</summary>
    public void Heard(int peer)
    {
        _askedTrader &= peer != _context.Trader;
        if (_detector is null || _detector.Heard(peer, _context.Host.NowUs))
        {
            _election.Trust(peer);
        }
    }

    public void Receive(int from, Electing electing) => _election.Receive(from, new ElectionMessage(electing.Kind, electing.Term));

    /// <remarks>As published it is a question to the trader.</remarks>
    public void Receive(int from, Heartbeat heartbeat)
    {
        if (_detector is null && _context.Trader == Id && heartbeat.Trader == Id)
        {
            _context.Host.Send(from, new Heartbeat(_context.Term, Id));
        }
    }

    /// <summary>True when the timer was one of the election's.</summary>
    public bool Fire(string timer)
    {
        if (timer == TickTimer)
        {
            Tick();
        }

        return timer == TickTimer || _election.Fire(timer);
    }

    /// <remarks>As published nobody makes anything of it.</remarks>
    public void Disconnected(int peer)
    {
        if (_detector is not null)
        {
            _detector.Suspect(peer);
            Suspect(peer, "its connection has ended");
        }
    }

    /// <summary>The trader has not answered a request in time. Improved, the failure detector knows better.</summary>
    public void TraderIsSilent()
    {
        if (_detector is null && _context.Trader is { } trader)
        {
            Suspect(trader, "it does not answer a request");
        }
    }

    /// <summary>The accounts have given a term.</summary>
    public void Claimed(ClaimedAccounts accounts)
    {
        if (accounts.Ledger.Term > accounts.Term)
        {
            // Claimed long ago and read late: somebody has traded in a higher term meanwhile.
            _context.Report(PeerEventKind.Fenced);
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
        _context.Report(PeerEventKind.AccountsFailed, detail: reason);
        _election.TermRefused();
    }

    /// <summary>Whether the accounts have given the term of which another peer has spoken.</summary>
    public void Confirmed(bool isSo) => _election.TermConfirmed(isSo);

    /// <summary>This peer can no longer write in its term.</summary>
    public void Fenced() => _election.Fenced();

    /// <summary>What it wrote in its term is durable.</summary>
    public void Appended() => _election.StoreWorked();

    /// <summary>Nobody knows what became of what it wrote in its term.</summary>
    public void AppendFailed() => _election.StoreFailed();

    /// <summary>It gives its office up, and leaves it to others.</summary>
    public void Resign() => _election.Resign();

    void IElectionHost.Send(int to, ElectionMessage message) => _context.Host.Send(to, new Electing(message.Kind, message.Term));

    void IElectionHost.SetTimer(string timer, long delayUs) => _context.Host.SetTimer(timer, delayUs);

    void IElectionHost.CancelTimer(string timer) => _context.Host.CancelTimer(timer);

    void IElectionHost.ClaimTerm()
    {
        _context.Report(PeerEventKind.Claiming);
        _context.Claim();
    }

    void IElectionHost.ConfirmTerm(long term, int? leader) => _context.Host.Confirm(term, leader);

    void IElectionHost.LeaderChanged(int? leader, long term)
    {
        _context.Follow(leader, term);
        _askedTrader = false;
        _traderChanged(leader == Id ? _claimed?.Ledger : null);
    }

    void IElectionHost.StateChanged(ElectionState from, ElectionState to)
    {
        if (to is ElectionState.Electing or ElectionState.Claiming && from is not (ElectionState.Electing or ElectionState.AwaitingCoordinator))
        {
            _context.Report(PeerEventKind.ElectionBegun);
        }
    }

    private void Suspect(int peer, string why)
    {
        if (_context.Trader == peer)
        {
            _context.Report(PeerEventKind.TraderLost, peer, why);
        }

        _election.Suspect(peer);
    }

    /// <summary>Improved: a heartbeat to everybody. As published: a look at the trader.</summary>
    private void Tick()
    {
        _context.Host.SetTimer(TickTimer, _detector is null ? CheckTraderEveryUs : Detection.HeartbeatUs);
        if (_detector is null)
        {
            CheckTrader();
            return;
        }

        var heartbeat = new Heartbeat(_context.Term, _context.Trader);
        foreach (var peer in _context.Others)
        {
            _context.Host.Send(peer, heartbeat);
        }

        foreach (var peer in _detector.Check(_context.Host.NowUs))
        {
            Suspect(peer, "it has been silent for too long");
        }
    }

    private void CheckTrader()
    {
        if (_context.Trader is not { } trader || trader == Id)
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
            _context.Host.Send(trader, new Heartbeat(_context.Term, trader));
        }
    }
}
