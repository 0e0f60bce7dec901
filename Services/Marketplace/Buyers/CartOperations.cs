using System.Text.Json;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Purchases;
using Lab.Marketplace.Server;
using Lab.Marketplace.Sessions;

namespace Lab.Marketplace.Buyers;

/// <summary>add_item_to_cart: only if so many units are for sale now; they are not reserved yet.</summary>
internal sealed class AddItemToCart(SessionStore sessions, ItemQueries items) : Command<CartLine>("add_item_to_cart")
{
    protected override CartLine Read(Arguments arguments) =>
        new(arguments.ItemId("item_id"), (int)arguments.Integer("quantity", 1, Limits.MaxQuantity));

    protected override async ValueTask DoAsync(CartLine arguments, Caller caller)
    {
        var item = await items.FindAsync(arguments.Item)
            ?? throw new MarketplaceException(ErrorCodes.NotFound, $"there is no item {arguments.Item}");
        if (item.Quantity < arguments.Quantity)
        {
            throw new MarketplaceException(ErrorCodes.OutOfStock, $"item {item.Id} has {item.Quantity} units left");
        }

        await sessions.ChangeCartAsync(caller.Session!, item.Id, arguments.Quantity);
    }
}

/// <summary>remove_item_from_cart: some units, down to none.</summary>
internal sealed class RemoveItemFromCart(SessionStore sessions) : Command<CartLine>("remove_item_from_cart")
{
    protected override CartLine Read(Arguments arguments) =>
        new(arguments.ItemId("item_id"), (int)arguments.Integer("quantity", 1, Limits.MaxQuantity));

    protected override async ValueTask DoAsync(CartLine arguments, Caller caller)
    {
        var cart = await sessions.ReadCartAsync(caller.Session!);
        if (!cart.Any(line => line.Item == arguments.Item))
        {
            throw new MarketplaceException(ErrorCodes.NotFound, $"item {arguments.Item} is not in the cart");
        }

        await sessions.ChangeCartAsync(caller.Session!, arguments.Item, -arguments.Quantity);
    }
}

/// <summary>save_cart: the cart outlives the session and is there after the next login.</summary>
internal sealed class SaveCart(SessionStore sessions, SavedCartStore savedCarts) : Command<Nothing>("save_cart")
{
    protected override Nothing Read(Arguments arguments) => default;

    protected override async ValueTask DoAsync(Nothing arguments, Caller caller) =>
        await savedCarts.SaveAsync(caller.UserId, await sessions.ReadCartAsync(caller.Session!));
}

/// <summary>clear_cart: empties the session's cart; a saved one stays saved.</summary>
internal sealed class ClearCart(SessionStore sessions) : Command<Nothing>("clear_cart")
{
    protected override Nothing Read(Arguments arguments) => default;

    protected override async ValueTask DoAsync(Nothing arguments, Caller caller) =>
        await sessions.ClearCartAsync(caller.Session!);
}

/// <summary>display_cart: items and units.</summary>
internal sealed class DisplayCart(SessionStore sessions) : Operation<Nothing, IReadOnlyList<CartLine>>("display_cart")
{
    protected override Nothing Read(Arguments arguments) => default;

    protected override async ValueTask<IReadOnlyList<CartLine>> ExecuteAsync(Nothing arguments, Caller caller) =>
        await sessions.ReadCartAsync(caller.Session!);

    protected override void Write(Utf8JsonWriter json, IReadOnlyList<CartLine> result)
    {
        json.WriteStartObject();
        CartJson.Write(json, result);
        json.WriteEndObject();
    }
}

/// <summary>Cart lines on the wire.</summary>
internal static class CartJson
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<CartLine> lines)
    {
        json.WriteStartArray("lines"u8);
        foreach (var line in lines)
        {
            json.WriteStartObject();
            ItemJson.WriteId(json, "item_id", line.Item);
            json.WriteNumber("quantity"u8, line.Quantity);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static IReadOnlyList<CartLine> Read(JsonElement json) =>
        [.. json.GetProperty("lines").EnumerateArray().Select(line =>
            new CartLine(ItemJson.ReadId(line, "item_id"), line.GetProperty("quantity").GetInt32()))];
}
