using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;

namespace Lab.Marketplace.Purchases;

/// <summary>Makes purchases: reserve, charge, finish; and finishes those whose server died on the way.</summary>
internal sealed class Checkout(PurchaseStore purchases, IPaymentGateway payments, ReadCache cache, TimeProvider time)
{
    /// <param name="id">A retry comes with the same one, and gets the same receipt.</param>
    /// <param name="readCart">What the buyer wants; not asked when the purchase exists already.</param>
    /// <param name="takeOffCart">
    /// Takes what is bought off the cart. Asked before the purchase is finished, and so not by whoever repeats it later, when
    /// the cart is another one; a repetition after a crash in between asks again.
    /// </param>
    /// <param name="card">What pays.</param>
    /// <exception cref="MarketplaceException">The cart is empty, too few units are left, the card is declined.</exception>
    public async Task<Receipt> PurchaseAsync(
        PurchaseId id, Func<Task<IReadOnlyList<CartLine>>> readCart, Func<IReadOnlyList<CartLine>, Task> takeOffCart, Card card)
    {
        var purchase = await purchases.FindAsync(id) ?? await ReserveAsync(id, await readCart());
        if (purchase.State == PurchaseState.Reserved)
        {
            var isPaid = await payments.ChargeAsync(id, purchase.Amount, card);
            if (isPaid)
            {
                await takeOffCart(purchase.Lines);
            }

            purchase = await FinishAsync(id, isPaid);
        }

        return purchase.State == PurchaseState.Paid
            ? new Receipt(id.RequestId, purchase.Amount, purchase.Lines)
            : throw new MarketplaceException(
                ErrorCodes.PaymentDeclined, $"the {card} was declined; nothing was bought, the cart is as it was");
    }

    /// <summary>Finishes purchases that have been reserved for longer than a living server takes.</summary>
    /// <returns>How many were finished.</returns>
    public async Task<int> FinishAbandonedAsync(TimeSpan olderThan)
    {
        var abandoned = await purchases.FindAbandonedAsync(time.GetUtcNow().UtcDateTime - olderThan);
        foreach (var id in abandoned)
        {
            await FinishAsync(id, await payments.CloseAsync(id));
        }

        return abandoned.Count;
    }

    private async Task<Purchase> ReserveAsync(PurchaseId id, IReadOnlyList<CartLine> cart)
    {
        if (cart.Count == 0)
        {
            throw new MarketplaceException(ErrorCodes.CartEmpty, "the cart is empty");
        }

        var purchase = await purchases.ReserveAsync(id, cart, time.GetUtcNow().UtcDateTime);
        await cache.InvalidateAsync(purchase.Items.SelectMany(CacheDependencies.OfItem));
        return purchase;
    }

    private async Task<Purchase> FinishAsync(PurchaseId id, bool isPaid)
    {
        var purchase = await purchases.FinishAsync(id, isPaid);
        await cache.InvalidateAsync(purchase.Items.SelectMany(CacheDependencies.OfItem));
        return purchase;
    }
}
