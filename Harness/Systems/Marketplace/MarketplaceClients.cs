using Lab.Harness.Load;
using Lab.Marketplace.Protocol;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>get_seller_rating of a random seller.</summary>
internal sealed class RatingReader(MarketplacePopulation population, int index, Random random) : LoadClient(index)
{
    public override long LastRequestId => population.Buyers[Index].Client.LastRequestId;

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        var sellerId = population.Sellers[random.Next(population.Sellers.Count)].ShopId;
        var rating = await population.Buyers[Index].Client.GetSellerRatingAsync(sellerId, cancellationToken);
        if (rating != SellerAccount.RatingOf(sellerId))
        {
            throw new WrongAnswerException($"seller {sellerId} is rated {rating}");
        }
    }
}

/// <summary>search_items for category and keywords of a random item, which therefore must be among the best matches.</summary>
internal sealed class ItemSearcher(MarketplacePopulation population, int index, Random random) : LoadClient(index)
{
    public override long LastRequestId => population.Buyers[Index].Client.LastRequestId;

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        var wanted = population.Goods[random.Next(population.Goods.Count)];
        var found = await population.Buyers[Index].Client.SearchItemsAsync(wanted.Category, wanted.Keywords, cancellationToken);
        if (found.Count == 0
            || found.Any(item => item.Id.Category != wanted.Category)
            || found[0].Keywords.Intersect(wanted.Keywords, StringComparer.Ordinal).Count() != wanted.Keywords.Count)
        {
            throw new WrongAnswerException($"the search for {string.Join(", ", wanted.Keywords)} found {found.Count} items, the best not matching all");
        }
    }
}

/// <summary>display_items_for_sale of the client's own shop.</summary>
internal sealed class ItemDisplayer(MarketplacePopulation population, int index, int items) : LoadClient(index)
{
    public override long LastRequestId => population.Sellers[Index].Client.LastRequestId;

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        var seller = population.Sellers[Index];
        seller.Client.Session = seller.ShopSession;
        var shown = await seller.Client.DisplayItemsAsync(cancellationToken);
        if (shown.Count != items || shown.Any(item => item.SellerId != seller.ShopId))
        {
            throw new WrongAnswerException($"{shown.Count} items were shown instead of {items} own ones");
        }
    }
}

/// <summary>register_item_for_sale; remembers what was acknowledged.</summary>
internal sealed class ItemRegistrar(MarketplacePopulation population, int index, Random random) : LoadClient(index)
{
    private readonly List<long> _acknowledged = [];

    /// <summary>Serial numbers that the server gave.</summary>
    public IReadOnlyList<long> Acknowledged => _acknowledged;

    /// <summary>Registrations that may or may not have been done.</summary>
    public long InDoubt { get; private set; }

    public override long LastRequestId => population.Sellers[Index].Client.LastRequestId;

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        var seller = population.Sellers[Index];
        seller.Client.Session = seller.LotsSession;
        try
        {
            var item = await seller.Client.RegisterItemAsync(MarketplaceGoods.NextLot(random), cancellationToken);
            _acknowledged.Add(item.Serial);
        }
        catch (MarketplaceException refused) when (refused.Code != ErrorCodes.OutcomeUnknown)
        {
            throw;
        }
        catch
        {
            InDoubt++;
            throw;
        }
    }
}
