using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>What sellers and buyers do, from the first account to the last thumb.</summary>
[Collection(SharedLabTests.Name)]
public class StoryTests(SharedLab lab)
{
    internal static readonly Card GoodCard = new("4242424242424242", "Ann Buyer", "12/39");
    internal static readonly Card BadCard = new("4000000000000002", "Bob Buyer", "12/39");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static NewItem Salt(int quantity = 10, int category = 1, params string[] keywords) =>
        new("sea salt", category, keywords.Length == 0 ? ["salt", "sea"] : keywords, Condition.New, 2.50m, quantity);

    [Fact]
    public async Task A_purchase_moves_units_money_and_thumbs()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var keyword = NewKeyword();
        var id = await seller.RegisterItemAsync(Salt(10, 7, keyword), Token);

        var found = Assert.Single(await buyer.SearchItemsAsync(7, [keyword], Token));
        Assert.Equal((id, "sea salt", 2.50m, 10, Condition.New), (found.Id, found.Name, found.Price, found.Quantity, found.Condition));

        await buyer.AddItemToCartAsync(id, 3, Token);
        await buyer.RemoveItemFromCartAsync(id, 1, Token);
        Assert.Equal([new CartLine(id, 2)], await buyer.DisplayCartAsync(Token));

        var receipt = await buyer.MakePurchaseAsync(GoodCard, Token);
        Assert.Equal(5.00m, receipt.Amount);
        Assert.Empty(await buyer.DisplayCartAsync(Token));
        Assert.Equal(8, (await buyer.GetItemAsync(id, Token)).Quantity);
        var bought = Assert.Single(await buyer.GetPurchasesAsync(Token));
        Assert.Equal((id, 2, 2.50m), (bought.Item, bought.Quantity, bought.Price));

        await buyer.ProvideFeedbackAsync(id, isUp: true, Token);
        Assert.Equal(new Rating(1, 0), await seller.GetSellerRatingAsync(null, Token));
        Assert.Equal(new Rating(1, 0), await buyer.GetSellerRatingAsync(found.SellerId, Token));
        Assert.Equal(1, (await buyer.GetItemAsync(id, Token)).ThumbsUp);
        await RefusedAsync(ErrorCodes.AlreadyGiven, () => buyer.ProvideFeedbackAsync(id, isUp: false, Token));

