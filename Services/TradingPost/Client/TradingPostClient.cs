using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Lab.Transport.Client;

namespace Lab.TradingPost.Client;

/// <summary>
/// A participant of the market that is no peer: it buys, and may deposit. Finds the trader, and repeats a request under its
/// name with the next trader when one is lost, so that nothing is done twice. One request at a time.
/// </summary>
public sealed class TradingPostClient : IAsyncDisposable
{
    /// <summary>Lines of the own ledger that are kept; later ones are not.</summary>
    private const int MostLedgerLines = 1_000_000;
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(5);

    private readonly TradingPostClientOptions _options;
    private readonly PeerConnections _peers;
    private readonly TraderSearch _search;
    private readonly Timer _watch;
    private readonly List<LedgerLine> _ledger = [];
    private CancellationTokenSource _attempt = new();
    private long _attemptSinceMs;
    private int _isSearching;
    private int _isAsking;
    private long _lastNumber;
    private TraderIs? _trader;

    /// <param name="participant">Its id: from <see cref="MarketSettings.FirstClient"/> on, and nobody else's.</param>
    /// <param name="peers">Addresses of the peers, by id.</param>
    /// <param name="options">Null: as they are by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is a peer's.</exception>
    public TradingPostClient(int participant, IReadOnlyList<DnsEndPoint> peers, TradingPostClientOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(participant, MarketSettings.FirstClient);
        _options = options ?? new TradingPostClientOptions();
        Participant = participant;
        _peers = new PeerConnections(peers, new FrameClientOptions
        {
            ReadId = EnvelopeFrames.ReadId,
            DescribeRefusal = payload => EnvelopeFrames.ReadError(payload) ?? "the peer sent what answers nothing",
            ConnectTimeout = _options.ConnectTimeout,
            ContinueOnReceiver = _options.ContinueOnReceiver,
        });
        _search = new TraderSearch(_peers, participant);
        var period = _options.SlowAfter / 2;
        _watch = new Timer(_ => LookAtAttempt(), state: null, period, period);
    }

    public int Participant { get; }

    /// <summary>Given by the accounts; 0 before <see cref="JoinAsync"/>.</summary>
    public int Session { get; private set; }

    /// <summary>What it knows of everybody's events.</summary>
    public VectorClock Clock { get; private set; } = VectorClock.Zero;

    /// <summary>The trader who answered last, or was named last; null when it is lost.</summary>
    public int? Trader => Volatile.Read(ref _trader)?.Trader;

    /// <summary>The highest term that it has heard of.</summary>
    public long Term { get; private set; }

    /// <summary>What it was told is done. Not to be read while a request is under way.</summary>
    public IReadOnlyList<LedgerLine> Ledger => _ledger;

