using System.Data.Common;
using Dapper;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Purchases;

/// <summary>
/// Purchases in two transactions with the payment between them: units are set aside, the card is charged, the purchase
/// is finished. Whoever finds a reserved purchase, after a crash or in a retry, can finish it: nothing is done twice.
/// </summary>
internal sealed class PurchaseStore(DatabasePool database)
{
    private const string Items = MarketplaceSchema.Product + ".item";
    private const string Purchases = MarketplaceSchema.Product + ".purchase";
    private const string Lines = MarketplaceSchema.Product + ".purchase_line";

    /// <summary>The purchase, or null when the request has not made one.</summary>
    public Task<Purchase?> FindAsync(PurchaseId id) =>
        database.RunAsync(DatabaseAccess.Read, session => ReadAsync(session.Connection, id));

    /// <summary>Sets the units aside; if another attempt of the same request was faster, its purchase is returned.</summary>
    /// <exception cref="MarketplaceException">An item is gone, or has too few units; nothing is set aside.</exception>
    public Task<Purchase> ReserveAsync(PurchaseId id, IReadOnlyList<CartLine> cart, DateTime nowUtc) =>
        database.RunAsync(DatabaseAccess.Write, async session =>
        {
            var connection = session.Connection;
            await connection.ExecuteAsync("START TRANSACTION");
            try
            {
                // First of all: another attempt of the same request waits here until this one is through.
                await connection.ExecuteAsync(
                    $"INSERT INTO {Purchases} (buyer_id, request_id, state, amount, created_at) VALUES (@BuyerId, @RequestId, 'reserved', 0, @nowUtc)",
                    new { id.BuyerId, id.RequestId, nowUtc });
            }
            catch (Exception exception) when (MySqlDriver.IsDuplicateKey(exception))
            {
                await session.RollBackAsync();
                return (await ReadAsync(connection, id))!;
            }

            var amount = await SetAsideAsync(connection, id, cart);
            await connection.ExecuteAsync(
                $"UPDATE {Purchases} SET amount = @amount WHERE buyer_id = @BuyerId AND request_id = @RequestId; COMMIT",
                new { amount, id.BuyerId, id.RequestId });
            return (await ReadAsync(connection, id))!;
        });

    /// <summary>Gives the units to the buyer, or back to the seller; does nothing when that has been done.</summary>
    public Task<Purchase> FinishAsync(PurchaseId id, bool isPaid) => database.RunAsync(DatabaseAccess.Write, async session =>
    {
        var connection = session.Connection;
        await connection.ExecuteAsync("START TRANSACTION");
        var state = isPaid ? "paid" : "declined";
        var isFirst = await connection.ExecuteAsync(
            $"UPDATE {Purchases} SET state = @state WHERE buyer_id = @BuyerId AND request_id = @RequestId AND state = 'reserved'",
            new { state, id.BuyerId, id.RequestId }) == 1;
        var purchase = (await ReadAsync(connection, id))!;
        if (isFirst)
        {
            await connection.ExecuteAsync(isPaid ? HandOver(id, purchase) : GiveBack(purchase));
        }

        await session.CommitAsync();
        return purchase;
    });

    /// <summary>Reserved purchases that nobody has finished for a while: their server died.</summary>
    public Task<IReadOnlyList<PurchaseId>> FindAbandonedAsync(DateTime beforeUtc) => database.RunAsync(
        DatabaseAccess.Read,
        async session => (IReadOnlyList<PurchaseId>)[.. (await session.Connection
            .QueryAsync<(long BuyerId, long RequestId)>(
                $"SELECT buyer_id, request_id FROM {Purchases} WHERE state = 'reserved' AND created_at < @beforeUtc LIMIT 100",
                new { beforeUtc }))
            .Select(row => new PurchaseId(row.BuyerId, row.RequestId))]);

    /// <summary>What a buyer bought, newest first, at most 1000 lines.</summary>
    public Task<IReadOnlyList<PurchasedItem>> OfBuyerAsync(long buyerId) => database.RunAsync(
        DatabaseAccess.Read,
        async session => (IReadOnlyList<PurchasedItem>)[.. (await session.Connection
            .QueryAsync<(int Category, long Serial, string Name, int Quantity, decimal Price, DateTime At)>(
                $"SELECT l.category, l.serial, i.name, l.quantity, l.price, p.created_at FROM {Purchases} p JOIN {Lines} l USING (buyer_id, request_id) JOIN {Items} i ON i.serial = l.serial WHERE p.buyer_id = @buyerId AND p.state = 'paid' ORDER BY p.created_at DESC, l.serial LIMIT 1000",
                new { buyerId }))
            .Select(row => new PurchasedItem(
                new ItemId(row.Category, row.Serial), row.Name, row.Quantity, row.Price, DateTime.SpecifyKind(row.At, DateTimeKind.Utc)))]);

