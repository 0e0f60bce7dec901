using System.Net;
using System.Text.Json;
using Lab.Marketplace.Buyers;
using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Client;

/// <summary>A buyer's client.</summary>
public sealed class BuyerClient(DnsEndPoint server, MarketplaceClientOptions? options = null) : MarketplaceClient(server, options)
{
    /// <summary>The best matches, at most <see cref="Limits.MaxSearchResults"/>; the ranking stands in <c>docs/protocol.md</c>.</summary>
    public Task<IReadOnlyList<Item>> SearchItemsAsync(int category, IReadOnlyList<string> keywords, CancellationToken cancellationToken) =>
        CallAsync(
            new Request("search_items"),
            (category, keywords),
            static (json, query) =>
            {
                json.WriteNumber("category"u8, query.category);
                json.WriteStartArray("keywords"u8);
                foreach (var keyword in query.keywords)
                {
                    json.WriteStringValue(keyword);
                }

                json.WriteEndArray();
            },
            static result => (IReadOnlyList<Item>)[.. result.GetProperty("items").EnumerateArray().Select(ItemJson.Read)],
            cancellationToken);

    public Task<Item> GetItemAsync(ItemId item, CancellationToken cancellationToken) =>
        CallAsync(new Request("get_item"), item, WriteItemId, ItemJson.Read, cancellationToken);

    public Task AddItemToCartAsync(ItemId item, int quantity, CancellationToken cancellationToken) => CommandAsync(
        new Request("add_item_to_cart", Repeatable: false), new CartLine(item, quantity), WriteLine, cancellationToken);

    public Task RemoveItemFromCartAsync(ItemId item, int quantity, CancellationToken cancellationToken) => CommandAsync(
        new Request("remove_item_from_cart", Repeatable: false), new CartLine(item, quantity), WriteLine, cancellationToken);

    public Task SaveCartAsync(CancellationToken cancellationToken) =>
        CommandAsync(new Request("save_cart"), 0, NoArguments, cancellationToken);

    public Task ClearCartAsync(CancellationToken cancellationToken) =>
        CommandAsync(new Request("clear_cart"), 0, NoArguments, cancellationToken);

    public Task<IReadOnlyList<CartLine>> DisplayCartAsync(CancellationToken cancellationToken) =>
        CallAsync(new Request("display_cart"), 0, NoArguments, CartJson.Read, cancellationToken);

    /// <summary>Buys the whole cart.</summary>
    /// <param name="card">What pays.</param>
    /// <param name="cancellationToken">Gives up; the purchase may be made all the same.</param>
    /// <param name="requestId">Repeats an earlier purchase: it returns that one's receipt and charges nothing.</param>
    public Task<Receipt> MakePurchaseAsync(Card card, CancellationToken cancellationToken, long? requestId = null) => CallAsync(
        new Request("make_purchase", Id: requestId),
        card,
        static (json, card) =>
        {
            json.WriteString("card_number"u8, card.Number);
            json.WriteString("card_holder"u8, card.Holder);
            json.WriteString("card_expires"u8, card.Expires);
        },
        static result => new Receipt(
            result.GetProperty("purchase_id").GetInt64(), result.GetProperty("amount").GetDecimal(), CartJson.Read(result)),
        cancellationToken);

    public Task ProvideFeedbackAsync(ItemId item, bool isUp, CancellationToken cancellationToken) => CommandAsync(
        new Request("provide_feedback"),
        (item, isUp),
        static (json, feedback) =>
        {
            ItemJson.WriteId(json, "item_id", feedback.item);
            json.WriteString("thumbs"u8, feedback.isUp ? "up"u8 : "down"u8);
        },
        cancellationToken);

    public Task<IReadOnlyList<PurchasedItem>> GetPurchasesAsync(CancellationToken cancellationToken) => CallAsync(
        new Request("get_buyer_purchases"),
        0,
        NoArguments,
        static result => (IReadOnlyList<PurchasedItem>)[.. result.GetProperty("purchases").EnumerateArray().Select(ReadPurchased)],
        cancellationToken);

    private static PurchasedItem ReadPurchased(JsonElement json) => new(
        ItemJson.ReadId(json, "item_id"),
        json.GetProperty("name").GetString()!,
        json.GetProperty("quantity").GetInt32(),
        json.GetProperty("price").GetDecimal(),
        json.GetProperty("purchased_at").GetDateTime());

    private static void WriteItemId(Utf8JsonWriter json, ItemId item) => ItemJson.WriteId(json, "item_id", item);

    private static void WriteLine(Utf8JsonWriter json, CartLine line)
    {
        ItemJson.WriteId(json, "item_id", line.Item);
        json.WriteNumber("quantity"u8, line.Quantity);
    }
}
