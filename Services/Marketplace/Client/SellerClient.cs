using System.Net;
using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Client;

/// <summary>A seller's client.</summary>
public sealed class SellerClient(DnsEndPoint server, MarketplaceClientOptions? options = null) : MarketplaceClient(server, options)
{
    /// <param name="item">What is for sale.</param>
    /// <param name="cancellationToken">Gives up; the item may be registered all the same.</param>
    /// <param name="requestId">Repeats an earlier registration: it returns that one's item.</param>
    public Task<ItemId> RegisterItemAsync(NewItem item, CancellationToken cancellationToken, long? requestId = null) => CallAsync(
        new Request("register_item_for_sale", Id: requestId),
        item,
        static (json, item) =>
        {
            json.WriteString("name"u8, item.Name);
            json.WriteNumber("category"u8, item.Category);
            json.WriteStartArray("keywords"u8);
            foreach (var keyword in item.Keywords)
            {
                json.WriteStringValue(keyword);
            }

            json.WriteEndArray();
            json.WriteString("condition"u8, item.Condition == Condition.New ? "new"u8 : "used"u8);
            json.WriteNumber("price"u8, item.Price);
            json.WriteNumber("quantity"u8, item.Quantity);
        },
        static result => ItemJson.ReadId(result, "item_id"),
        cancellationToken);

    public Task ChangeItemPriceAsync(ItemId item, decimal price, CancellationToken cancellationToken) => CommandAsync(
        new Request("change_item_price"),
        (item, price),
        static (json, change) =>
        {
            ItemJson.WriteId(json, "item_id", change.item);
            json.WriteNumber("price"u8, change.price);
        },
        cancellationToken);

    /// <param name="item">An own item.</param>
    /// <param name="quantity">Units that can be bought from now on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task UpdateUnitsAsync(ItemId item, int quantity, CancellationToken cancellationToken) => CommandAsync(
        new Request("update_units_for_sale"),
        (item, quantity),
        static (json, change) =>
        {
            ItemJson.WriteId(json, "item_id", change.item);
            json.WriteNumber("quantity"u8, change.quantity);
        },
        cancellationToken);

    /// <summary>All own items; follows the pages of a long list.</summary>
    public async Task<IReadOnlyList<Item>> DisplayItemsAsync(CancellationToken cancellationToken)
    {
        var (items, next) = await ReadPageAsync(after: 0, cancellationToken);
        while (next is { } after)
        {
            var page = await ReadPageAsync(after, cancellationToken);
            items.AddRange(page.Items);
            next = page.Next;
        }

        return items;
    }

    private Task<(List<Item> Items, long? Next)> ReadPageAsync(long after, CancellationToken cancellationToken) => CallAsync(
        new Request("display_items_for_sale"),
        after,
        static (json, after) =>
        {
            if (after > 0)
            {
                json.WriteNumber("after"u8, after);
            }
        },
        static result => (
            result.GetProperty("items").EnumerateArray().Select(ItemJson.Read).ToList(),
            result.TryGetProperty("next", out var next) ? next.GetInt64() : (long?)null),
        cancellationToken);
}
