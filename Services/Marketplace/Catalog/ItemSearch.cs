using System.Data.Common;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Catalog;

/// <summary>Items of a category that match any of some keywords, or all of the category's items where there are none.</summary>
internal sealed record SearchQuery(int Category, IReadOnlyList<string> Keywords);

/// <summary>
/// Keyword search on the index <c>item_term</c>. Ranking: more of the keywords matched first, then better feedback
/// (thumbs up minus down), then the lower price, then the older item; at most
/// <see cref="Limits.MaxSearchResults"/> items, none that is sold out. Concurrent searches share one statement.
/// </summary>
internal sealed class ItemSearch
{
    /// <summary>Rows that a shared statement may return; a popular keyword is ranked by the database instead.</summary>
    private const int MaxSharedRows = 2_000;

    private readonly Batcher<SearchQuery, IReadOnlyList<Item>> _batcher;

    public ItemSearch(DatabasePool database) =>
        _batcher = new Batcher<SearchQuery, IReadOnlyList<Item>>(database, new BatchOptions(DatabaseAccess.Read), SearchAsync);

    public Task<IReadOnlyList<Item>> SearchAsync(SearchQuery query) => _batcher.RunAsync(query);

    private static async Task SearchAsync(DatabaseSession session, IReadOnlyList<BatchItem<SearchQuery, IReadOnlyList<Item>>> batch)
    {
        var browsing = batch.Where(search => search.Request.Keywords.Count == 0);
        foreach (var search in browsing)
        {
            search.SetResult(await SearchRankedAsync(session.Connection, search.Request));
        }

        await SearchTogetherAsync(session.Connection, batch.Where(search => search.Request.Keywords.Count > 0)
            .Select(search => new Lookup(search, SearchTerm.Of(search.Request.Category, search.Request.Keywords))).ToArray());
    }

    /// <param name="Search">What is asked.</param>
    /// <param name="Terms">Where the index is looked into for it.</param>
    private readonly record struct Lookup(BatchItem<SearchQuery, IReadOnlyList<Item>> Search, IReadOnlyList<long> Terms);

    private static async Task SearchTogetherAsync(DbConnection connection, ArraySegment<Lookup> searches)
    {
        if (searches.Count == 0)
        {
            return;
        }

        var rows = await ItemRows.QueryAsync(
            connection,
            $"SELECT {ItemRows.Columns}, t.term FROM {MarketplaceSchema.Product}.item_term t JOIN {MarketplaceSchema.Product}.item i ON i.serial = t.serial WHERE t.term IN (@keys) AND i.quantity > 0 LIMIT {MaxSharedRows + 1}",
            searches.SelectMany(lookup => lookup.Terms).ToHashSet(),
            row => (Item: ItemRows.Read(row), Term: row.GetInt64(ItemRows.ColumnCount)));
        if (rows.Count <= MaxSharedRows)
        {
            var byTerm = rows.ToLookup(row => row.Term, row => row.Item);
            foreach (var (search, searchTerms) in searches)
            {
                search.SetResult(Rank(search.Request, searchTerms.SelectMany(term => byTerm[term])));
            }
        }
        else if (searches.Count == 1)
        {
            searches[0].Search.SetResult(await SearchRankedAsync(connection, searches[0].Search.Request));
        }
        else
        {
            // One popular keyword would make all of them slow: halving finds it and leaves the others together.
            var half = searches.Count / 2;
            await SearchTogetherAsync(connection, searches[..half]);
            await SearchTogetherAsync(connection, searches[half..]);
        }
    }

    /// <summary>The database counts, sorts and cuts: dear, but independent of how many items match.</summary>
    private static async Task<IReadOnlyList<Item>> SearchRankedAsync(DbConnection connection, SearchQuery query)
    {
        var terms = string.Join(',', SearchTerm.Of(query.Category, query.Keywords));
        var items = await ItemRows.QueryAsync(
            connection,
            $"SELECT {ItemRows.Columns} FROM (SELECT serial, COUNT(*) AS matched FROM {MarketplaceSchema.Product}.item_term WHERE term IN ({terms}) GROUP BY serial) found JOIN {MarketplaceSchema.Product}.item i ON i.serial = found.serial WHERE i.quantity > 0 ORDER BY found.matched DESC, (i.thumbs_up - i.thumbs_down) DESC, i.price, i.serial LIMIT {Limits.MaxSearchResults}",
            ItemRows.Read);
        return query.Keywords.Count == 0 ? items : Rank(query, items);
    }

    /// <summary>Compares the words themselves, because two keywords may share a term.</summary>
    private static List<Item> Rank(SearchQuery query, IEnumerable<Item> candidates)
    {
        var wanted = query.Keywords.Select(SearchTerm.Normalise).ToHashSet(StringComparer.Ordinal);
        return [.. candidates
            .Where(item => item.Id.Category == query.Category)
            .DistinctBy(item => item.Id.Serial)
            .Select(item => (Item: item, Matched: item.Keywords.Select(SearchTerm.Normalise).Distinct(StringComparer.Ordinal).Count(wanted.Contains)))
            .Where(match => match.Matched > 0)
            .OrderByDescending(match => match.Matched)
            .ThenByDescending(match => match.Item.ThumbsUp - match.Item.ThumbsDown)
            .ThenBy(match => match.Item.Price)
            .ThenBy(match => match.Item.Id.Serial)
            .Take(Limits.MaxSearchResults)
            .Select(match => match.Item)];
    }
}
