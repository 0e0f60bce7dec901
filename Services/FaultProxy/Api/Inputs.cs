using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.FaultProxy.Client;

namespace Lab.FaultProxy.Api;

/// <summary>A proxy as a client sends it; what is null was not sent.</summary>
internal sealed record ProxyInput
{
    public string? Name { get; init; }

    public string? Listen { get; init; }

    public string? Upstream { get; init; }

    public bool? Enabled { get; init; }
}

/// <summary>A toxic as a client sends it; what is null was not sent.</summary>
internal sealed record ToxicInput
{
    public string? Name { get; init; }

    public string? Type { get; init; }

    public string? Stream { get; init; }

    public double? Toxicity { get; init; }

    public JsonObject? Attributes { get; init; }
}

/// <summary>What is wrong with what a client sent, in the API's words: the runtime's name its own types.</summary>
internal static class Inputs
{
    /// <param name="failure">Why it could not be read.</param>
    /// <param name="type">What it should have been.</param>
    /// <param name="within">The field that it is the value of; empty for a whole body.</param>
    public static string Explain(JsonException failure, Type type, string within = "")
    {
        // What is no JSON at all comes from the reader, which has exceptions of this type, too.
        if (failure.InnerException is JsonException || failure.Path is not ['$', .. var path])
        {
            return FormattableString.Invariant($"not JSON at line {failure.LineNumber + 1}, byte {failure.BytePositionInLine + 1}");
        }

        // "$[2].enabled" within a list of proxies, "$.latency" within the attributes of a toxic.
        var expected = type;
        foreach (var part in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            expected = part.StartsWith('[')
                ? expected.GetGenericArguments()[0]
                : expected.GetProperties().First(property => string.Equals(NameOf(property), part, StringComparison.OrdinalIgnoreCase)).PropertyType;
        }

        var field = (within + path).TrimStart('.');
        return field.Length == 0 ? $"expected {Describe(expected)}" : $"{field}: expected {Describe(expected)}";
    }

    private static string NameOf(System.Reflection.PropertyInfo property) =>
        property.GetCustomAttributes(typeof(System.Text.Json.Serialization.JsonPropertyNameAttribute), inherit: true)
            is [System.Text.Json.Serialization.JsonPropertyNameAttribute { Name: var name }]
            ? name
            : ToxiproxyJson.Options.PropertyNamingPolicy!.ConvertName(property.Name);

    private static string Describe(Type type) => Nullable.GetUnderlyingType(type) is { } value ? Describe(value)
        : type == typeof(string) ? "text"
        : type == typeof(bool) ? "true or false"
        : type == typeof(double) ? "a number"
        : type == typeof(long) ? "a whole number"
        : typeof(IEnumerable).IsAssignableFrom(type) && type != typeof(JsonObject) ? "a list"
        : "an object";
}
