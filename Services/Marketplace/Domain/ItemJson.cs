using System.Text.Json;

namespace Lab.Marketplace.Domain;

/// <summary>An item on the wire.</summary>
internal static class ItemJson
{
    public static void Write(Utf8JsonWriter json, Item item)
    {
        json.WriteStartObject();
        WriteId(json, "id", item.Id);
        json.WriteNumber("seller_id", item.SellerId);
        json.WriteString("name", item.Name);
        json.WriteStartArray("keywords");
        foreach (var keyword in item.Keywords)
        {
            json.WriteStringValue(keyword);
        }

        json.WriteEndArray();
        json.WriteString("condition", item.Condition == Condition.New ? "new" : "used");
        json.WriteNumber("price", item.Price);
        json.WriteNumber("quantity", item.Quantity);
        json.WriteNumber("thumbs_up", item.ThumbsUp);
        json.WriteNumber("thumbs_down", item.ThumbsDown);
        json.WriteEndObject();
    }

    public static void WriteId(Utf8JsonWriter json, ReadOnlySpan<char> property, ItemId id)
    {
        Span<char> text = stackalloc char[32];
        text.TryWrite($"{id.Category}-{id.Serial}", out var length);
        json.WriteString(property, text[..length]);
    }

    public static Item Read(JsonElement json) => new()
    {
        Id = ReadId(json, "id"),
        SellerId = json.GetProperty("seller_id").GetInt64(),
        Name = json.GetProperty("name").GetString()!,
        Keywords = [.. json.GetProperty("keywords").EnumerateArray().Select(keyword => keyword.GetString()!)],
        Condition = json.GetProperty("condition").ValueEquals("new") ? Condition.New : Condition.Used,
        Price = json.GetProperty("price").GetDecimal(),
        Quantity = json.GetProperty("quantity").GetInt32(),
        ThumbsUp = json.GetProperty("thumbs_up").GetInt32(),
        ThumbsDown = json.GetProperty("thumbs_down").GetInt32(),
    };

    public static ItemId ReadId(JsonElement json, string property) =>
        ItemId.TryParse(json.GetProperty(property).GetString()!, out var id)
            ? id
            : throw new FormatException($"'{json.GetProperty(property).GetString()}' is not an item id");
}