    /// <summary>All of it are numbers. Rows change in the order of their keys, as in every purchase.</summary>
    private static string HandOver(PurchaseId id, Purchase purchase)
    {
        var sold = purchase.Lines.Select(line => $"UPDATE {Items} SET sold = sold + {line.Quantity} WHERE serial = {line.Item.Serial}");
        var earned = purchase.Lines.Zip(purchase.Items).GroupBy(line => line.Second.SellerId).OrderBy(seller => seller.Key)
            .Select(seller => $"UPDATE {MarketplaceSchema.Customer}.seller SET items_sold = items_sold + {seller.Sum(line => line.First.Quantity)} WHERE id = {seller.Key}");
        var serials = string.Join(',', purchase.Lines.Select(line => line.Item.Serial));
        return string.Join(
            ';',
            [
                .. sold,
                .. earned,
                $"UPDATE {MarketplaceSchema.Customer}.buyer SET items_purchased = items_purchased + {purchase.Lines.Sum(line => line.Quantity)} WHERE id = {id.BuyerId}",
                $"DELETE FROM {MarketplaceSchema.Customer}.saved_cart WHERE buyer_id = {id.BuyerId} AND serial IN ({serials})",
            ]);
    }

    private static string GiveBack(Purchase purchase) => string.Join(
        ';', purchase.Lines.Select(line => $"UPDATE {Items} SET quantity = quantity + {line.Quantity} WHERE serial = {line.Item.Serial}"));

    /// <returns>The price of all units.</returns>
    private static async Task<decimal> SetAsideAsync(DbConnection connection, PurchaseId id, IReadOnlyList<CartLine> cart)
    {
        // Rows are locked in one order by every purchase.
        var serials = string.Join(',', cart.Select(line => line.Item.Serial).Order());
        var offers = (await connection
            .QueryAsync<(long Serial, int Category, long SellerId, decimal Price, int Quantity, string Name)>(
                $"SELECT serial, category, seller_id, price, quantity, name FROM {Items} WHERE serial IN ({serials}) ORDER BY serial FOR UPDATE"))
            .ToDictionary(offer => offer.Serial);
        var amount = 0m;
        foreach (var line in cart)
        {
            if (!offers.TryGetValue(line.Item.Serial, out var offer) || offer.Category != line.Item.Category)
            {
                throw new MarketplaceException(ErrorCodes.NotFound, $"there is no item {line.Item} any more");
            }

            if (offer.Quantity < line.Quantity)
            {
                throw new MarketplaceException(
                    ErrorCodes.OutOfStock, $"item {line.Item} has {offer.Quantity} units left, the cart wants {line.Quantity}");
            }

            await connection.ExecuteAsync(
                $"UPDATE {Items} SET quantity = quantity - @Quantity WHERE serial = @Serial; INSERT INTO {Lines} (buyer_id, request_id, serial, category, seller_id, quantity, price) VALUES (@BuyerId, @RequestId, @Serial, @Category, @SellerId, @Quantity, @Price)",
                new { line.Quantity, offer.Serial, id.BuyerId, id.RequestId, offer.Category, offer.SellerId, offer.Price });
            amount += offer.Price * line.Quantity;
        }

        return amount;
    }

    private static async Task<Purchase?> ReadAsync(DbConnection connection, PurchaseId id)
    {
        var key = new { id.BuyerId, id.RequestId };
        var (state, amount) = await connection.QuerySingleOrDefaultAsync<(string? State, decimal Amount)>(
            $"SELECT state, amount FROM {Purchases} WHERE buyer_id = @BuyerId AND request_id = @RequestId", key);
        if (state is null)
        {
            return null;
        }

        var rows = (await connection.QueryAsync<(int Category, long Serial, int Quantity, long SellerId, string Keywords)>(
            $"SELECT l.category, l.serial, l.quantity, l.seller_id, i.keywords FROM {Lines} l JOIN {Items} i ON i.serial = l.serial WHERE l.buyer_id = @BuyerId AND l.request_id = @RequestId ORDER BY l.serial",
            key)).ToList();
        return new Purchase(
            Enum.Parse<PurchaseState>(state, ignoreCase: true),
            amount,
            [.. rows.Select(row => new CartLine(new ItemId(row.Category, row.Serial), row.Quantity))],
            [.. rows.Select(row => new ItemIdentity(
                new ItemId(row.Category, row.Serial), row.SellerId, ItemRows.SplitKeywords(row.Keywords)))]);
    }
}
