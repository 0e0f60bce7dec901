using System.Data.Common;
using System.Text.Json;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Schema;
using Lab.Marketplace.Server;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Catalog;

/// <summary>An item with its place in its seller's list.</summary>
internal readonly record struct ListedItem(Item Item, long Position);

/// <summary>A page of a seller's items, in the order of the list.</summary>
/// <param name="Items">The page.</param>
/// <param name="HasMore">The list goes on after it.</param>
internal sealed record ItemPage(IReadOnlyList<ListedItem> Items, bool HasMore)
{
    private byte[]? _json;

    /// <summary>Whether writing it keeps a processor for milliseconds.</summary>
    public bool IsLarge => Items.Count > LargeReplies.ManyRows;

    /// <summary>
    /// Its JSON text. A large page is written once for all who asked for it together, and copied for each; small ones are
    /// written faster than that.
    /// </summary>
    public void WriteTo(Utf8JsonWriter json, Action<Utf8JsonWriter, ItemPage> write)
    {
        if (IsLarge)
        {
            json.WriteRawValue(_json ??= ReplyFrame.ToJson(this, write), skipInputValidation: true);
        }
        else
        {
            write(json, this);
        }
    }
}

/// <summary>Reads of single items and of a seller's items; concurrent reads of a kind share one statement.</summary>
internal sealed class ItemQueries : IDisposable
{
    private readonly DatabasePool _database;
    private readonly SemaphoreSlim _pages = new(1);
    private readonly Batcher<long, Item?> _bySerial;
    private readonly Batcher<long, ItemPage> _bySeller;

    public ItemQueries(DatabasePool database)
    {
        _database = database;
        _bySerial = new Batcher<long, Item?>(database, new BatchOptions(DatabaseAccess.Read), FindBySerialAsync);
        _bySeller = new Batcher<long, ItemPage>(database, new BatchOptions(DatabaseAccess.Read), FindBySellerAsync);
    }

    /// <summary>The item, or null when there is none of that id.</summary>
    public async Task<Item?> FindAsync(ItemId id) => await _bySerial.RunAsync(id.Serial) is { } item && item.Id == id ? item : null;

    /// <param name="sellerId">Whose items.</param>
    /// <param name="after">Where the page begins: 0, or the position of the last item that was taken from the page before.</param>
    public Task<ItemPage> OfSellerAsync(long sellerId, long after) => after == 0
        ? _bySeller.RunAsync(sellerId)
        : NextPageAsync(sellerId, after);

    /// <summary>Of long lists, one at a time: the database's other jobs must not wait for many of them.</summary>
    private async Task<ItemPage> NextPageAsync(long sellerId, long after)
    {
        await _pages.WaitAsync();
        try
        {
            return await _database.RunAsync(DatabaseAccess.Read, session => ReadPageAsync(session.Connection, sellerId, after));
        }
        finally
        {
            _pages.Release();
        }
    }

    public void Dispose() => _pages.Dispose();

    private static async Task FindBySerialAsync(DatabaseSession session, IReadOnlyList<BatchItem<long, Item?>> batch)
    {
        var items = (await ItemRows.QueryAsync(
            session.Connection,
            $"SELECT {ItemRows.Columns} FROM {MarketplaceSchema.Product}.item i WHERE i.serial IN (@keys)",
            batch.Select(read => read.Request).ToHashSet(),
            ItemRows.Read)).ToDictionary(item => item.Id.Serial);
        foreach (var read in batch)
        {
            read.SetResult(items.GetValueOrDefault(read.Request));
        }
    }

    private static async Task FindBySellerAsync(DatabaseSession session, IReadOnlyList<BatchItem<long, ItemPage>> batch)
    {
        // As many rows as fit into one page: usually all items of all these sellers.
        var sellers = batch.Select(read => read.Request).ToHashSet();
        var items = await ItemRows.QueryAsync(
            session.Connection,
            $"SELECT {ItemRows.Columns}, i.request_id FROM {MarketplaceSchema.Product}.item i WHERE i.seller_id IN (@keys) LIMIT {Limits.MaxItemsPerPage + 1}",
            sellers,
            ReadListed);
        var pages = new Dictionary<long, ItemPage>();
        if (items.Count <= Limits.MaxItemsPerPage)
        {
            pages = items.GroupBy(listed => listed.Item.SellerId).ToDictionary(
                group => group.Key, group => new ItemPage([.. group.OrderBy(listed => listed.Position)], HasMore: false));
        }
        else
        {
            foreach (var seller in sellers)
            {
                pages[seller] = await ReadPageAsync(session.Connection, seller, after: 0);
            }
        }

        foreach (var read in batch)
        {
            read.SetResult(pages.GetValueOrDefault(read.Request) ?? new ItemPage([], HasMore: false));
        }
    }

    /// <summary>Pages follow the index by request id: every item comes exactly once, whatever is registered meanwhile.</summary>
    private static async Task<ItemPage> ReadPageAsync(DbConnection connection, long sellerId, long after)
    {
        var items = await ItemRows.QueryAsync(
            connection,
            $"SELECT {ItemRows.Columns}, i.request_id FROM {MarketplaceSchema.Product}.item i WHERE i.seller_id = {sellerId} AND i.request_id > {after} ORDER BY i.request_id LIMIT {Limits.MaxItemsPerPage + 1}",
            ReadListed);
        return items.Count <= Limits.MaxItemsPerPage
            ? new ItemPage(items, HasMore: false)
            : new ItemPage(items[..Limits.MaxItemsPerPage], HasMore: true);
    }

    private static ListedItem ReadListed(DbDataReader row) => new(ItemRows.Read(row), row.GetInt64(ItemRows.ColumnCount));
}
