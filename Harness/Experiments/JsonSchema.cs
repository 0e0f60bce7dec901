using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Lab.Harness.Experiments;

/// <summary>
/// The part of JSON Schema 2020-12 that the lab's schemas use. A schema with any other keyword is refused when it is
/// loaded, so that nothing an editor checks is silently unchecked here.
/// </summary>
public sealed record JsonSchema
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(1);

    public string? Description { get; private init; }

    /// <summary>Any of <c>object array string integer number boolean null</c>; empty: any type.</summary>
    public IReadOnlyList<string> Types { get; private init; } = [];

    public IReadOnlyDictionary<string, JsonSchema> Properties { get; private init; } =
        new Dictionary<string, JsonSchema>();

    public IReadOnlyList<string> Required { get; private init; } = [];

    /// <summary>False: keys that <see cref="Properties"/> does not name are refused.</summary>
    public bool AdditionalAllowed { get; private init; } = true;

    /// <summary>What the value of a key that <see cref="Properties"/> does not name must be; null: anything.</summary>
    public JsonSchema? Additional { get; private init; }

    public int MinProperties { get; private init; }

    public JsonSchema? Items { get; private init; }

    public int MinItems { get; private init; }

    public int MaxItems { get; private init; } = int.MaxValue;

    public bool UniqueItems { get; private init; }

    public IReadOnlyList<string> Enum { get; private init; } = [];

    /// <summary>Must match the whole text.</summary>
    public Regex? Pattern { get; private init; }

    public int MinLength { get; private init; }

    public int MaxLength { get; private init; } = int.MaxValue;

    public double Minimum { get; private init; } = double.NegativeInfinity;

    public double Maximum { get; private init; } = double.PositiveInfinity;

    /// <summary>The target of <c>$ref</c>, which holds besides the other keywords.</summary>
    public JsonSchema? Reference { get; private init; }

    /// <summary>The keywords understood; notes for readers and editors are accepted and have no effect.</summary>
    public static IReadOnlyCollection<string> Keywords { get; } =
    [
        "$schema", "$id", "$comment", "$defs", "$ref", "title", "description", "examples",
        "type", "properties", "required", "additionalProperties", "minProperties", "items", "minItems", "maxItems",
        "uniqueItems", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum",
    ];

    /// <summary>One of the schemas in <c>experiments/</c>; they are part of this program.</summary>
    /// <param name="name">Its file name, such as <c>experiment.schema.json</c>.</param>
    public static JsonSchema Shipped(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new ArgumentException($"there is no schema '{name}'", nameof(name));
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    /// <exception cref="FormatException">The schema uses a keyword or a form of one that is not understood.</exception>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static JsonSchema Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var definitions = root.TryGetProperty("$defs", out var defs) ? Members(defs).ToDictionary() : [];
        return Parse(root, definitions, []);
    }

    private static JsonSchema Parse(
        JsonElement schema, Dictionary<string, JsonElement> definitions, IReadOnlyList<string> references)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"a schema must be an object, not {schema.GetRawText()}");
        }

        var unknown = Members(schema).Select(member => member.Key).Except(Keywords, StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw new FormatException(
                $"schema keyword '{unknown[0]}' is not supported; known: {string.Join(", ", Keywords)}");
        }

        JsonSchema Child(JsonElement child) => Parse(child, definitions, references);
        JsonElement? Get(string keyword) => schema.TryGetProperty(keyword, out var value) ? value : null;

        var additional = Get("additionalProperties");
        return new JsonSchema
        {
            Description = Get("description")?.GetString(),
            Types = Get("type") is { } type ? Strings(type) : [],
            Properties = Get("properties") is { } properties
                ? new OrderedDictionary<string, JsonSchema>(
                    Members(properties).Select(member => KeyValuePair.Create(member.Key, Child(member.Value))),
                    StringComparer.Ordinal)
                : [],
            Required = Get("required") is { } required ? Strings(required) : [],
            AdditionalAllowed = additional?.ValueKind != JsonValueKind.False,
            Additional = additional?.ValueKind == JsonValueKind.Object ? Child(additional.Value) : null,
            MinProperties = Get("minProperties")?.GetInt32() ?? 0,
            Items = Get("items") is { } items ? Child(items) : null,
            MinItems = Get("minItems")?.GetInt32() ?? 0,
            MaxItems = Get("maxItems")?.GetInt32() ?? int.MaxValue,
            UniqueItems = Get("uniqueItems")?.GetBoolean() ?? false,
            Enum = Get("enum") is { } words ? Strings(words) : [],
            Pattern = Get("pattern")?.GetString() is { } pattern ? WholeText(pattern) : null,
            MinLength = Get("minLength")?.GetInt32() ?? 0,
            MaxLength = Get("maxLength")?.GetInt32() ?? int.MaxValue,
            Minimum = Get("minimum")?.GetDouble() ?? double.NegativeInfinity,
            Maximum = Get("maximum")?.GetDouble() ?? double.PositiveInfinity,
            Reference = Get("$ref")?.GetString() is { } reference ? Resolve(reference, definitions, references) : null,
        };
    }

    private static JsonSchema Resolve(
        string reference, Dictionary<string, JsonElement> definitions, IReadOnlyList<string> references)
    {
        const string prefix = "#/$defs/";
        if (!reference.StartsWith(prefix, StringComparison.Ordinal)
            || !definitions.TryGetValue(reference[prefix.Length..], out var target))
        {
            throw new FormatException($"schema reference '{reference}' does not name one of the file's $defs");
        }

        return references.Contains(reference)
            ? throw new FormatException($"schema reference '{reference}' leads back to itself")
            : Parse(target, definitions, [.. references, reference]);
    }

    /// <summary>Anchored patterns only: .NET's <c>$</c> alone would let a trailing line break pass.</summary>
    private static Regex WholeText(string pattern) =>
        pattern.StartsWith('^') && pattern.EndsWith('$')
            ? new Regex($@"\A(?:{pattern[1..^1]})\z", RegexOptions.CultureInvariant, PatternTimeout)
            : throw new FormatException($"schema pattern '{pattern}' must begin with ^ and end with $");

    private static IReadOnlyList<string> Strings(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
        : [value.GetString()!];

    private static IEnumerable<KeyValuePair<string, JsonElement>> Members(JsonElement value) =>
        value.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, property.Value));
}
