using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Coordination.Clocks;

/// <summary>In JSON a clock is one array of node, events, node, events ... by rising node.</summary>
public sealed class VectorClockConverter : JsonConverter<VectorClock>
{
    /// <summary>A longer clock is refused: its sender is not one of us.</summary>
    private const int MostEntries = 4096;

    public override VectorClock Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("a vector clock is an array");
        }

        List<(int Node, long Events)> entries = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var node = reader.GetInt32();
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || entries.Count == MostEntries)
            {
                throw new JsonException($"a vector clock has pairs of numbers, at most {MostEntries}");
            }

            entries.Add((node, reader.GetInt64()));
        }

        try
        {
            return VectorClock.Of(entries);
        }
        catch (ArgumentException exception)
        {
            throw new JsonException(exception.Message, exception);
        }
    }

    public override void Write(Utf8JsonWriter writer, VectorClock value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var (node, events) in value.Entries)
        {
            writer.WriteNumberValue(node);
            writer.WriteNumberValue(events);
        }

        writer.WriteEndArray();
    }
}
