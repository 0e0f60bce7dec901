using System.Text.Json.Serialization;

namespace Lab.TradingPost.Market;

/// <summary>
/// Names a request for ever, so that one that is sent again is done once. A participant has one request under way.
/// </summary>
/// <param name="Participant">Who asks: a peer, or a buyer that is none.</param>
/// <param name="Session">Given by the accounts when the participant joins; a later one ends all earlier ones.</param>
/// <param name="Number">Counts from 1 within the session.</param>
[method: JsonConstructor]
public readonly record struct RequestId(int Participant, int Session, long Number);
