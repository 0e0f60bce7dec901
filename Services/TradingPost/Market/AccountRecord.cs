using System.Text.Json.Serialization;
using Lab.Coordination.Clocks;

namespace Lab.TradingPost.Market;

/// <summary>One change of the accounts: what the journal holds, in the order in which it happened.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Joined), "joined")]
[JsonDerivedType(typeof(Deposited), "deposited")]
[JsonDerivedType(typeof(Sold), "sold")]
public abstract record AccountRecord;

/// <summary>A participant has begun a session.</summary>
/// <param name="Participant">Who.</param>
/// <param name="Session">One more than its last.</param>
/// <param name="Nonce">Random; by it a participant knows the answer to its own call.</param>
public sealed record Joined(int Participant, int Session, long Nonce) : AccountRecord;

/// <summary>A seller has put goods into the trader's keeping.</summary>
/// <param name="Request">The seller's.</param>
/// <param name="Good">What.</param>
/// <param name="Quantity">How many pieces.</param>
/// <param name="Clock">The seller's, when it asked.</param>
public sealed record Deposited(RequestId Request, Good Good, int Quantity, VectorClock Clock) : AccountRecord;

/// <summary>A sale: goods and money have changed hands.</summary>
/// <param name="Request">The buyer's.</param>
/// <param name="Good">What.</param>
/// <param name="Quantity">How many pieces.</param>
/// <param name="Seller">Whose goods.</param>
/// <param name="Trader">Who gets the commission.</param>
/// <param name="Price">Paid by the buyer, in coins.</param>
/// <param name="Commission">The trader's part of it; the seller gets the rest.</param>
/// <param name="Clock">The buyer's, when it asked.</param>
/// <param name="Round">Requests that waited at the same time share it: within a round the vector order holds.</param>
public sealed record Sold(
    RequestId Request, Good Good, int Quantity, int Seller, int Trader, int Price, int Commission, VectorClock Clock, long Round)
    : AccountRecord;
