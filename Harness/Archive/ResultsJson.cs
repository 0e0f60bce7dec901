using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Harness.Archive;

/// <summary>Writes and reads <c>results.json</c>.</summary>
public static class ResultsJson
{
    /// <summary>The layout that this lab writes and reads.</summary>
    public const int Schema = 2;

    /// <summary>How the lab writes JSON for people and programs alike.</summary>
    internal static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Serialize(RunResults results) => JsonSerializer.Serialize(results, Options);

    /// <exception cref="JsonException">The text is not the results of a run, or of a schema this lab does not know.</exception>
    public static RunResults Deserialize(string json)
    {
        var results = JsonSerializer.Deserialize<RunResults>(json, Options)
            ?? throw new JsonException("results.json is empty");
        if (results.Schema != Schema)
        {
            throw new JsonException($"results.json has schema {results.Schema}; this lab reads schema {Schema}");
        }

        var systems = results.Run.Systems.ToDictionary(system => system.Name, StringComparer.Ordinal);
        return results with
        {
            Cells = [.. results.Cells.Select(cell => cell with { Info = systems.GetValueOrDefault(cell.System) ?? new SystemInfo(cell.System) })],
        };
    }
}

/// <summary>Factor values are numbers or strings; reading gives <see cref="long"/> and <see cref="string"/> back.</summary>
public sealed class FactorsConverter : JsonConverter<IReadOnlyDictionary<string, object>>
{
    public override IReadOnlyDictionary<string, object> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var factors = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            factors[property.Name] = property.Value.ValueKind switch
            {
                JsonValueKind.Number => property.Value.GetInt64(),
                JsonValueKind.String => property.Value.GetString()!,
                _ => throw new JsonException($"factor '{property.Name}' must be a number or a string"),
            };
        }

        return factors;
    }

    public override void Write(
        Utf8JsonWriter writer, IReadOnlyDictionary<string, object> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, factor) in value)
        {
            switch (factor)
            {
                case long number: writer.WriteNumber(name, number); break;
                case string text: writer.WriteString(name, text); break;
                default: throw new JsonException($"factor '{name}' is a {factor.GetType().Name}, not a number or a string");
            }
        }

        writer.WriteEndObject();
    }
}
