using Lab.Threading;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.Transport.Frames;

namespace Lab.TradingPost.Running;

/// <summary>
/// Takes frames of one connection for a peer: what is no envelope, or says what its sender cannot say, is answered with an error
/// and goes no further. Who says that it is a peer has proved it before, on this connection.
/// </summary>
/// <param name="id">The peer's.</param>
/// <param name="market">It belongs to.</param>
/// <param name="secret">Of the market.</param>
/// <param name="receive">Gets what is to be answered to nobody who waits. False: too much waits already.</param>
/// <param name="ask">Gets questions. False: too much waits already.</param>
internal sealed class PeerHandler(
    int id, MarketSettings market, MarketSecret secret, Func<Envelope, bool> receive, Func<Envelope, WaitingReply, bool> ask) : IFrameHandler
{
    /// <summary>
    /// A question that has no answer by then is given up: who asks for the next trader asks again, who buys cannot know
    /// what became of it.
    /// </summary>
    public const long ReplyTimeoutUs = 10_000_000;

    private const string Busy = "too much waits already: try again";

    /// <summary>Of the peer who has introduced itself here; each connection has one attempt.</summary>
    private IntroducedConnection? _introduced;

    /// <summary>The peer whose connection this is; null: it may be anybody's.</summary>
    private int? _proven;
    private bool _hasFailed;

    public IFrameHandler ForConnection() => new PeerHandler(id, market, secret, receive, ask);

    public ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (EnvelopeFrames.TryRead(payload.Span, out var whyNot) is not { } envelope)
        {
            return Refuse(EnvelopeFrames.ReadId(payload.Span), $"this is no message: {whyNot}");
        }

        if (WhyNot(envelope) is { } reason)
        {
            return Refuse(envelope.Id, reason);
        }

        switch (envelope.Message)
        {
            case Introduce introduce:
                _introduced = new IntroducedConnection(envelope.From, id, introduce.Nonce, MarketSecret.NewNonce());
                return Answer(envelope, new Challenge(_introduced.ReceiverNonce, secret.Prove(ProofRole.Receiver, _introduced)));
            case Prove:
                _proven = envelope.From;
                return Answer(envelope, new Proven());
        }

        if (envelope.Id == 0)
        {
            return receive(envelope) ? default : Refuse(null, Busy);
        }

        var reply = new WaitingReply(envelope.Id, MonotonicClock.NowUs + ReplyTimeoutUs);
        return ask(envelope, reply) ? new(reply.Frame) : Refuse(envelope.Id, Busy);
    }

    public OutgoingFrame Refuse(TransportRefusal refusal) => EnvelopeFrames.WriteError(null, refusal switch
    {
        TransportRefusal.FrameTooLarge => $"a frame has {PeerHost.MaxPayloadBytes} bytes at most",
        TransportRefusal.FrameTimeout => "a frame was begun and not finished in time",
        _ => "this peer has as many connections as it may",
    });

    /// <summary>Null when the sender may say this, here.</summary>
    private string? WhyNot(Envelope envelope)
    {
        var isPeer = market.IsPeer(envelope.From);
        if (!isPeer && envelope.From < MarketSettings.FirstClient)
        {
            return FormattableString.Invariant($"there is no participant {envelope.From}: peers are below {market.Peers}, clients from {MarketSettings.FirstClient} on");
        }

        if (envelope.From == id || envelope.Id < 0)
        {
            return "this cannot be: the sender is the receiver, or the id is negative";
        }

        return envelope.Message switch
        {
            Introduce or Prove => WhyNoPeer(envelope),
            _ when isPeer && envelope.From != _proven => FormattableString.Invariant($"who says that it is peer {envelope.From} proves it first"),
            GoodsRequest asked when asked.Request.Participant != envelope.From => "a request is its sender's own",
            Join or GoodsRequest or WhoTrades or AskStatus => envelope.Id != 0 || isPeer ? null : "a client waits for the reply: its envelope has an id",
            Resign => "only the supervisor lets a trader resign",
            _ when !isPeer => "only peers say this",
            _ when envelope.Id != 0 => "to this there is no reply: its envelope has the id 0",
            _ => null,
        };
    }

    /// <summary>A proof that is none ends the attempt: the nonce is not used again.</summary>
    private string? WhyNoPeer(Envelope envelope)
    {
        const string NotSo = "this proves nothing";
        switch (envelope.Message)
        {
            case Introduce introduce:
                return _introduced is null && market.IsPeer(envelope.From) && envelope.Id != 0 && introduce.Nonce is { Length: MarketSecret.NonceBytes } ? null : NotSo;
            case Prove prove when _introduced is { } introduced && _proven is null && !_hasFailed:
                _hasFailed = !(introduced.Sender == envelope.From && envelope.Id != 0 && secret.Accepts(prove.Proof, ProofRole.Sender, introduced));
                return _hasFailed ? NotSo : null;
            default:
                return NotSo;
        }
    }

    private ValueTask<OutgoingFrame?> Answer(Envelope envelope, PeerMessage message) =>
        ValueTask.FromResult<OutgoingFrame?>(EnvelopeFrames.Write(new Envelope(envelope.Id, id, message)));

    private static ValueTask<OutgoingFrame?> Refuse(long? id, string why) => ValueTask.FromResult<OutgoingFrame?>(EnvelopeFrames.WriteError(id, why));
}
