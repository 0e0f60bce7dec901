using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Accounts;

/// <summary>The JSON in which accounts are durable; as strict as the protocol's.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<AccountRecord>))]
[JsonSerializable(typeof(TermClaim))]
[JsonSerializable(typeof(TermSnapshot))]
[JsonSerializable(typeof(TermEnd))]
internal sealed partial class AccountsJson : JsonSerializerContext;

/// <summary>The first line of a term's file: the term has begun.</summary>
/// <param name="Term">As in the file's name.</param>
/// <param name="Trader">Who took it.</param>
/// <param name="Base">What it continues; null: nothing was there.</param>
/// <param name="Ledger">The accounts when it began.</param>
internal sealed record TermClaim(long Term, int Trader, TermBase? Base, JsonElement Ledger);

/// <summary>Where an earlier term ends: what its trader wrote behind that place never happened.</summary>
/// <param name="Term">The earlier term.</param>
/// <param name="Offset">In its file, in bytes: where the last line ends that counts.</param>
internal sealed record TermBase(long Term, long Offset);

/// <summary>The only line of a snapshot's file.</summary>
/// <param name="Offset">In the term's file, in bytes: where the journal goes on after the snapshot.</param>
/// <param name="Ledger">The accounts there.</param>
internal sealed record TermSnapshot(long Offset, JsonElement Ledger);

/// <summary>The only line of the file that says up to where a term's file was acknowledged.</summary>
/// <param name="End">In the term's file, in bytes.</param>
internal sealed record TermEnd(long End);
