using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.FaultProxy.Client;

/// <summary>How the API writes JSON. Names are read in any case, as Toxiproxy reads them.</summary>
internal static class ToxiproxyJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        PropertyNameCaseInsensitive = true,

        // Error messages quote what was sent; nothing here is ever part of an HTML page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}

/// <summary>Body of <c>GET /version</c>.</summary>
internal sealed record VersionReply(string Version);

/// <summary>Body of every reply that says no.</summary>
internal sealed record ErrorReply(string Error, int Status);

/// <summary>Body of <c>POST /populate</c>.</summary>
/// <param name="Error">Why not all were created.</param>
/// <param name="Status">The reply's status code, with an error only.</param>
/// <param name="Proxies">Those that are there now; null when there are none.</param>
internal sealed record PopulateReply(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Status,
    IReadOnlyList<Proxy>? Proxies);
