using Lab.Harness.Archive;
using Lab.Harness.Systems.Marketplace;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>Stock never becomes negative, and nobody is charged twice or for nothing.</summary>
[Collection(SharedLabTests.Name)]
public class PurchaseTests(SharedLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_many_buyers_at_once_only_as_many_buy_as_there_are_units()
    {
        const int Units = 5, Buyers = 20;
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(Units), Token);
        var buyers = await Task.WhenAll(Enumerable.Range(0, Buyers).Select(_ => lab.NewBuyerAsync()));
        await Task.WhenAll(buyers.Select(buyer => buyer.AddItemToCartAsync(id, 1, Token)));

        var outcomes = await Task.WhenAll(buyers.Select(async buyer =>
        {
            try
            {
                await buyer.MakePurchaseAsync(StoryTests.GoodCard, Token);
                return "bought";
            }
            catch (MarketplaceException refused)
            {
                return refused.Code;
            }
        }));

        Assert.Equal(Units, outcomes.Count(outcome => outcome == "bought"));
        Assert.Equal(Buyers - Units, outcomes.Count(outcome => outcome == ErrorCodes.OutOfStock));
        Assert.Equal((0, Units), ((int)lab.Sql<long>($"SELECT quantity FROM lab_product.item WHERE serial = {id.Serial}"), (int)lab.Sql<long>($"SELECT sold FROM lab_product.item WHERE serial = {id.Serial}")));
        AssertBooksAgree();
        foreach (var buyer in buyers)
        {
            await buyer.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_retry_with_the_same_request_id_is_the_same_purchase()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(10), Token);
        await buyer.AddItemToCartAsync(id, 4, Token);

        // Three attempts at once, as impatient clients and proxies make them, and one much later.
        const long RequestId = 4711;
        var receipts = await Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            await using var again = new BuyerClient(lab.Server(MarketplaceTopology.BuyerServer)) { Session = buyer.Session };
            return await again.MakePurchaseAsync(StoryTests.GoodCard, Token, RequestId);
        }));
        await buyer.AddItemToCartAsync(id, 1, Token);
        var late = await buyer.MakePurchaseAsync(StoryTests.GoodCard, Token, RequestId);

        Assert.All([.. receipts, late], receipt => Assert.Equal(10.00m, receipt.Amount));
        Assert.Equal(6, (await buyer.GetItemAsync(id, Token)).Quantity);
        Assert.Equal(1, lab.Sql<long>($"SELECT COUNT(*) FROM lab_customer.payment WHERE request_id = {RequestId}"));
        AssertBooksAgree();
    }

    [Fact]
    public async Task What_was_bought_leaves_the_cart_once_however_often_the_request_is_repeated()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(20), Token);
        await buyer.AddItemToCartAsync(id, 4, Token);
        const long RequestId = 4712;
        var receipt = await buyer.MakePurchaseAsync(StoryTests.GoodCard, Token, RequestId);
        Assert.Empty(await buyer.DisplayCartAsync(Token));

        await buyer.AddItemToCartAsync(id, 5, Token);
        var again = await buyer.MakePurchaseAsync(StoryTests.GoodCard, Token, RequestId);
        Assert.Equal(receipt.Lines, again.Lines);
        Assert.Equal([new CartLine(id, 5)], await buyer.DisplayCartAsync(Token));
        AssertBooksAgree();
    }

    [Fact]
    public async Task A_registration_is_repeated_by_its_request_id_and_not_made_twice()
    {
        await using var seller = await lab.NewSellerAsync();
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => seller.RegisterItemAsync(StoryTests.Salt(), Token, requestId: null)));
        Assert.Equal(8, ids.Distinct().Count());
        var first = await seller.RegisterItemAsync(StoryTests.Salt(), Token, requestId: 99);
        Assert.Equal(first, await seller.RegisterItemAsync(StoryTests.Salt(), Token, requestId: 99));
        Assert.Equal(9, (await seller.DisplayItemsAsync(Token)).Count);
    }

    [Fact]
    public async Task A_declined_card_buys_nothing_and_gives_the_units_back()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(3), Token);
        await buyer.AddItemToCartAsync(id, 2, Token);
        await StoryTests.RefusedAsync(ErrorCodes.PaymentDeclined, () => buyer.MakePurchaseAsync(StoryTests.BadCard, Token));
        await StoryTests.RefusedAsync(ErrorCodes.PaymentDeclined, () => buyer.MakePurchaseAsync(StoryTests.GoodCard with { Expires = "01/20" }, Token));
        Assert.Equal(3, (await buyer.GetItemAsync(id, Token)).Quantity);
        Assert.Equal([new CartLine(id, 2)], await buyer.DisplayCartAsync(Token));
        Assert.Empty(await buyer.GetPurchasesAsync(Token));
        await buyer.MakePurchaseAsync(StoryTests.GoodCard, Token);
        AssertBooksAgree();
    }

    [Theory]
    [InlineData("1234")]
    [InlineData("4242 4242 4242 4241")]
    [InlineData("four two four two")]
    public async Task A_number_that_is_no_card_is_refused_without_being_repeated(string number)
    {
        await using var buyer = await lab.NewBuyerAsync();
        var refused = await Assert.ThrowsAsync<MarketplaceException>(() => buyer.MakePurchaseAsync(StoryTests.GoodCard with { Number = number }, Token));
        Assert.Equal(ErrorCodes.InvalidArgument, refused.Code);
        Assert.DoesNotContain(number, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_cart_and_a_vanished_stock_are_refused()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        await StoryTests.RefusedAsync(ErrorCodes.CartEmpty, () => buyer.MakePurchaseAsync(StoryTests.GoodCard, Token));
        var (id, other) = (await seller.RegisterItemAsync(StoryTests.Salt(2), Token), await seller.RegisterItemAsync(StoryTests.Salt(9), Token));
        await StoryTests.RefusedAsync(ErrorCodes.OutOfStock, () => buyer.AddItemToCartAsync(id, 3, Token));
        await StoryTests.RefusedAsync(ErrorCodes.NotFound, () => buyer.AddItemToCartAsync(new ItemId(id.Category, 999_999_999), 1, Token));
        await StoryTests.RefusedAsync(ErrorCodes.NotFound, () => buyer.RemoveItemFromCartAsync(id, 1, Token));
        await buyer.AddItemToCartAsync(id, 2, Token);
        await buyer.AddItemToCartAsync(other, 2, Token);
        await seller.UpdateUnitsAsync(id, 1, Token);
        await StoryTests.RefusedAsync(ErrorCodes.OutOfStock, () => buyer.MakePurchaseAsync(StoryTests.GoodCard, Token));
        Assert.Equal(9, (await buyer.GetItemAsync(other, Token)).Quantity);
        await StoryTests.RefusedAsync(ErrorCodes.NotPurchased, () => buyer.ProvideFeedbackAsync(other, isUp: true, Token));
        AssertBooksAgree();
    }

    [Fact]
    public async Task A_purchase_whose_server_died_before_the_payment_is_given_up()
    {
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(10), Token);
        Abandon(buyerId: 900_001, id, units: 4);
        Assert.Equal("declined", await FinalStateAsync(900_001));
        Assert.Equal(10, lab.Sql<long>($"SELECT quantity FROM lab_product.item WHERE serial = {id.Serial}"));
        AssertBooksAgree();
    }

    [Fact]
    public async Task A_purchase_whose_server_died_after_the_payment_is_completed()
    {
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(10), Token);
        Abandon(buyerId: 900_002, id, units: 4);
        lab.Execute("INSERT INTO lab_customer.payment (buyer_id, request_id, outcome, amount, card_digits) VALUES (900002, 1, 'approved', 10.00, '4242')");
        Assert.Equal("paid", await FinalStateAsync(900_002));
        Assert.Equal((6, 4), ((int)lab.Sql<long>($"SELECT quantity FROM lab_product.item WHERE serial = {id.Serial}"), (int)lab.Sql<long>($"SELECT sold FROM lab_product.item WHERE serial = {id.Serial}")));
        AssertBooksAgree();
    }

    /// <summary>What a server leaves that dies between reservation and payment.</summary>
    private void Abandon(long buyerId, ItemId item, int units)
    {
        var sellerId = lab.Sql<long>($"SELECT seller_id FROM lab_product.item WHERE serial = {item.Serial}");
        lab.Execute($"""
            START TRANSACTION;
            INSERT INTO lab_product.purchase (buyer_id, request_id, state, amount, created_at) VALUES ({buyerId}, 1, 'reserved', {units} * 2.50, UTC_TIMESTAMP(3));
            INSERT INTO lab_product.purchase_line (buyer_id, request_id, serial, category, seller_id, quantity, price) VALUES ({buyerId}, 1, {item.Serial}, {item.Category}, {sellerId}, {units}, 2.50);
            UPDATE lab_product.item SET quantity = quantity - {units} WHERE serial = {item.Serial};
            COMMIT
            """);
    }

    /// <summary>The impatient buyer server looks for abandoned purchases every second.</summary>
    private async Task<string> FinalStateAsync(long buyerId)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            var state = lab.Sql<string>($"SELECT state FROM lab_product.purchase WHERE buyer_id = {buyerId}");
            if (state != "reserved")
            {
                return state;
            }

            await Task.Delay(100, Token);
        }

        return "reserved";
    }

    private void AssertBooksAgree()
    {
        var verdict = new MarketplaceInvariants(lab.DatabaseConnection).CheckBooks();
        Assert.True(verdict.Verdict == Verdict.True, verdict.Reason);
    }
}
