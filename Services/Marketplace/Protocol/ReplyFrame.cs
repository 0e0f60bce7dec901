using System.Text.Encodings.Web;
using System.Text.Json;
using Lab.Transport.Frames;

namespace Lab.Marketplace.Protocol;

/// <summary>Writes replies: <c>{"id":7,"ok":true,"result":...}</c> or <c>{"id":7,"ok":false,"error":{"code","message"}}</c>.</summary>
internal static class ReplyFrame
{
    private static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        // Only the characters that JSON itself forbids are escaped: no browser reads these frames.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static OutgoingFrame Success<TResult>(long id, TResult result, Action<Utf8JsonWriter, TResult> writeResult)
    {
        var frame = new OutgoingFrame();
        var json = Begin(frame, id, ok: true);
        json.WritePropertyName("result"u8);
        writeResult(json, result);
        End(json);
        return frame;
    }

    /// <summary>A result that is JSON text already.</summary>
    public static OutgoingFrame Success(long id, ReadOnlySpan<byte> resultJson)
    {
        var frame = new OutgoingFrame();
        var json = Begin(frame, id, ok: true);
        json.WritePropertyName("result"u8);
        json.WriteRawValue(resultJson, skipInputValidation: true);
        End(json);
        return frame;
    }

    /// <param name="id">Null when the request has none that could be read.</param>
    /// <param name="code">One of <see cref="ErrorCodes"/>.</param>
    /// <param name="message">For people; says what to do where that is known.</param>
    public static OutgoingFrame Error(long? id, string code, string message)
    {
        var frame = new OutgoingFrame();
        var json = Begin(frame, id, ok: false);
        json.WriteStartObject("error"u8);
        json.WriteString("code"u8, code);
        json.WriteString("message"u8, message);
        json.WriteEndObject();
        End(json);
        return frame;
    }

    /// <summary>JSON text of a result, as <see cref="Success(long, ReadOnlySpan{byte})"/> takes it.</summary>
    public static byte[] ToJson<TResult>(TResult result, Action<Utf8JsonWriter, TResult> writeResult)
    {
        // Not the thread's writer: it may be at work on the reply that this is for.
        using var frame = new OutgoingFrame();
        using var json = new Utf8JsonWriter(frame, Options);
        writeResult(json, result);
        json.Flush();
        return frame.Wire[FrameFormat.HeaderBytes..].ToArray();
    }

    private static Utf8JsonWriter Begin(OutgoingFrame frame, long? id, bool ok)
    {
        var json = Writer(frame);
        json.WriteStartObject();
        if (id is { } number)
        {
            json.WriteNumber("id"u8, number);
        }
        else
        {
            json.WriteNull("id"u8);
        }

        json.WriteBoolean("ok"u8, ok);
        return json;
    }

    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
    }

    private static Utf8JsonWriter Writer(OutgoingFrame frame)
    {
        if (_writer is null)
        {
            _writer = new Utf8JsonWriter(frame, Options);
        }
        else
        {
            _writer.Reset(frame);
        }

        return _writer;
    }
}
