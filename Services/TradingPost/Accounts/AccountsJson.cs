using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Accounts;

/// <summary>The JSON in which accounts are durable; as strict as the protocol's.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<AccountRecord>))]
internal sealed partial class AccountsJson : JsonSerializerContext;
