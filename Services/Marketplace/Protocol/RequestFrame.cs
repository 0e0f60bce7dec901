using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace Lab.Marketplace.Protocol;

/// <summary>
/// A parsed request: <c>{"id":7,"op":"search_items","session":"...","args":{...}}</c>. Holds pooled memory of the
/// payload: dispose of it before the payload goes.
/// </summary>
internal readonly struct RequestFrame : IDisposable
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    private const int UnitBytes = 6;

    private readonly JsonDocument _document;
    private readonly JsonElement _traceParent;

    private RequestFrame(JsonDocument document, long id, string operation, string? session, JsonElement arguments, JsonElement traceParent)
    {
        _document = document;
        _traceParent = traceParent;
        Id = id;
        Operation = operation;
        Session = session;
        Arguments = new Arguments(arguments);
    }

    /// <summary>Chosen by the client, 1 to 2^53-1. Retrying a request means sending it with the same id.</summary>
    public long Id { get; }

    public string Operation { get; }

    public string? Session { get; }

    public Arguments Arguments { get; }

    /// <summary>
    /// The caller's span, from <c>traceparent</c> as W3C Trace Context writes it. Null when there is none or it is not
    /// well-formed: that is no reason to refuse a request.
    /// </summary>
    public ActivityContext? ReadTraceContext()
    {
        const int QuotedLength = 57;
        return _traceParent.ValueKind == JsonValueKind.String
            && _traceParent.GetRawText() is { Length: QuotedLength } quoted
            && ActivityContext.TryParse(quoted.Trim('"'), null, isRemote: true, out var context)
            ? context
            : null;
    }

    /// <param name="payload">What arrived.</param>
    /// <param name="id">The request's id, as soon as it is known: set even when the rest is refused.</param>
    /// <exception cref="MarketplaceException">It is not a request.</exception>
    public static RequestFrame Parse(ReadOnlyMemory<byte> payload, out long? id)
    {
        id = null;
        if (!Utf8.IsValid(payload.Span))
        {
            throw new MarketplaceException(ErrorCodes.InvalidJson, "the frame is not valid UTF-8");
        }

        if (HasHalfSurrogatePair(payload.Span))
        {
            throw new MarketplaceException(ErrorCodes.InvalidJson, "the frame has half a surrogate pair: that is no text");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(payload, Options);
        }
        catch (JsonException exception)
        {
            throw new MarketplaceException(ErrorCodes.InvalidJson, $"the frame is not valid JSON: {exception.Message}");
        }

        try
        {
            return Read(document, out id);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    public void Dispose() => _document?.Dispose();

    private static RequestFrame Read(JsonDocument document, out long? id)
    {
        id = null;
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("a request is a JSON object");
        }

        JsonElement operation = default, session = default, arguments = default, traceParent = default;
        foreach (var property in root.EnumerateObject())
        {
            if (property.NameEquals("id"u8))
            {
                id = ReadId(property.Value);
            }
            else if (property.NameEquals("op"u8))
            {
                operation = property.Value;
            }
            else if (property.NameEquals("session"u8))
            {
                session = property.Value;
            }
            else if (property.NameEquals("args"u8))
            {
                arguments = property.Value;
            }
            else if (property.NameEquals("traceparent"u8))
            {
                traceParent = property.Value;
            }
        }

        return new RequestFrame(
            document,
            id ?? throw Invalid("'id' is missing"),
            Word(operation, "op") ?? throw Invalid("'op' is missing"),
            Word(session, "session"),
            arguments.ValueKind is JsonValueKind.Object or JsonValueKind.Undefined
                ? arguments
                : throw Invalid("'args' must be an object"),
            traceParent);
    }

    private static long ReadId(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var id) && id is > 0 and <= Protocol.Arguments.MaxId
            ? id
            : throw Invalid("'id' must be an integer between 1 and 2^53-1");

    /// <summary>Operation names and session tokens are short: anything longer is not looked at.</summary>
    private static string? Word(JsonElement value, string name)
    {
        const int MaxBytes = 128;
        return value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => null,
            JsonValueKind.String when value.GetRawText().Length <= MaxBytes => value.GetString()!,
            _ => throw Invalid($"'{name}' must be a short string"),
        };
    }

    /// <summary>
    /// JSON's grammar allows them as escapes, in names and in values, and everything that reads one as text would throw. Looked
    /// for here, once for all. What is no JSON is refused by the parser.
    /// </summary>
    private static bool HasHalfSurrogatePair(ReadOnlySpan<byte> payload)
    {
        for (int at; (at = payload.IndexOf((byte)'\\')) >= 0;)
        {
            payload = payload[at..];
            var unit = EscapedUnit(payload);
            if (char.IsLowSurrogate(unit) || (char.IsHighSurrogate(unit) && !char.IsLowSurrogate(EscapedUnit(payload[UnitBytes..]))))
            {
                return true;
            }

            // A backslash that is escaped itself begins nothing.
            payload = payload[Math.Min(payload.Length, char.IsHighSurrogate(unit) ? 2 * UnitBytes : 2)..];
        }

        return false;
    }

    /// <summary>The UTF-16 unit that an escape <c>\uXXXX</c> stands for, if there is one at the beginning; else 0.</summary>
    private static char EscapedUnit(ReadOnlySpan<byte> json) =>
        json.StartsWith("\\u"u8) && json.Length >= UnitBytes
            && ushort.TryParse(json[2..UnitBytes], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : '\0';

    private static MarketplaceException Invalid(string problem) => new(ErrorCodes.InvalidRequest, problem);
}
