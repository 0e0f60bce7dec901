using System.Text.Json;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Server;
using Lab.Transport.Frames;

namespace Lab.Marketplace.Sellers;

/// <summary>register_item_for_sale: a new item; repeated with the same request id it answers the same item.</summary>
internal sealed class RegisterItemForSale(ItemRegistration registration, ReadCache cache)
    : Operation<NewItem, ItemId>("register_item_for_sale")
{
    protected override NewItem Read(Arguments arguments) => new(
        arguments.Text("name", 1, Limits.MaxNameLength),
        (int)arguments.Integer("category", 0, Limits.MaxCategory),
        arguments.Has("keywords") ? arguments.Keywords("keywords", minCount: 0) : [],
        arguments.Choice("condition", "new", "used") == "new" ? Condition.New : Condition.Used,
        arguments.Price("price"),
        (int)arguments.Integer("quantity", 1, Limits.MaxQuantity));

    protected override async ValueTask<ItemId> ExecuteAsync(NewItem arguments, Caller caller)
    {
        var id = await registration.RegisterAsync(new Registration(caller.UserId, caller.RequestId, arguments));
        if (cache.IsOn)
        {
            await cache.InvalidateAsync(CacheDependencies.OfItem(new ItemIdentity(id, caller.UserId, arguments.Keywords)));
        }

        return id;
    }

    protected override void Write(Utf8JsonWriter json, ItemId result)
    {
        json.WriteStartObject();
        ItemJson.WriteId(json, "item_id", result);
        json.WriteEndObject();
    }
}

/// <summary>change_item_price: of an own item.</summary>
internal sealed class ChangeItemPrice(ItemChanges changes, ReadCache cache)
    : Command<(ItemId Item, decimal Price)>("change_item_price")
{
    protected override (ItemId Item, decimal Price) Read(Arguments arguments) =>
        (arguments.ItemId("item_id"), arguments.Price("price"));

    protected override async ValueTask DoAsync((ItemId Item, decimal Price) arguments, Caller caller)
    {
        var item = await changes.ApplyAsync(new ItemChange(caller.UserId, arguments.Item, arguments.Price, Quantity: null));
        await cache.InvalidateAsync(CacheDependencies.OfItem(item));
    }
}

/// <summary>update_units_for_sale: how many units of an own item can be bought from now on.</summary>
internal sealed class UpdateUnitsForSale(ItemChanges changes, ReadCache cache)
    : Command<(ItemId Item, int Quantity)>("update_units_for_sale")
{
    protected override (ItemId Item, int Quantity) Read(Arguments arguments) =>
        (arguments.ItemId("item_id"), (int)arguments.Integer("quantity", 0, Limits.MaxQuantity));

    protected override async ValueTask DoAsync((ItemId Item, int Quantity) arguments, Caller caller)
    {
        var item = await changes.ApplyAsync(new ItemChange(caller.UserId, arguments.Item, Price: null, arguments.Quantity));
        await cache.InvalidateAsync(CacheDependencies.OfItem(item));
    }
}

/// <summary>display_items_for_sale: the seller's own items, in pages when there are very many.</summary>
internal sealed class DisplayItemsForSale(ItemQueries items, ReadCache cache)
    : CachedOperation<long, ItemPage>("display_items_for_sale", SessionCheck.Meanwhile, cache)
{
    public override int MaxReplyBytes => FrameFormat.MaxPayloadBytes;

    protected override bool IsLarge(ItemPage result) => result.IsLarge;

    protected override long Read(Arguments arguments) =>
        arguments.Has("after") ? arguments.Integer("after", 0, Arguments.MaxId) : 0;

    protected override (string Key, IReadOnlyList<string> Dependencies) Describe(long arguments, Caller caller)
    {
        var name = CacheDependencies.ItemsOf(caller.UserId);
        return ($"{name}:{arguments}", [name]);
    }

    protected override async ValueTask<ItemPage> ExecuteAsync(long arguments, Caller caller) =>
        await items.OfSellerAsync(caller.UserId, arguments);

    protected override void Write(Utf8JsonWriter json, ItemPage result) => result.WriteTo(json, WritePage);

    private static void WritePage(Utf8JsonWriter json, ItemPage result)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        long? next = null;
        for (var index = 0; index < result.Items.Count && next is null; index++)
        {
            ItemJson.Write(json, result.Items[index].Item);
            var isLast = index == result.Items.Count - 1;
            if (isLast ? result.HasMore : json.BytesCommitted + json.BytesPending > Limits.MaxPageBytes)
            {
                next = result.Items[index].Position;
            }
        }

        json.WriteEndArray();
        if (next is { } position)
        {
            json.WriteNumber("next"u8, position);
        }

        json.WriteEndObject();
    }
}
