using System.Data.Common;
using System.Text;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Catalog;

/// <summary>A seller's change to an item: a new price, or a new number of units.</summary>
internal sealed record ItemChange(long SellerId, ItemId Item, decimal? Price, int? Quantity);

/// <summary>Changes items; concurrent changes share a commit.</summary>
internal sealed class ItemChanges
{
    private readonly Batcher<ItemChange, ItemIdentity> _batcher;

    public ItemChanges(DatabasePool database) =>
        _batcher = new Batcher<ItemChange, ItemIdentity>(database, new BatchOptions(DatabaseAccess.Write), ApplyAsync);

    /// <returns>The item, for telling who shows it.</returns>
    /// <exception cref="MarketplaceException">There is no such item, or it is another seller's.</exception>
    public Task<ItemIdentity> ApplyAsync(ItemChange change) => _batcher.RunAsync(change);

    private static async Task ApplyAsync(DatabaseSession session, IReadOnlyList<BatchItem<ItemChange, ItemIdentity>> batch)
    {
        var items = await FindAsync(session.Connection, batch);
        var updates = new StringBuilder("START TRANSACTION");
        foreach (var change in batch)
        {
            if (!items.TryGetValue(change.Request.Item, out var item))
            {
                change.Refuse(new MarketplaceException(ErrorCodes.NotFound, $"there is no item {change.Request.Item}"));
            }
            else if (item.SellerId != change.Request.SellerId)
            {
                change.Refuse(new MarketplaceException(ErrorCodes.NotOwner, $"item {item.Id} belongs to another seller"));
            }
            else
            {
                updates.Append(UpdateStatement(change.Request));
                change.SetResult(item);
            }
        }

        await using var command = session.Connection.CreateCommand();
        await session.ExecuteAndCommitAsync(command, updates);
    }

    /// <summary>Owner and keywords of an item never change, so they can be read before the transaction.</summary>
    private static async Task<Dictionary<ItemId, ItemIdentity>> FindAsync(
        DbConnection connection, IEnumerable<BatchItem<ItemChange, ItemIdentity>> batch)
    {
        var serials = batch.Select(change => change.Request.Item.Serial).Distinct();
        return (await ItemRows.QueryAsync(
            connection,
            $"SELECT serial, category, seller_id, keywords FROM {MarketplaceSchema.Product}.item WHERE serial IN ({string.Join(',', serials)})",
            row => new ItemIdentity(
                new ItemId(row.GetInt32(1), row.GetInt64(0)), row.GetInt64(2), ItemRows.SplitKeywords(row.GetString(3)))))
            .ToDictionary(item => item.Id);
    }

    private static string UpdateStatement(ItemChange change)
    {
        // Assignments run from left to right: `registered` takes the difference before `quantity` is replaced.
        var assignment = change.Price is { } price
            ? $"price = {price}"
            : $"registered = registered + ({change.Quantity} - quantity), quantity = {change.Quantity}";
        return $"; UPDATE {MarketplaceSchema.Product}.item SET {assignment} WHERE serial = {change.Item.Serial}";
    }
}
