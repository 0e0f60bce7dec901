using System.Text.Json.Serialization;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Peers;

/// <summary>A line of a participant's own ledger: what it was told is done. The accounts must agree with every one of them.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Bought), "bought")]
[JsonDerivedType(typeof(Stored), "stored")]
[JsonDerivedType(typeof(SoldForMe), "sold-for-me")]
public abstract record LedgerLine;

/// <summary>A buy of its own was acknowledged.</summary>
public sealed record Bought(RequestId Request, Good Good, int Quantity, int Seller, int Price, long Term) : LedgerLine;

/// <summary>A deposit of its own was acknowledged.</summary>
public sealed record Stored(RequestId Request, Good Good, int Quantity, long Term) : LedgerLine;

/// <summary>It was notified of a sale of its goods. May come more than once for one sale; it is then one sale.</summary>
public sealed record SoldForMe(RequestId Request, Good Good, int Quantity, int Earned) : LedgerLine;
