using Lab.Harness.Archive;
using Lab.Harness.Systems.Marketplace;
using Lab.Marketplace.Domain;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Integration.Marketplace;

namespace Lab.Tests.Integration.Harness;

/// <summary>A checker that never says false proves nothing: here the books are spoiled on purpose.</summary>
[Collection(SharedLabTests.Name)]
public sealed class VerdictTests(SharedLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_registration_is_noticed()
    {
        var (ledger, items) = await RegisterAsync(5);
        Assert.Equal(Verdict.True, Check(ledger));
        lab.Execute($"DELETE FROM lab_product.item WHERE serial = {items[2].Serial}");
        Assert.Equal(Verdict.False, Check(ledger));
    }

    [Fact]
    public async Task A_registration_nobody_was_told_of_is_noticed_unless_its_reply_was_lost()
    {
        var (ledger, items) = await RegisterAsync(5);
        var fewer = ledger with { Acknowledged = [.. ledger.Acknowledged.Where(serial => serial != items[0].Serial)] };
        Assert.Equal(Verdict.False, Check(fewer));
        Assert.Equal(Verdict.True, Check(fewer with { InDoubt = 1 }));
    }

    [Fact]
    public async Task An_item_acknowledged_twice_is_noticed()
    {
        var (ledger, items) = await RegisterAsync(3);
        Assert.Equal(Verdict.False, Check(ledger with { Acknowledged = [.. ledger.Acknowledged, items[0].Serial] }));
    }

    [Theory]
    [InlineData("quantity = quantity + 1")]
    [InlineData("sold = sold + 1")]
    [InlineData("quantity = -1, registered = -1")]
    public async Task Units_that_do_not_add_up_are_noticed(string spoil)
    {
        var (_, items) = await RegisterAsync(1);
        lab.Execute($"UPDATE lab_product.item SET {spoil} WHERE serial = {items[0].Serial}");
        Assert.Equal(Verdict.False, new MarketplaceInvariants(lab.DatabaseConnection).CheckBooks().Verdict);
        lab.Execute($"DELETE FROM lab_product.item WHERE serial = {items[0].Serial}");
        Assert.Equal(Verdict.True, new MarketplaceInvariants(lab.DatabaseConnection).CheckBooks().Verdict);
    }

    [Theory]
    [InlineData("INSERT INTO lab_customer.payment (buyer_id, request_id, outcome, amount, card_digits) VALUES (800001, 1, 'approved', 1, '4242')", "DELETE FROM lab_customer.payment WHERE buyer_id = 800001")]
    [InlineData("INSERT INTO lab_product.purchase (buyer_id, request_id, state, amount, created_at) VALUES (800002, 1, 'paid', 1, UTC_TIMESTAMP(3))", "DELETE FROM lab_product.purchase WHERE buyer_id = 800002")]
    public void Money_without_goods_and_goods_without_money_are_noticed(string spoil, string mend)
    {
        lab.Execute(spoil);
        Assert.Equal(Verdict.False, new MarketplaceInvariants(lab.DatabaseConnection).CheckBooks().Verdict);
        lab.Execute(mend);
        Assert.Equal(Verdict.True, new MarketplaceInvariants(lab.DatabaseConnection).CheckBooks().Verdict);
    }

    private Verdict Check(RegistrationLedger ledger) =>
        new MarketplaceInvariants(lab.DatabaseConnection).CheckRegistrations(ledger).Verdict;

    private async Task<(RegistrationLedger Ledger, ItemId[] Items)> RegisterAsync(int count)
    {
        await using var seller = await lab.NewSellerAsync();
        var items = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => seller.RegisterItemAsync(StoryTests.Salt(), Token)));
        var sellerId = lab.Sql<long>($"SELECT seller_id FROM lab_product.item WHERE serial = {items[0].Serial}");
        return (new RegistrationLedger(new HashSet<long> { sellerId }, [.. items.Select(item => item.Serial)], 0), items);
    }
}