        Assert.Equal(2, lab.Sql<long>($"SELECT items_sold FROM lab_customer.seller WHERE id = {found.SellerId}"));
        Assert.Equal(2, lab.Sql<long>($"SELECT sold FROM lab_product.item WHERE serial = {id.Serial}"));
    }

    [Fact]
    public async Task Prices_and_units_change_for_the_next_reader()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var id = await seller.RegisterItemAsync(Salt(), Token);
        await seller.ChangeItemPriceAsync(id, 3.75m, Token);
        await seller.UpdateUnitsAsync(id, 4, Token);
        var item = await buyer.GetItemAsync(id, Token);
        Assert.Equal((3.75m, 4), (item.Price, item.Quantity));
        Assert.Equal(item with { Keywords = [] }, Assert.Single(await seller.DisplayItemsAsync(Token)) with { Keywords = [] });
    }

    [Fact]
    public async Task A_saved_cart_outlives_its_session_and_an_unsaved_one_does_not()
    {
        await using var seller = await lab.NewSellerAsync();
        var (first, second) = (await seller.RegisterItemAsync(Salt(), Token), await seller.RegisterItemAsync(Salt(), Token));
        var name = lab.NewName("saver");
        await using var buyer = new BuyerClient(lab.Server(MarketplaceTopology.BuyerServer));
        await buyer.CreateAccountAsync(name, "long enough", Token);

        await buyer.LoginAsync(name, "long enough", Token);
        await buyer.AddItemToCartAsync(first, 1, Token);
        await buyer.SaveCartAsync(Token);
        await buyer.AddItemToCartAsync(second, 1, Token);
        await buyer.LogoutAsync(Token);

        await buyer.LoginAsync(name, "long enough", Token);
        Assert.Equal([new CartLine(first, 1)], await buyer.DisplayCartAsync(Token));
        await buyer.ClearCartAsync(Token);
        Assert.Empty(await buyer.DisplayCartAsync(Token));
    }

    [Fact]
    public async Task Search_ranks_by_matched_keywords_then_feedback_then_price_then_age()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var (one, two) = (NewKeyword(), NewKeyword());
        var dear = await RegisterAsync(9m, one);
        var cheap = await RegisterAsync(1m, one);
        var both = await RegisterAsync(99m, one, two);
        var cheapTwin = await RegisterAsync(1m, one);
        var loved = await RegisterAsync(50m, two);
        var soldOut = await RegisterAsync(1m, one, two);
        await seller.UpdateUnitsAsync(soldOut, 0, Token);
        lab.Execute($"UPDATE lab_product.item SET thumbs_up = 2, thumbs_down = 1 WHERE serial = {loved.Serial}");

        var found = await buyer.SearchItemsAsync(8, [one.ToUpperInvariant(), two], Token);
        Assert.Equal([both, loved, cheap, cheapTwin, dear], found.Select(item => item.Id));
        Assert.Empty(await buyer.SearchItemsAsync(9, [one, two], Token));

        Task<ItemId> RegisterAsync(decimal price, params string[] keywords) =>
            seller.RegisterItemAsync(Salt(5, 8, keywords) with { Price = price }, Token);
    }

    [Fact]
    public async Task A_popular_keyword_is_ranked_among_thousands_of_items()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var (popular, rare) = (NewKeyword(), NewKeyword());
        const int Items = 2_500;
        await Parallel.ForAsync(0, Items, Token, async (index, token) =>
            await seller.RegisterItemAsync(Salt(1, 11, popular) with { Price = 100 + (index % 50) }, token));
        var wanted = await seller.RegisterItemAsync(Salt(1, 11, popular, rare) with { Price = 900 }, Token);
        var bargain = await seller.RegisterItemAsync(Salt(1, 11, popular) with { Price = 1 }, Token);

        var searches = await Task.WhenAll(
            buyer.SearchItemsAsync(11, [popular, rare], Token),
            buyer.SearchItemsAsync(11, [rare], Token),
            buyer.SearchItemsAsync(11, [popular], Token),
            buyer.SearchItemsAsync(11, [], Token));
        Assert.Equal([wanted, bargain], searches[0].Take(2).Select(item => item.Id));
        Assert.Equal([wanted], searches[1].Select(item => item.Id));
        Assert.Equal(bargain, searches[2][0].Id);
        Assert.Equal(Limits.MaxSearchResults, searches[2].Count);
        Assert.Equal(bargain, searches[3][0].Id);
    }

    [Fact]
    public async Task A_long_list_comes_in_pages_and_every_item_once()
    {
        await using var seller = await lab.NewSellerAsync();
        const int Items = 3_000;
        var name = string.Concat(Enumerable.Repeat("\U0001F9C2", Limits.MaxNameLength));
        var ids = new System.Collections.Concurrent.ConcurrentBag<ItemId>();
        await Parallel.ForAsync(0, Items, Token, async (_, token) =>
            ids.Add(await seller.RegisterItemAsync(Salt(1, 12, Enumerable.Range(0, 5).Select(k => $"\u00e4\u00f6\u00fc\u00df-{k}").ToArray()) with { Name = name }, token)));
        var shown = await seller.DisplayItemsAsync(Token);
        Assert.Equal(ids.Order(ById), shown.Select(item => item.Id).Order(ById));
        Assert.All(shown, item => Assert.Equal(name, item.Name));
    }

    internal static async Task RefusedAsync(string code, Func<Task> request) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<MarketplaceException>(request)).Code);

    internal static string NewKeyword() => Guid.NewGuid().ToString("N")[..Limits.MaxKeywordLength];

    private static readonly Comparer<ItemId> ById = Comparer<ItemId>.Create((left, right) => left.Serial.CompareTo(right.Serial));
}
