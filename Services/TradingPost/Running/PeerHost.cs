using System.Net;
using Lab.Journal;
using Lab.ServiceDefaults;
using Lab.Threading;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Lab.Transport;
using Lab.Transport.Client;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Running;

/// <summary>
/// Gives a <see cref="TradingPeer"/> what it does not have: sockets, a clock, timers, the accounts. One thread does all that
/// the peer does; what it wants to send leaves at the end of each turn, all frames to one receiver together.
/// </summary>
internal sealed class PeerHost : IPeerHost, IAsyncDisposable
{
    /// <summary>No message of the market is longer, but for an answer with everybody's accounts.</summary>
    public const int MaxPayloadBytes = 64 * 1024;

    public const int MaxConnections = 2000;

    private const int MostEvents = 65_536;
    private const int MostWaiting = 8192;
    private const string SweepTimer = "overdue replies";
    private const long SweepUs = 500_000;

    private readonly MarketSecret _secret;
    private readonly PeerOutput? _output;
    private readonly ILogger _logger;
    private readonly LogLimiter _dropped = new();
    private readonly FrameServer _server;
    private readonly EventThread _thread;
    private readonly AccountsStore _accounts;
    private readonly TradingPeer _peer;
    private readonly WaitingReplies _waiting = new(MostWaiting);
    private readonly List<(WaitingReply To, OutgoingFrame Frame)> _replies = [];
    private readonly HashSet<FrameSender> _toFlush = [];
    private FrameSender?[] _senders = [];
    private bool _isEnding;

