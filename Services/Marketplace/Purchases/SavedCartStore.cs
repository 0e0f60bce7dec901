using Dapper;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Purchases;

/// <summary>Carts that outlive their session, because the buyer saved them.</summary>
internal sealed class SavedCartStore(DatabasePool database)
{
    private const string Table = MarketplaceSchema.Customer + ".saved_cart";

    public Task<IReadOnlyList<CartLine>> ReadAsync(long buyerId) => database.RunAsync(
        DatabaseAccess.Read,
        async session => (IReadOnlyList<CartLine>)[.. (await session.Connection
            .QueryAsync<(int Category, long Serial, int Quantity)>(
                $"SELECT category, serial, quantity FROM {Table} WHERE buyer_id = @buyerId", new { buyerId }))
            .Select(row => new CartLine(new ItemId(row.Category, row.Serial), row.Quantity))]);

    /// <summary>Replaces what was saved before.</summary>
    public Task SaveAsync(long buyerId, IReadOnlyList<CartLine> lines) => database.RunAsync(DatabaseAccess.Write, async session =>
    {
        await session.Connection.ExecuteAsync("START TRANSACTION");
        await session.Connection.ExecuteAsync($"DELETE FROM {Table} WHERE buyer_id = @buyerId", new { buyerId });
        foreach (var line in lines)
        {
            await session.Connection.ExecuteAsync(
                $"INSERT INTO {Table} (buyer_id, serial, category, quantity) VALUES (@buyerId, @Serial, @Category, @Quantity)",
                new { buyerId, line.Item.Serial, line.Item.Category, line.Quantity });
        }

        await session.CommitAsync();
        return true;
    });
}
