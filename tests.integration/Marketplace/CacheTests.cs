using Lab.Marketplace.Domain;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>With the cache on, nobody reads what was before a write that he saw acknowledged.</summary>
[Collection(SharedLabTests.Name)]
public class CacheTests(SharedLab lab) : IAsyncLifetime
{
    private static readonly string[] Servers = [MarketplaceTopology.SellerServer, SharedLab.Replica, MarketplaceTopology.BuyerServer];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await SwitchAsync("redis");

    public async ValueTask DisposeAsync()
    {
        await SwitchAsync("off");
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Reads_after_an_acknowledged_write_show_it_on_every_server()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var replica = new Lab.Marketplace.Client.SellerClient(lab.Server(SharedLab.Replica)) { Session = seller.Session };
        await using var buyer = await lab.NewBuyerAsync();
        var keyword = StoryTests.NewKeyword();
        Assert.Empty(await seller.DisplayItemsAsync(Token));
        Assert.Empty(await buyer.SearchItemsAsync(31, [keyword], Token));

        var id = await seller.RegisterItemAsync(StoryTests.Salt(100, 31, keyword), Token);
        for (var change = 1; change <= 30; change++)
        {
            var writer = change % 2 == 0 ? seller : replica;
            await writer.ChangeItemPriceAsync(id, change, Token);
            Assert.Equal(change, Assert.Single(await seller.DisplayItemsAsync(Token)).Price);
            Assert.Equal(change, Assert.Single(await replica.DisplayItemsAsync(Token)).Price);
            Assert.Equal(change, Assert.Single(await buyer.SearchItemsAsync(31, [keyword], Token)).Price);
            Assert.Equal(change, (await buyer.GetItemAsync(id, Token)).Price);
        }
    }

    [Fact]
    public async Task A_purchase_and_its_feedback_are_seen_at_once()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var keyword = StoryTests.NewKeyword();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(5, 32, keyword), Token);
        var sellerId = Assert.Single(await buyer.SearchItemsAsync(32, [keyword], Token)).SellerId;
        Assert.Equal(new Rating(0, 0), await buyer.GetSellerRatingAsync(sellerId, Token));

        await buyer.AddItemToCartAsync(id, 5, Token);
        await buyer.MakePurchaseAsync(StoryTests.GoodCard, Token);
        Assert.Empty(await buyer.SearchItemsAsync(32, [keyword], Token));
        Assert.Equal(0, Assert.Single(await seller.DisplayItemsAsync(Token)).Quantity);
        await buyer.ProvideFeedbackAsync(id, isUp: false, Token);
        Assert.Equal(new Rating(0, 1), await buyer.GetSellerRatingAsync(sellerId, Token));
        Assert.Equal(new Rating(0, 1), await seller.GetSellerRatingAsync(null, Token));
    }

    [Fact]
    public async Task Readers_in_a_hurry_never_bring_an_old_result_back()
    {
        await using var seller = await lab.NewSellerAsync();
        var readers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => lab.NewBuyerAsync()));
        var keyword = StoryTests.NewKeyword();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(100, 33, keyword), Token);
        var acknowledged = 0;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var reading = readers.Select(reader => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var before = Volatile.Read(ref acknowledged);
                var seen = Assert.Single(await reader.SearchItemsAsync(33, [keyword], Token)).Price;
                Assert.True(seen >= before, $"read {seen} after {before} was acknowledged");
            }
        })).ToList();
        for (var price = 3; price <= 200; price++)
        {
            await seller.ChangeItemPriceAsync(id, price, Token);
            Volatile.Write(ref acknowledged, price);
        }

        await done.CancelAsync();
        await Task.WhenAll(reading);
        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_was_written_while_the_cache_was_off_is_not_forgotten_when_it_is_on_again()
    {
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(), Token);
        Assert.Single(await seller.DisplayItemsAsync(Token));
        await SwitchAsync("off");
        await seller.ChangeItemPriceAsync(id, 42m, Token);
        await SwitchAsync("redis");
        Assert.Equal(42m, Assert.Single(await seller.DisplayItemsAsync(Token)).Price);
    }

    [Fact]
    public async Task Reads_are_really_served_from_the_cache()
    {
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(), Token);
        Assert.Equal(2.50m, Assert.Single(await seller.DisplayItemsAsync(Token)).Price);

        // Behind the servers' back: only a read of the database could see it.
        lab.Execute($"UPDATE lab_product.item SET price = 99 WHERE serial = {id.Serial}");
        Assert.Equal(2.50m, Assert.Single(await seller.DisplayItemsAsync(Token)).Price);
        await SwitchAsync("off");
        Assert.Equal(99m, Assert.Single(await seller.DisplayItemsAsync(Token)).Price);
    }

    private async Task SwitchAsync(string cache)
    {
        foreach (var server in Servers)
        {
            await lab.SetFactorsAsync(server, ("cache", cache));
        }
    }
}
