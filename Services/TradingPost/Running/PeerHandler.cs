using System.Text.Json;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.Transport.Frames;

namespace Lab.TradingPost.Running;

/// <summary>Takes frames for a peer: what is no envelope, or says what its sender cannot say, is answered with an error and goes no further.</summary>
/// <param name="id">The peer's.</param>
/// <param name="market">It belongs to.</param>
/// <param name="receive">Gets what is to be answered to nobody who waits. False: too much waits already.</param>
/// <param name="ask">Gets questions. False: too much waits already.</param>
internal sealed class PeerHandler(int id, MarketSettings market, Func<Envelope, bool> receive, Func<Envelope, WaitingReply, bool> ask) : IFrameHandler
{
    /// <summary>
    /// A question that has no answer by then is given up: who asks for the next trader asks again, who buys cannot know
    /// what became of it.
    /// </summary>
    public const long ReplyTimeoutUs = 10_000_000;

    private const string Busy = "too much waits already: try again";

    public ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        Envelope envelope;
        try
        {
            envelope = EnvelopeFrames.Read(payload.Span);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException or OverflowException)
        {
            return Refuse(EnvelopeFrames.ReadId(payload.Span), $"this is no message: {exception.Message}");
        }

        if (WhyNot(envelope) is { } reason)
        {
            return Refuse(envelope.Id, reason);
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
            GoodsRequest asked when asked.Request.Participant != envelope.From => "a request is its sender's own",
            Join or GoodsRequest or WhoTrades or AskStatus => envelope.Id != 0 || isPeer ? null : "a client waits for the reply: its envelope has an id",
            Resign => "only the supervisor lets a trader resign",
            _ when !isPeer => "only peers say this",
            _ when envelope.Id != 0 => "to this there is no reply: its envelope has the id 0",
            _ => null,
        };
    }

    private static ValueTask<OutgoingFrame?> Refuse(long? id, string why) => ValueTask.FromResult<OutgoingFrame?>(EnvelopeFrames.WriteError(id, why));
}