    /// <summary>Begins a session, which ends all earlier ones of this participant.</summary>
    /// <exception cref="RefusedException">The market takes no more participants.</exception>
    /// <exception cref="NoTraderException">Nobody answered in time.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        var join = new Join(RandomNumberGenerator.GetInt32(1, int.MaxValue)) { Clock = Tick() };
        var welcome = (Welcome)await AskTraderAsync(join, static answer => answer is Welcome, cancellationToken);
        (Session, _lastNumber) = (welcome.Session, 0);
    }

    /// <summary>Buys, durably.</summary>
    /// <exception cref="RefusedException">Nothing was bought: no seller has so much, or the session has ended.</exception>
    /// <exception cref="NoTraderException">Nobody answered in time; it may have been done.</exception>
    public async Task<Done> BuyAsync(Good good, int quantity, CancellationToken cancellationToken)
    {
        var done = await RequestAsync(request => new Buy(request, good, quantity) { Clock = Tick() }, cancellationToken);
        Keep(new Bought(done.Request, good, quantity, done.Seller ?? -1, done.Price ?? 0, done.Term));
        return done;
    }

    /// <summary>Puts goods into the trader's keeping, to be sold.</summary>
    /// <inheritdoc cref="BuyAsync"/>
    public async Task<Done> DepositAsync(Good good, int quantity, CancellationToken cancellationToken)
    {
        var done = await RequestAsync(request => new Deposit(request, good, quantity) { Clock = Tick() }, cancellationToken);
        Keep(new Stored(done.Request, good, quantity, done.Term));
        return done;
    }

    /// <summary>How the trader stands, with everybody's accounts.</summary>
    /// <exception cref="NoTraderException">Nobody answered in time.</exception>
    public async Task<Status> StatusAsync(CancellationToken cancellationToken) => (Status)await AskTraderAsync(
        new AskStatus(RandomNumberGenerator.GetInt32(1, int.MaxValue)) { Clock = Tick() },
        static answer => answer is Status { Accounts: not null },
        cancellationToken);

    /// <summary>How one peer stands.</summary>
    /// <exception cref="NoTraderException">It does not answer.</exception>
    public async Task<Status> StatusAsync(int peer, CancellationToken cancellationToken)
    {
        try
        {
            var question = new AskStatus(RandomNumberGenerator.GetInt32(1, int.MaxValue)) { Clock = Clock };
            return (Status)(await _peers.CallAsync(peer, Participant, question, cancellationToken)).Message;
        }
        catch (Exception exception) when (PeerFailures.IsAway(exception))
        {
            throw new NoTraderException(FormattableString.Invariant($"peer {peer} does not answer: {exception.Message}"), exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _attempt.CancelAsync();
        await _peers.DisposeAsync();
        _attempt.Dispose();
    }

    private async Task<Done> RequestAsync(Func<RequestId, PeerMessage> message, CancellationToken cancellationToken)
    {
        if (Session == 0)
        {
            throw new InvalidOperationException("a participant joins before its first request");
        }

        var request = new RequestId(Participant, Session, ++_lastNumber);
        return (Done)await AskTraderAsync(message(request), static answer => answer is Done, cancellationToken);
    }

    /// <summary>The same message until a trader answers it.</summary>
    private async Task<PeerMessage> AskTraderAsync(PeerMessage message, Func<PeerMessage, bool> isAnswer, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isAsking, 1) == 1)
        {
            throw new InvalidOperationException("a participant has one request under way at a time");
        }

        try
        {
            var deadlineMs = Environment.TickCount64 + (long)_options.RetryFor.TotalMilliseconds;
            while (true)
            {
                var answer = await AttemptAsync(message, cancellationToken);
                if (answer is not null && isAnswer(answer))
                {
                    return answer;
                }

                if (answer is Refused refused && !await MayTryAgainAsync(refused, cancellationToken))
                {
                    throw new RefusedException(refused.Reason, $"the trader refuses: {refused.Reason}");
                }

                if (answer is Status { Accounts: null } status)
                {
                    NotTrader(status.Trader, status.Term);
                }

                if (Environment.TickCount64 > deadlineMs)
                {
                    throw new NoTraderException($"no trader answered within {_options.RetryFor.TotalSeconds:0} s");
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isAsking, 0);
        }
    }

    /// <returns>Null: the trader has been lost.</returns>
    private async Task<PeerMessage?> AttemptAsync(PeerMessage message, CancellationToken cancellationToken)
    {
        var trader = Volatile.Read(ref _trader) ?? await FindTraderAsync(cancellationToken);
        if (trader is null)
        {
            return null;
        }

        var attempt = _attempt;
        await using var given = cancellationToken.UnsafeRegister(static attempt => ((CancellationTokenSource)attempt!).Cancel(), attempt);
        Volatile.Write(ref _attemptSinceMs, Environment.TickCount64);
        try
        {
            var answer = await _peers.CallAsync(trader.Trader, Participant, message, attempt.Token);
            Clock = Clock.Merge(answer.Message.Clock).Tick(Participant);
            return answer.Message;
        }
        catch (Exception exception) when (PeerFailures.IsAway(exception))
        {
            Lose(trader);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // There is a new trader, who is asked next.
            return null;
        }
        finally
        {
            Volatile.Write(ref _attemptSinceMs, 0);
            if (attempt.IsCancellationRequested)
            {
                Interlocked.CompareExchange(ref _attempt, new CancellationTokenSource(), attempt);
            }
        }
    }

    private async Task<bool> MayTryAgainAsync(Refused refused, CancellationToken cancellationToken)
    {
        switch (refused.Reason)
        {
            case RefusalReason.NotTrader:
                NotTrader(refused.Trader, refused.Term);
                return true;
            case RefusalReason.Busy:
                await Task.Delay(BusyPause, cancellationToken);
                return true;
            default:
                return false;
        }
    }

    private async Task<TraderIs?> FindTraderAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.RetryFor);
        try
        {
            Follow(await _search.FindAsync(Term, insists: false, patience.Token));
            return Volatile.Read(ref _trader);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>By a timer: a request that waits for long may wait for a trader who is stopped.</summary>
    private void LookAtAttempt()
    {
        var sinceMs = Volatile.Read(ref _attemptSinceMs);
        if (sinceMs != 0 && Environment.TickCount64 - sinceMs >= _options.SlowAfter.TotalMilliseconds && Interlocked.Exchange(ref _isSearching, 1) == 0)
        {
            _ = LookForNewTraderAsync(_attempt);
        }
    }

    private async Task LookForNewTraderAsync(CancellationTokenSource attempt)
    {
        try
        {
            // Ends with the answer, too, as the attempt's successor needs no search.
            using var patience = new CancellationTokenSource(_options.RetryFor);
            Follow(await _search.FindAsync(Term, insists: true, patience.Token));
            await attempt.CancelAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The old one still trades, or the client is closed.
        }
        finally
        {
            Volatile.Write(ref _isSearching, 0);
        }
    }

    private void Follow(TraderIs trader)
    {
        if (trader.Term >= Term)
        {
            Term = trader.Term;
            Volatile.Write(ref _trader, trader);
        }
    }

    /// <summary>Whoever was asked does not trade; it may know who does.</summary>
    private void NotTrader(int? trader, long term)
    {
        if (trader is { } other && term > Term)
        {
            Follow(new TraderIs(0, other, term));
        }
        else
        {
            Volatile.Write(ref _trader, null);
        }
    }

    private void Lose(TraderIs trader) => Interlocked.CompareExchange(ref _trader, null, trader);

    private VectorClock Tick() => Clock = Clock.Tick(Participant);

    private void Keep(LedgerLine line)
    {
        if (_ledger.Count < MostLedgerLines)
        {
            _ledger.Add(line);
        }
    }
}

/// <summary>How patient a client is.</summary>
public sealed record TradingPostClientOptions
{
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a request is repeated, with its name, while traders come and go.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A trader that has not answered by then may be ill: the other peers are asked for a new one, while the request waits on.
    /// </summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>For load generators: callers go on on the receiving thread and never block it.</summary>
    public bool ContinueOnReceiver { get; init; }
}

/// <summary>A request of a participant was not done.</summary>
public class TradingPostException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The trader refused: nothing was changed.</summary>
public sealed class RefusedException(RefusalReason reason, string message) : TradingPostException(message), IErrorCode
{
    public RefusalReason Reason { get; } = reason;

    public string Code => JsonNamingPolicy.SnakeCaseLower.ConvertName(Reason.ToString());
}

/// <summary>No trader answered in time: nobody knows whether the request was done.</summary>
public sealed class NoTraderException(string message, Exception? inner = null) : TradingPostException(message, inner), IErrorCode
{
    public string Code => "no_trader";
}
