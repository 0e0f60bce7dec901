using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.TradingPost.Protocol;

/// <summary>Enumerations by name alone: the framework's converter would take any number, too, even one without a name.</summary>
public sealed class StrictEnum<TEnum>() : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where TEnum : struct, Enum;
