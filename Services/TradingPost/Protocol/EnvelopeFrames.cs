using System.Buffers;
using System.Text.Json;
using Lab.Transport.Frames;

namespace Lab.TradingPost.Protocol;

/// <summary>Envelopes as payloads of frames, and the errors that answer what is none.</summary>
public static class EnvelopeFrames
{
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText Error = JsonEncodedText.Encode("error");

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static OutgoingFrame Write(Envelope envelope)
    {
        var frame = new OutgoingFrame();
        var json = Writer(frame);
        JsonSerializer.Serialize(json, envelope, TradingPostJson.Default.Envelope);
        json.Flush();
        return frame;
    }

    /// <exception cref="JsonException">It is no envelope; the message says why.</exception>
    public static Envelope Read(ReadOnlySpan<byte> payload) =>
        JsonSerializer.Deserialize(payload, TradingPostJson.Default.Envelope) ?? throw new JsonException("null is no envelope");

    /// <returns>Null when it is no envelope.</returns>
    /// <param name="payload">Of a frame.</param>
    /// <param name="whyNot">Why it is none, in words.</param>
    public static Envelope? TryRead(ReadOnlySpan<byte> payload, out string? whyNot)
    {
        try
        {
            whyNot = null;
            return Read(payload);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException or OverflowException or FormatException)
        {
            whyNot = exception.Message;
            return null;
        }
    }

    /// <summary>Nothing was done.</summary>
    /// <param name="id">The envelope's, where it is known.</param>
    /// <param name="why">In words.</param>
    public static OutgoingFrame WriteError(long? id, string why)
    {
        var frame = new OutgoingFrame();
        var json = Writer(frame);
        json.WriteStartObject();
        if (id is { } known)
        {
            json.WriteNumber(Id, known);
        }

        json.WriteString(Error, why);
        json.WriteEndObject();
        json.Flush();
        return frame;
    }

    /// <summary>The id that an answer begins with; null when it answers nothing in particular.</summary>
    public static long? ReadId(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload);
            return reader.Read() && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(Id.EncodedUtf8Bytes)
                && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var id) ? id : null;
        }
        catch (Exception exception) when (IsNoJson(exception))
        {
            return null;
        }
    }

    /// <summary>The words of an error; null when it is none.</summary>
    public static string? ReadError(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload);
            while (reader.Read() && reader.CurrentDepth <= 1)
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(Error.EncodedUtf8Bytes))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
            }
        }
        catch (Exception exception) when (IsNoJson(exception))
        {
            // As if it said nothing.
        }

        return null;
    }

    /// <summary>Half a surrogate in a string is not found out before somebody wants that string, and then as another exception.</summary>
    private static bool IsNoJson(Exception exception) => exception is JsonException or InvalidOperationException;

    private static Utf8JsonWriter Writer(IBufferWriter<byte> frame)
    {
        var json = _writer ??= new Utf8JsonWriter(frame, new JsonWriterOptions { SkipValidation = true });
        json.Reset(frame);
        return json;
    }
}
