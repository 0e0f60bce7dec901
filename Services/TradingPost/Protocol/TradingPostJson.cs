using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Coordination.Elections;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;

namespace Lab.TradingPost.Protocol;

/// <summary>What a frame carries.</summary>
/// <param name="Id">Comes back with the reply; 0: none is wanted.</param>
/// <param name="From">The participant who sends it.</param>
/// <param name="Message">What it says.</param>
public sealed record Envelope(long Id, int From, PeerMessage Message);

/// <summary>A line of a participant's own ledger, with its owner.</summary>
public sealed record OwnLine(int Participant, LedgerLine Line);

/// <summary>
/// The market's JSON. Strict: unknown, missing and doubled members, unknown types and numbers for names are errors
/// (<see cref="JsonException"/>). <c>type</c> comes first; without it the framework says <see cref="NotSupportedException"/>.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Strict,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(StrictEnum<ElectionMessageKind>)])]
[JsonSerializable(typeof(Envelope))]
[JsonSerializable(typeof(AccountRecord))]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(LedgerLine))]
[JsonSerializable(typeof(OwnLine))]
[JsonSerializable(typeof(PeerEvent))]
public sealed partial class TradingPostJson : JsonSerializerContext;

/// <summary>Enumerations by name alone: the framework's converter would take any number, too, even one without a name.</summary>
public sealed class StrictEnum<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where TEnum : struct, Enum;
