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

/// <summary>
/// Names a request for ever, so that one that is sent again is done once. A participant has one request under way.
/// </summary>
/// <param name="Participant">Who asks: a peer, or a buyer that is none.</param>
/// <param name="Session">Given by the accounts when the participant joins; a later one ends all earlier ones.</param>
/// <param name="Number">Counts from 1 within the session.</param>
[method: JsonConstructor]
public readonly record struct RequestId(int Participant, int Session, long Number);

/// <summary>A line of the whole history, for whoever checks it.</summary>
/// <param name="Term">In which it was written.</param>
/// <param name="Trader">By whom.</param>
/// <param name="Record">Null for the claim of the term itself.</param>
public sealed record JournalEntry(long Term, int Trader, AccountRecord? Record);
