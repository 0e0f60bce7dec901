using Dapper;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Purchases;

/// <summary>Thumbs: one per buyer and item that was bought; they count for the item and for its seller.</summary>
internal sealed class FeedbackStore(DatabasePool database)
{
    private const string Feedback = MarketplaceSchema.Product + ".feedback";

    /// <returns>The item, for telling who shows it.</returns>
    /// <exception cref="MarketplaceException">No such item, not bought, or feedback was given before.</exception>
    public Task<ItemIdentity> GiveAsync(PurchaseId request, ItemId item, bool isUp) =>
        database.RunAsync(DatabaseAccess.Write, async session =>
        {
            var connection = session.Connection;
            await connection.ExecuteAsync("START TRANSACTION");
            var key = new { request.BuyerId, request.RequestId, item.Serial, item.Category, IsUp = isUp ? 1 : 0 };
            var (sellerId, keywords, isBought) = await connection.QuerySingleOrDefaultAsync<(long SellerId, string? Keywords, long IsBought)>(
                $"SELECT i.seller_id, i.keywords, EXISTS (SELECT 1 FROM {MarketplaceSchema.Product}.purchase_line l JOIN {MarketplaceSchema.Product}.purchase p USING (buyer_id, request_id) WHERE l.buyer_id = @BuyerId AND l.serial = i.serial AND p.state = 'paid') FROM {MarketplaceSchema.Product}.item i WHERE i.serial = @Serial AND i.category = @Category",
                key);
            if (keywords is null)
            {
                throw new MarketplaceException(ErrorCodes.NotFound, $"there is no item {item}");
            }

            if (isBought == 0)
            {
                throw new MarketplaceException(ErrorCodes.NotPurchased, $"only who bought item {item} can give feedback");
            }

            var identity = new ItemIdentity(item, sellerId, ItemRows.SplitKeywords(keywords));
            try
            {
                await connection.ExecuteAsync(
                    $"INSERT INTO {Feedback} (buyer_id, serial, request_id, is_up) VALUES (@BuyerId, @Serial, @RequestId, @IsUp)", key);
            }
            catch (Exception exception) when (MySqlDriver.IsDuplicateKey(exception))
            {
                await session.RollBackAsync();
                var givenBy = await connection.QuerySingleAsync<long>(
                    $"SELECT request_id FROM {Feedback} WHERE buyer_id = @BuyerId AND serial = @Serial", key);
                return givenBy == request.RequestId
                    ? identity
                    : throw new MarketplaceException(ErrorCodes.AlreadyGiven, $"you gave feedback on item {item} before");
            }

            var thumbs = isUp ? "thumbs_up = thumbs_up + 1" : "thumbs_down = thumbs_down + 1";
            await connection.ExecuteAsync(
                $"UPDATE {MarketplaceSchema.Product}.item SET {thumbs} WHERE serial = @Serial; UPDATE {MarketplaceSchema.Customer}.seller SET {thumbs} WHERE id = {sellerId}; COMMIT",
                key);
            return identity;
        });
}
