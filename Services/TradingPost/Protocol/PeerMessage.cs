using System.Text.Json.Serialization;
using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Protocol;

/// <summary>What participants of the market say to each other (<c>docs/trading-post.md</c>). Every message carries the sender's clock.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Introduce), "introduce")]
[JsonDerivedType(typeof(Challenge), "challenge")]
[JsonDerivedType(typeof(Prove), "prove")]
[JsonDerivedType(typeof(Proven), "proven")]
[JsonDerivedType(typeof(Electing), "electing")]
[JsonDerivedType(typeof(Heartbeat), "heartbeat")]
[JsonDerivedType(typeof(Join), "join")]
[JsonDerivedType(typeof(Welcome), "welcome")]
[JsonDerivedType(typeof(Buy), "buy")]
[JsonDerivedType(typeof(Deposit), "deposit")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(SaleNotice), "sale-notice")]
[JsonDerivedType(typeof(Resign), "resign")]
[JsonDerivedType(typeof(WhoTrades), "who-trades")]
[JsonDerivedType(typeof(TraderIs), "trader-is")]
[JsonDerivedType(typeof(AskStatus), "ask-status")]
[JsonDerivedType(typeof(Status), "status")]
public abstract record PeerMessage
{
    [JsonRequired]
    public VectorClock Clock { get; init; } = VectorClock.Zero;
}

/// <summary>The first word of a peer on a connection to another one: it is going to prove who it is.</summary>
/// <param name="Nonce">Random, for this connection.</param>
public sealed record Introduce(byte[] Nonce) : PeerMessage;

/// <summary>The receiver proves that it is that other one, and wants the proof of the sender.</summary>
/// <param name="Nonce">Random, for this connection.</param>
/// <param name="Proof">Of the receiver.</param>
public sealed record Challenge(byte[] Nonce, byte[] Proof) : PeerMessage;

/// <summary>The sender's proof.</summary>
public sealed record Prove(byte[] Proof) : PeerMessage;

/// <summary>From here on the connection's messages are believed to be the peer's who introduced itself.</summary>
public sealed record Proven : PeerMessage;

/// <summary>A step of an election.</summary>
public sealed record Electing(ElectionMessageKind Kind, long Term) : PeerMessage;

/// <summary>I live; and this is whom I follow.</summary>
public sealed record Heartbeat(long Term, int? Trader) : PeerMessage;

/// <summary>A participant asks the trader for a session.</summary>
/// <param name="Nonce">Comes back with <see cref="Welcome"/>.</param>
public sealed record Join(long Nonce) : PeerMessage;

/// <summary>The session is durable.</summary>
public sealed record Welcome(long Nonce, int Session) : PeerMessage;

/// <summary>What is asked of the trader about goods; done once, however often it is sent.</summary>
/// <param name="Request">The sender's own.</param>
/// <param name="Good">What.</param>
/// <param name="Quantity">How many pieces.</param>
public abstract record GoodsRequest(RequestId Request, Good Good, int Quantity) : PeerMessage;

public sealed record Buy(RequestId Request, Good Good, int Quantity) : GoodsRequest(Request, Good, Quantity);

public sealed record Deposit(RequestId Request, Good Good, int Quantity) : GoodsRequest(Request, Good, Quantity);

/// <summary>A request is durably done. The same answer follows whenever the request is repeated.</summary>
/// <param name="Request">Which.</param>
/// <param name="Term">The term of the trader who did it.</param>
/// <param name="Seller">With a buy: whose goods.</param>
/// <param name="Price">With a buy: paid, in coins.</param>
public sealed record Done(RequestId Request, long Term, int? Seller, int? Price) : PeerMessage;

/// <summary>
/// The request was not done by this call. With <see cref="RefusalReason.NotTrader"/> it may have been written all the same, by
/// a trader who lost its office meanwhile: whoever asks another trader repeats the same request, which is then done once.
/// </summary>
/// <param name="Request">Which; the default value when it was a <see cref="Join"/>.</param>
/// <param name="Reason">Why.</param>
/// <param name="Trader">Whom to ask instead, as far as the sender knows.</param>
/// <param name="Term">That trader's term.</param>
public sealed record Refused(RequestId Request, RefusalReason Reason, int? Trader, long Term) : PeerMessage;

/// <summary>Tells a seller that goods of its were sold; sent after the sale is durable, and again when it may have been lost.</summary>
/// <param name="Request">The buyer's.</param>
/// <param name="Good">What.</param>
/// <param name="Quantity">How many pieces.</param>
/// <param name="Earned">The seller's part, in coins.</param>
/// <param name="Left">Pieces of it that the trader still keeps for the seller.</param>
public sealed record SaleNotice(RequestId Request, Good Good, int Quantity, int Earned, int Left) : PeerMessage;

/// <summary>The trader shall give its office up, and not stand in the next election.</summary>
public sealed record Resign : PeerMessage;

/// <summary>A client asks who trades; answered as soon as the receiver knows of a trader with a higher term.</summary>
/// <param name="Nonce">Comes back with the answer.</param>
/// <param name="AfterTerm">The term of the trader that the client has lost; 0: any will do.</param>
public sealed record WhoTrades(long Nonce, long AfterTerm) : PeerMessage;

public sealed record TraderIs(long Nonce, int Trader, long Term) : PeerMessage;

/// <summary>Somebody wants to look on.</summary>
public sealed record AskStatus(long Nonce) : PeerMessage;

/// <summary>What a peer knows of itself and, when it trades, of the accounts.</summary>
/// <param name="Nonce">Of the question.</param>
/// <param name="Trader">Whom it follows; its own id when it trades.</param>
/// <param name="Term">Of that trader.</param>
/// <param name="Selling">The good it sells, if it does.</param>
/// <param name="Buying">The good it wants, if it buys.</param>
/// <param name="Accounts">Only from the trader.</param>
public sealed record Status(
    long Nonce, int? Trader, long Term, Good? Selling, Good? Buying, IReadOnlyList<AccountSummary>? Accounts) : PeerMessage;

/// <summary>One participant's accounts, in coins and pieces.</summary>
/// <param name="Participant">Whose.</param>
/// <param name="Spent">Paid for what it bought.</param>
/// <param name="Earned">Got for what was sold for it.</param>
/// <param name="Commission">Got as the trader.</param>
/// <param name="Goods">Bought, by good.</param>
/// <param name="Stock">Still in the trader's keeping, by good.</param>
public sealed record AccountSummary(
    int Participant,
    long Spent,
    long Earned,
    long Commission,
    IReadOnlyDictionary<Good, long> Goods,
    IReadOnlyDictionary<Good, long> Stock);

/// <summary>Why nothing was done.</summary>
[JsonConverter(typeof(StrictEnum<RefusalReason>))]
public enum RefusalReason
{
    /// <summary>The receiver does not trade, or no longer.</summary>
    [JsonStringEnumMemberName("not-trader")]
    NotTrader,

    /// <summary>No seller has so many pieces.</summary>
    [JsonStringEnumMemberName("no-seller")]
    NoSeller,

    /// <summary>A later session of the participant has begun, or the trader never heard of this one.</summary>
    [JsonStringEnumMemberName("unknown-session")]
    UnknownSession,

    /// <summary>A later request of the participant is done already.</summary>
    [JsonStringEnumMemberName("superseded")]
    Superseded,

    /// <summary>A quantity or a good that cannot be, or too many participants.</summary>
    [JsonStringEnumMemberName("invalid")]
    Invalid,

    /// <summary>More requests wait than the trader takes.</summary>
    [JsonStringEnumMemberName("busy")]
    Busy,
}
