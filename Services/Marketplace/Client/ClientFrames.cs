using System.Text;
using System.Text.Json;
using Lab.Marketplace.Protocol;
using Lab.Transport.Frames;

namespace Lab.Marketplace.Client;

/// <summary>The client's side of the protocol: writes requests, reads replies.</summary>
internal static class ClientFrames
{
    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static OutgoingFrame Write<TArguments>(
        long id, string operation, string? session, string? traceParent, TArguments arguments, Action<Utf8JsonWriter, TArguments> writeArguments)
    {
        var frame = new OutgoingFrame();
        var json = _writer ??= new Utf8JsonWriter(frame, new JsonWriterOptions { SkipValidation = true });
        json.Reset(frame);
        json.WriteStartObject();
        json.WriteNumber("id"u8, id);
        json.WriteString("op"u8, operation);
        if (session is not null)
        {
            json.WriteString("session"u8, session);
        }

        if (traceParent is not null)
        {
            json.WriteString("traceparent"u8, traceParent);
        }

        json.WriteStartObject("args"u8);
        writeArguments(json, arguments);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return frame;
    }

    /// <exception cref="MarketplaceException">The reply is a refusal.</exception>
    public static TResult Read<TResult>(ReadOnlyMemory<byte> payload, Func<JsonElement, TResult> read)
    {
        using var document = JsonDocument.Parse(payload);
        var reply = document.RootElement;
        if (reply.GetProperty("ok"u8).GetBoolean())
        {
            return read(reply.GetProperty("result"u8));
        }

        var error = reply.GetProperty("error"u8);
        throw new MarketplaceException(error.GetProperty("code"u8).GetString()!, error.GetProperty("message"u8).GetString()!);
    }

    /// <summary>The id stands first in every reply; null there means that the reply is about the connection.</summary>
    public static long? ReadId(ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("id"u8))
            {
                return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var id) ? id : null;
            }
        }

        return null;
    }

    public static string DescribeRefusal(ReadOnlySpan<byte> payload)
    {
        using var document = JsonDocument.Parse(Encoding.UTF8.GetString(payload));
        return document.RootElement.TryGetProperty("error"u8, out var error)
            ? $"the server refuses the connection: {error.GetProperty("message"u8).GetString()} ({error.GetProperty("code"u8).GetString()})"
            : "the server sent a reply without an id";
    }
}
