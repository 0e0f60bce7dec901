using System.Text.Json;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Server;

namespace Lab.Marketplace.Buyers;

/// <summary>search_items: the best matches of a category and keywords (ranking: <see cref="ItemSearch"/>).</summary>
internal sealed class SearchItems(ItemSearch search, ReadCache cache)
    : CachedOperation<SearchQuery, IReadOnlyList<Item>>("search_items", SessionCheck.Meanwhile, cache)
{
    protected override SearchQuery Read(Arguments arguments) => new(
        (int)arguments.Integer("category", 0, Limits.MaxCategory),
        arguments.Has("keywords") ? arguments.Keywords("keywords", minCount: 0) : []);

    protected override (string Key, IReadOnlyList<string> Dependencies) Describe(SearchQuery arguments, Caller caller)
    {
        var terms = SearchTerm.Of(arguments.Category, arguments.Keywords).Order().ToArray();
        return ($"search:{string.Join(',', terms)}", [.. terms.Select(CacheDependencies.Term)]);
    }

    protected override async ValueTask<IReadOnlyList<Item>> ExecuteAsync(SearchQuery arguments, Caller caller) =>
        await search.SearchAsync(arguments);

    protected override void Write(Utf8JsonWriter json, IReadOnlyList<Item> result)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var item in result)
        {
            ItemJson.Write(json, item);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>get_item: one item by its id.</summary>
internal sealed class GetItem(ItemQueries items, ReadCache cache)
    : CachedOperation<ItemId, Item>("get_item", SessionCheck.Meanwhile, cache)
{
    protected override ItemId Read(Arguments arguments) => arguments.ItemId("item_id");

    protected override (string Key, IReadOnlyList<string> Dependencies) Describe(ItemId arguments, Caller caller) =>
        ($"item:{arguments}", [CacheDependencies.Item(arguments.Serial)]);

    protected override async ValueTask<Item> ExecuteAsync(ItemId arguments, Caller caller) =>
        await items.FindAsync(arguments)
        ?? throw new MarketplaceException(ErrorCodes.NotFound, $"there is no item {arguments}");

    protected override void Write(Utf8JsonWriter json, Item result) => ItemJson.Write(json, result);
}