    /// <param name="id">The peer's.</param>
    /// <param name="market">It belongs to.</param>
    /// <param name="secret">Of the market, by which peers know each other.</param>
    /// <param name="listen">Bound at once; served from <see cref="BeginAsync"/> on.</param>
    /// <param name="accounts">Its own way to the accounts; disposed of with it.</param>
    /// <param name="output">Gets what it tells; null: nobody wants to know.</param>
    /// <param name="failed">Told of a defect: the peer does nothing any more.</param>
    /// <param name="logger">For what goes wrong.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    public PeerHost(
        int id,
        MarketSettings market,
        MarketSecret secret,
        IPEndPoint listen,
        AccountsStore accounts,
        PeerOutput? output,
        Action<Exception> failed,
        ILogger logger)
    {
        (Id, _secret, _output, _logger) = (id, secret, output, logger);
        Random = new Random(HashCode.Combine(market.Seed, id));
        var handler = new PeerHandler(id, market, secret, Receive, Ask);
        _server = new FrameServer(
            listen, handler, new ConnectionLimits { MaxConnections = MaxConnections, MaxPayloadBytes = MaxPayloadBytes }, logger, failed, new FrameServerOptions { Workers = 1 });
        _thread = new EventThread("peer", MostEvents) { TurnEnded = SendAll, Failed = failed };
        _accounts = accounts;
        _peer = new TradingPeer(this, market);
    }

    public int Id { get; }

    public long NowUs => MonotonicClock.NowUs;

    public Random Random { get; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint => _server.Endpoint;

    /// <summary>Connects to the others, who listen by now, and takes part.</summary>
    /// <param name="addresses">Of all peers, by id; its own is not used.</param>
    /// <param name="engine">Of the server.</param>
    public async Task BeginAsync(IReadOnlyList<DnsEndPoint> addresses, string engine)
    {
        _senders =
        [
            .. addresses.Select((address, id) => id == Id ? null : new FrameSender(
                address,
                new FrameSenderOptions { Introduce = (socket, cancellationToken) => _secret.IntroduceAsync(socket, Id, id, cancellationToken) },
                _ => _thread.Post(() => _peer.Disconnected(id)))),
        ];
        _thread.Post(_peer.Start);
        _thread.Post(SweepOverdue);
        _thread.Start();
        await _server.SwitchEngineAsync(engine, CancellationToken.None);
    }

    /// <summary>It gives its office up, if it has it.</summary>
    public void Resign() => _thread.Post(() => _peer.Receive(Id, new Resign()));

    public void Send(int to, PeerMessage message)
    {
        var waiting = _waiting.Take(to, message);
        foreach (var reply in waiting)
        {
            _replies.Add((reply, EnvelopeFrames.Write(new Envelope(reply.Id, Id, message))));
        }

        if (waiting.Count > 0)
        {
            return;
        }

        if (to == Id)
        {
            _thread.Post(() => _peer.Receive(to, message));
        }
        else if (to >= 0 && to < _senders.Length && _senders[to] is { } sender)
        {
            using var frame = EnvelopeFrames.Write(new Envelope(0, Id, message));
            if (sender.TryQueue(frame.Wire.Span))
            {
                _toFlush.Add(sender);
            }
            else if (_dropped.Allows(out var more))
            {
                _logger.LogWarning("peer {Peer} does not take what is sent to it: a message was dropped, and {More} before", to, more);
            }
        }

        // A client has no address: without a question there is nobody to tell.
    }

    public void SetTimer(string timer, long delayUs) => _thread.Timers.Set(timer, delayUs, () => _peer.Fire(timer));

    public void CancelTimer(string timer) => _thread.Timers.Cancel(timer);

    /// <remarks>The accounts work on threads of their own: the peer goes on while the disk does.</remarks>
    public void Claim() => _ = ClaimAsync();

    /// <inheritdoc cref="Claim"/>
    public void Append(long term, IReadOnlyList<AccountRecord> records) => _ = AppendAsync(term, records);

    /// <inheritdoc cref="Claim"/>
    public void Confirm(long term, int? trader) => _ = ConfirmAsync(term, trader);

    public void Report(PeerEvent happened) => _output?.Report(NowUs, happened);

    public void Note(LedgerLine line) => _output?.Note(line);

    public async ValueTask DisposeAsync()
    {
        // Who waits hears of the end; a server ends only when everybody is answered.
        _thread.Post(() => _isEnding = true);
        _thread.Post(() => Answer(_waiting.TakeOverdue(long.MaxValue), "this peer ends"));
        _thread.Dispose();
        await _server.DisposeAsync();
        foreach (var sender in _senders)
        {
            await (sender?.DisposeAsync() ?? default);
        }

        await _accounts.DisposeAsync();
    }

    private async Task ClaimAsync()
    {
        try
        {
            var claimed = await _accounts.ClaimAsync(Id, CancellationToken.None);
            _thread.Post(() => _peer.Claimed(claimed));
        }
        catch (Exception exception)
        {
            // Disk or database: whatever it is, there is no term, and the peer shall hear why.
            _logger.LogWarning("no term could be claimed: {Reason}", exception.Message);
            _thread.Post(() => _peer.ClaimFailed(exception.Message));
        }
    }

    private async Task ConfirmAsync(long term, int? trader)
    {
        var isSo = false;
        try
        {
            isSo = await _accounts.WasGivenAsync(term, trader, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // Who says the truth says it again; meanwhile the accounts may be reached.
            _logger.LogWarning("whether term {Term} was given cannot be found out: {Reason}", term, exception.Message);
        }

        _thread.Post(() => _peer.Confirmed(isSo));
    }

    private async Task AppendAsync(long term, IReadOnlyList<AccountRecord> records)
    {
        try
        {
            await _accounts.AppendAsync(records, CancellationToken.None);
            _thread.Post(() => _peer.Appended(term));
        }
        catch (FencedException)
        {
            _thread.Post(() => _peer.Fenced(term));
        }
        catch (Exception exception)
        {
            // Disk or database: whatever it is, nobody knows whether the records are there, and the term must be given up.
            _logger.LogWarning("the accounts of term {Term} could not be written: {Reason}", term, exception.Message);
            _thread.Post(() => _peer.AppendFailed(term, exception.Message));
        }
    }

    private bool Receive(Envelope envelope) => _thread.TryPost(() =>
    {
        if (envelope.From < _senders.Length)
        {
            _senders[envelope.From]?.Hurry();
        }

        _peer.Receive(envelope.From, envelope.Message);
    });

    private bool Ask(Envelope envelope, WaitingReply reply) => _thread.TryPost(() =>
    {
        if (!_isEnding && _waiting.TryAdd(envelope.From, envelope.Message, reply))
        {
            _peer.Receive(envelope.From, envelope.Message);
        }
        else
        {
            Answer([reply], "too many wait already: try again");
        }
    });

    private void SweepOverdue()
    {
        Answer(_waiting.TakeOverdue(NowUs), "there was no answer in time");
        _thread.Timers.Set(SweepTimer, SweepUs, SweepOverdue);
    }

    private void Answer(IEnumerable<WaitingReply> replies, string error) =>
        _replies.AddRange(replies.Select(reply => (reply, EnvelopeFrames.WriteError(reply.Id, error))));

    /// <summary>At the end of a turn: what the accounts have to do has been handed over by then.</summary>
    private void SendAll()
    {
        foreach (var sender in _toFlush)
        {
            sender.Flush();
        }

        _toFlush.Clear();
        foreach (var (to, frame) in _replies)
        {
            to.Answer(frame);
        }

        _replies.Clear();
    }
}
