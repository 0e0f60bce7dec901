using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Catalog;

/// <summary>Ratings of sellers; concurrent reads share one statement.</summary>
internal sealed class SellerRatings
{
    private readonly Batcher<long, Rating?> _batcher;

    public SellerRatings(DatabasePool database) =>
        _batcher = new Batcher<long, Rating?>(database, new BatchOptions(DatabaseAccess.Read), FindAsync);

    /// <exception cref="MarketplaceException">There is no such seller.</exception>
    public async Task<Rating> FindAsync(long sellerId) => await _batcher.RunAsync(sellerId)
        ?? throw new MarketplaceException(ErrorCodes.NotFound, $"there is no seller {sellerId}");

    private static async Task FindAsync(DatabaseSession session, IReadOnlyList<BatchItem<long, Rating?>> batch)
    {
        var ratings = (await ItemRows.QueryAsync(
            session.Connection,
            $"SELECT id, thumbs_up, thumbs_down FROM {MarketplaceSchema.Customer}.seller WHERE id IN (@keys)",
            batch.Select(read => read.Request).ToHashSet(),
            row => (Id: row.GetInt64(0), Rating: new Rating(row.GetInt32(1), row.GetInt32(2)))))
            .ToDictionary(row => row.Id, row => row.Rating);
        foreach (var read in batch)
        {
            read.SetResult(ratings.GetValueOrDefault(read.Request));
        }
    }
}
